//! Which tokens are the later ones.

use super::{keep, loaded};
use crate::{
    conformance::{
        Harness, Reopen,
        fixtures::{CROWD, account, race, token},
    },
    error::Result,
    store::{Expect, Revision, TokenOrder, TokenRecord, TokenStore},
};

/// Numbers begin above 0, go up, and are nobody else's, however many ask at once; a save gives none back.
pub async fn numbers_go_up_whoever_asks(harness: &impl Harness<Store: TokenStore>) -> Result<()> {
    let store = harness.store().await;
    let mut last = 0;
    for number in 1..4 {
        let next = store.next_number().await?;
        assert!(next > last, "above each that was given: {next}, {last}");
        last = next;
        keep(&*store, number).await?;
    }
    let answers = race(&store, |store, _| async move { store.next_number().await }).await;
    let mut numbers = answers.into_iter().collect::<Result<Vec<_>>>()?;
    numbers.sort_unstable();
    assert!(numbers[0] > last, "above each that was given");
    numbers.dedup();
    assert_eq!(numbers.len(), CROWD, "each its own");
    Ok(())
}

/// The order is kept as it is saved, by a first save and by a later one, and a number may be large.
pub async fn keeps_which_tokens_are_the_later_ones(
    harness: &impl Harness<Store: TokenStore>,
) -> Result<()> {
    let store = harness.store().await;
    let mut order = TokenOrder::first(7).next();
    let record = TokenRecord { order, ..token(1) };
    store.save(&record, Expect::Absent).await?;
    assert_eq!(loaded(&*store, &account(1)).await?.value.order, order);
    order = TokenOrder {
        consent: i64::MAX,
        refresh: i64::MAX,
    };
    let record = TokenRecord { order, ..token(1) };
    store.save(&record, Expect::Revision(Revision(1))).await?;
    assert_eq!(loaded(&*store, &account(1)).await?.value.order, order);
    assert_eq!(order.next(), order, "there is no number above it");
    Ok(())
}

/// A number that a process was given is nobody's afterwards.
pub async fn numbers_outlive_their_process(harness: &impl Reopen<Store: TokenStore>) -> Result<()> {
    let store = harness.store().await;
    let given = store.next_number().await?;
    let store = harness.reopen(store).await;
    let next = store.next_number().await?;
    assert!(next > given, "above each that was given: {next}, {given}");
    Ok(())
}
