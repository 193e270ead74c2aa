//! Records that are saved together.

use super::{keep, loaded, taken};
use crate::{
    conformance::{
        Harness,
        fixtures::{LEASE, account, race, refused, token},
    },
    error::{ErrorKind, Result},
    store::{Expect, Revision, TokenClaimed, TokenRecord, TokenStore},
};

const FIRST: Expect = Expect::Revision(Revision(1));

fn called(number: usize, name: &str) -> TokenRecord {
    TokenRecord {
        name: name.to_owned(),
        sealed: Some(name.as_bytes().to_owned()),
        ..token(number)
    }
}

/// All are written, those that are new and those that are not, and their revisions come in the order of the records.
pub async fn saves_several_and_answers_in_their_order(
    harness: &impl Harness<Store: TokenStore>,
) -> Result<()> {
    let store = harness.store().await;
    keep(&*store, 1).await?;
    keep(&*store, 3).await?;
    store.save(&token(3), FIRST).await?;
    let records = [
        (called(3, "c"), Expect::Revision(Revision(2))),
        (called(1, "a"), FIRST),
        (called(2, "b"), Expect::Absent),
    ];
    let revisions = store.save_all(&records).await?;
    let expected = [3, 2, 1].map(Revision);
    assert_eq!(revisions, expected, "in the order of the records");
    for ((record, _), revision) in records.iter().zip(expected) {
        let stored = loaded(&*store, &record.key).await?;
        assert_eq!((&stored.value, stored.revision), (record, revision));
    }
    assert_eq!(store.save_all(&[]).await?, [], "nothing to save");
    Ok(())
}

/// Where one of them is not as expected none is written, whichever it is.
pub async fn saves_all_of_several_or_none(harness: &impl Harness<Store: TokenStore>) -> Result<()> {
    let store = harness.store().await;
    for number in 1..=3 {
        keep(&*store, number).await?;
    }
    for wrong in 1..=3 {
        for other in [Expect::Revision(Revision(7)), Expect::Absent] {
            let record = |number| {
                let expect = if number == wrong { other } else { FIRST };
                (called(number, "late"), expect)
            };
            let new = (called(4, "new"), Expect::Absent);
            let records = [record(1), record(2), record(3), new];
            let answer = store.save_all(&records).await;
            refused(answer, ErrorKind::Conflict, "each is compared");
            for number in 1..=3 {
                let stored = loaded(&*store, &account(number)).await?;
                assert_eq!(stored.value, token(number), "nothing was written");
                assert_eq!(stored.revision, Revision(1), "nothing was written");
            }
            let new = store.load(&account(4)).await?;
            assert!(new.is_none(), "nothing was written");
        }
    }
    Ok(())
}

/// One account twice is a conflict, and nothing is written.
pub async fn an_account_is_not_saved_twice_at_once(
    harness: &impl Harness<Store: TokenStore>,
) -> Result<()> {
    let store = harness.store().await;
    keep(&*store, 1).await?;
    for (number, expect) in [(1, FIRST), (2, Expect::Absent)] {
        let twice = [(called(number, "a"), expect), (called(number, "b"), expect)];
        let answer = store.save_all(&twice).await;
        refused(answer, ErrorKind::Conflict, "twice at once");
    }
    assert_eq!(loaded(&*store, &account(1)).await?.value, token(1));
    let other = store.load(&account(2)).await?;
    assert!(other.is_none(), "nothing was written");
    Ok(())
}

/// Each is saved as if alone: without a lease and past one of another, which goes on, and its attempts are forgotten.
pub async fn a_save_of_several_needs_no_lease(
    harness: &impl Harness<Store: TokenStore>,
) -> Result<()> {
    let store = harness.store().await;
    for number in 1..=2 {
        keep(&*store, number).await?;
    }
    for number in 1..=2 {
        taken(&*store, &account(number)).await?;
        harness.advance(LEASE).await;
        taken(&*store, &account(number)).await?;
    }
    let records = [1, 2].map(|number| (called(number, "living"), FIRST));
    let saved = store.save_all(&records).await;
    let Ok([Revision(2), Revision(2)]) = saved.as_deref() else {
        panic!("a late save of several is accepted while the revisions are stored, got {saved:?}");
    };
    let again = store.claim(&account(2), LEASE).await?;
    assert!(
        matches!(again, TokenClaimed::Busy(_)),
        "a save does not end a lease: {again:?}"
    );
    harness.advance(LEASE).await;
    for number in 1..=2 {
        let claim = taken(&*store, &account(number)).await?;
        assert_eq!(claim.record, called(number, "living"));
        assert_eq!(claim.unknown_attempts, 0, "a save forgets the attempts");
    }
    Ok(())
}

/// Of many that save the same accounts at the same moment, in whichever order, one does and all others meet a conflict: none
/// waits for another for ever.
pub async fn of_many_saves_of_the_same_accounts_one_wins(
    harness: &impl Harness<Store: TokenStore>,
) -> Result<()> {
    let store = harness.store().await;
    for number in 1..=3 {
        keep(&*store, number).await?;
    }
    let answers = race(&store, |store, turn| async move {
        let name = turn.to_string();
        let mut records = [1, 2, 3].map(|number| (called(number, &name), FIRST));
        if turn % 2 == 0 {
            records.reverse();
        }
        store.save_all(&records).await.map(|_| name)
    })
    .await;
    let mut winners = Vec::new();
    for answer in answers {
        match answer {
            Ok(name) => winners.push(name),
            lost => refused(lost, ErrorKind::Conflict, "one save wins"),
        }
    }
    assert_eq!(winners.len(), 1, "one save wins");
    for number in 1..=3 {
        let stored = loaded(&*store, &account(number)).await?;
        assert_eq!(stored.value.name, winners[0], "all are the winner's");
        assert_eq!(stored.revision, Revision(2), "one save was counted");
    }
    Ok(())
}
