use async_trait::async_trait;
use social_core::{
    Result, conformance,
    conformance::named,
    memory::MemoryStore,
    store::{Expect, Resealed, SealedField, SealedPage, SealedStore, SealedValue, TokenStore},
};

use super::whole::Broken;

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Fault {
    /// Replaces what was saved since.
    ReplacesBlindly,
    /// Replaces one value after the other.
    ReplacesOneByOne,
    /// Saves an account anew, at its next revision.
    CountsAsASave,
    /// Names another row than the value was sealed for.
    NamesRowsInUpperCase,
    /// Shows what is under the key too.
    ForgetsThePrefix,
    /// Begins a page with the row that ended the last one.
    RepeatsARow,
    /// Never shows what logins hold.
    ForgetsLogins,
}

impl Broken {
    /// The same as it is now, whatever was read.
    async fn present(&self, old: &SealedValue) -> Result<SealedValue> {
        let mut all = SealedPage::new(old.field, b"no value begins so".to_vec(), 10_000);
        all.after = None;
        let values = self.0.sealed(&all).await?;
        let same = values.into_iter().find(|value| value.row == old.row);
        Ok(same.unwrap_or_else(|| old.clone()))
    }

    async fn save_anew(&self) -> Result<()> {
        for record in TokenStore::list(&self.0, &named("owner")).await? {
            if let Some(stored) = TokenStore::load(&self.0, &record.key).await? {
                let expect = Expect::Revision(stored.revision);
                self.0.save(&record, expect).await?;
            }
        }
        Ok(())
    }
}

#[async_trait]
impl SealedStore for Broken {
    async fn sealed(&self, page: &SealedPage) -> Result<Vec<SealedValue>> {
        let mut page = page.clone();
        match self.1 {
            Fault::ForgetsLogins if page.field == SealedField::Login => return Ok(Vec::new()),
            Fault::ForgetsThePrefix => page.not_under = b"no value begins so".to_vec(),
            Fault::RepeatsARow => {
                let mut all = page.clone();
                (all.after, all.limit) = (None, 10_000);
                let mut values = self.0.sealed(&all).await?;
                values.retain(|value| page.after.as_ref().is_none_or(|row| value.row >= *row));
                values.truncate(page.limit as usize);
                return Ok(values);
            }
            _ => {}
        }
        let mut values = self.0.sealed(&page).await?;
        if self.1 == Fault::NamesRowsInUpperCase {
            for value in &mut values {
                value.row.make_ascii_uppercase();
            }
        }
        Ok(values)
    }

    async fn reseal(&self, values: &[Resealed]) -> Result<u64> {
        match self.1 {
            Fault::ReplacesBlindly => {
                let mut present = values.to_vec();
                for value in &mut present {
                    value.old = self.present(&value.old).await?;
                }
                self.0.reseal(&present).await
            }
            Fault::ReplacesOneByOne => {
                let mut replaced = 0;
                for value in values {
                    replaced += self.0.reseal(std::slice::from_ref(value)).await?;
                    tokio::task::yield_now().await;
                }
                Ok(replaced)
            }
            Fault::CountsAsASave => {
                let replaced = self.0.reseal(values).await?;
                self.save_anew().await?;
                Ok(replaced)
            }
            _ => self.0.reseal(values).await,
        }
    }
}

super::faults! { sealed:
    a_reseal_compares_what_is_stored finds |store| Broken(store, Fault::ReplacesBlindly),
        "one changed since";
    of_many_reseals_of_one_value_one_is_written
        finds |store| Broken(store, Fault::ReplacesBlindly), "one of 32 replaces each";
    a_reseal_leaves_an_account_at_its_revision
        finds |store| Broken(store, Fault::CountsAsASave), "no revision changes";
    a_reseal_leaves_the_claim_on_an_account
        finds |store| Broken(store, Fault::CountsAsASave), "as released";
    a_value_opens_in_the_place_that_is_told
        finds |store| Broken(store, Fault::NamesRowsInUpperCase), "Seal";
    passes_over_what_is_under_the_key finds |store| Broken(store, Fault::ForgetsThePrefix),
        "what does not begin with the prefix";
    pages_show_each_value_once finds |store| Broken(store, Fault::RepeatsARow), "left == right";
    shows_every_sealed_value finds |store| Broken(store, Fault::ForgetsLogins), "Login";
}

super::faults! { cancel:
    a_dropped_reseal_replaces_all_or_none
        finds |store| Broken(store, Fault::ReplacesOneByOne), "then done whole";
}

/// Random operations find these faults too, and say how to repeat them.
#[tokio::test]
async fn lockstep_finds_faults() {
    let faults: [fn(MemoryStore) -> Broken; 6] = [
        |store| Broken(store, Fault::ReplacesBlindly),
        |store| Broken(store, Fault::CountsAsASave),
        |store| Broken(store, Fault::NamesRowsInUpperCase),
        |store| Broken(store, Fault::ForgetsThePrefix),
        |store| Broken(store, Fault::RepeatsARow),
        |store| Broken(store, Fault::ForgetsLogins),
    ];
    for make in faults {
        let run = async move {
            let harness = super::Faulty::new(make);
            conformance::model::sealed(&harness, 1, 4_000).await
        };
        super::caught(run, "seed 1, operation ").await;
    }
}
