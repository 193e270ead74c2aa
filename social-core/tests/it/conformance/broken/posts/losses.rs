//! Stores that lose writes, and what random operations find.

use super::*;

#[async_trait]
impl InstallationStore for Broken {
    async fn installation(&self) -> Result<Installation> {
        self.store.installation().await
    }

    async fn put_key_check(&self, check: &[u8], replaces: Option<&[u8]>) -> Result<Vec<u8>> {
        self.store.put_key_check(check, replaces).await
    }

    async fn count_seals(&self, key: &KeyId, seals: u64) -> Result<u64> {
        self.store.count_seals(key, seals).await
    }

    async fn incarnations(&self) -> Result<Incarnations> {
        self.store.incarnations().await
    }

    async fn wall_clock(&self) -> Result<Option<DateTime<Utc>>> {
        self.store.wall_clock().await
    }

    async fn accept_incarnation(&self, seen: &Incarnation, last: LastWrites) -> Result<()> {
        self.store.accept_incarnation(seen, last).await
    }
}

#[async_trait]
impl Instance for super::Faulty<Broken> {
    async fn open_as(&self, store: Arc<Broken>, name: Option<&str>) -> Arc<Broken> {
        let name = name.map(|name| InstanceName::parse(name).unwrap());
        Arc::new(Broken::new(store.store.opened_as(name), store.fault))
    }
}

super::faults! { posts:
    media_are_needed_until_their_posts_are_over
        finds |store| Broken::new(store, Fault::NeedsNoMedia), "another post needs it";
    an_edit_changes_which_media_are_needed
        finds |store| Broken::new(store, Fault::EditsWithoutMedia), "in place of those before";
    a_new_key_is_held_while_another_life_is_not_accepted
        finds |store| Broken::new(store, Fault::HoldsNothing), "it is kept held";
    what_is_queued_is_held_until_released
        finds |store| Broken::new(store, Fault::HoldsNoneQueued), "left == right";
    a_new_key_is_held_for_a_while_after_a_loss
        finds |store| Broken::new(store, Fault::HoldsForEver), "the time is over";
    a_held_post_is_edited_and_stays_held
        finds |store| Broken::new(store, Fault::ReleasesWithAnEdit), "it stays held";
    only_what_is_held_is_released
        finds |store| Broken::new(store, Fault::ReleasesAnything), "it is not held";
    held_posts_are_listed_page_by_page
        finds |store| Broken::new(store, Fault::ListsTheFirstHeldAgain), "left == right";
    held_posts_are_listed_oldest_first
        finds |store| Broken::new(store, Fault::ListsAllThatAreHeld), "left == right";
}

/// Random operations find these faults too, and say how to repeat them.
#[tokio::test]
async fn lockstep_finds_faults() {
    let faults: [fn(MemoryStore) -> Broken; 25] = [
        |store| Broken::new(store, Fault::IgnoresTheFence),
        |store| Broken::new(store, Fault::ForgetsTheFingerprint),
        |store| Broken::new(store, Fault::ForgetsTheKey),
        |store| Broken::new(store, Fault::LosesTheStart),
        |store| Broken::new(store, Fault::StartsTwice),
        |store| Broken::new(store, Fault::ForgetsFairness),
        |store| Broken::new(store, Fault::ForgetsLeases),
        |store| Broken::new(store, Fault::ForgetsHolds),
        |store| Broken::new(store, Fault::ListsNoHolds),
        |store| Broken::new(store, Fault::ForgetsWhatWasRefused),
        |store| Broken::new(store, Fault::ForgetsTheTime),
        |store| Broken::new(store, Fault::ForgetsSinceWhen),
        |store| Broken::new(store, Fault::HastensNothing),
        |store| Broken::new(store, Fault::PutsOff),
        |store| Broken::new(store, Fault::EditsBlindly),
        |store| Broken::new(store, Fault::EditsWhatIsBegun),
        |store| Broken::new(store, Fault::ClaimsAsSubmitted),
        |store| Broken::new(store, Fault::CountsAllPending),
        |store| Broken::new(store, Fault::MarksTooMuch),
        |store| Broken::new(store, Fault::MarksNothing),
        |store| Broken::new(store, Fault::RecordsWithoutAClaim),
        |store| Broken::new(store, Fault::SharesRemoteIds),
        |store| Broken::new(store, Fault::ForgetsWhatIsThere),
        |store| Broken::new(store, Fault::ForgetsNotes),
        |store| Broken::new(store, Fault::ForgetsOldNotes),
    ];
    for make in faults {
        let run = async move {
            // What one order of things does not come to, another one does.
            for seed in 1..=8 {
                let harness = super::Faulty::new(make);
                conformance::model::posts(&harness, seed, 4_000).await?;
            }
            Ok(())
        };
        super::caught(run, ", operation ").await;
    }
}
