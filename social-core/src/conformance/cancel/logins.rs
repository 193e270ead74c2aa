use std::sync::Arc;

use super::{undisturbed, whole_or_nothing};
use crate::{
    conformance::{
        Harness,
        fixtures::{at, connector, named, uuid},
    },
    error::Result,
    store::{LoginRecord, LoginStore, OfferRecord},
};

fn hash(number: usize) -> [u8; 32] {
    let mut hash = [7; 32];
    hash[..8].copy_from_slice(&(number as u64).to_be_bytes());
    hash
}

fn login(number: usize) -> LoginRecord {
    LoginRecord {
        state_hash: hash(number),
        ..LoginRecord::new(named("owner"), connector(), at(600))
    }
}

fn offer(number: usize) -> OfferRecord {
    OfferRecord::new(
        uuid(number as u128),
        named("owner"),
        connector(),
        vec![7],
        at(600),
    )
}

async fn nothing<S: LoginStore>(_: Arc<S>, number: usize) -> Result<usize> {
    Ok(number)
}

async fn put<S: LoginStore>(store: Arc<S>, number: usize) -> Result<usize> {
    store.put(&login(number)).await?;
    store.put_offer(&offer(number)).await?;
    Ok(number)
}

async fn shown<S: LoginStore>(store: Arc<S>, number: usize) -> Result<String> {
    let login = store.peek(&hash(number), at(0)).await?.is_some();
    let id = uuid(number as u128);
    let offer = store.offer(&named("owner"), id, at(0)).await?.is_some();
    Ok(format!("{login} {offer}"))
}

/// A login is kept, or is not.
pub async fn a_dropped_login_is_put_or_not(
    harness: &impl Harness<Store: LoginStore>,
) -> Result<()> {
    let store = harness.store().await;
    let put = |store: Arc<_>, number| async move { LoginStore::put(&*store, &login(number)).await };
    whole_or_nothing(&store, nothing, put, shown).await
}

/// A login is taken, or is still there.
pub async fn a_dropped_take_takes_or_not(harness: &impl Harness<Store: LoginStore>) -> Result<()> {
    let store = harness.store().await;
    whole_or_nothing(
        &store,
        put,
        |store, number| async move { store.take(&hash(number), at(0)).await },
        shown,
    )
    .await
}

/// An offer is kept, or is not.
pub async fn a_dropped_offer_is_put_or_not(
    harness: &impl Harness<Store: LoginStore>,
) -> Result<()> {
    let store = harness.store().await;
    whole_or_nothing(
        &store,
        nothing,
        |store, number| async move { store.put_offer(&offer(number)).await },
        shown,
    )
    .await
}

/// An offer is removed, or is still there.
pub async fn a_dropped_removal_of_an_offer_removes_or_not(
    harness: &impl Harness<Store: LoginStore>,
) -> Result<()> {
    let store = harness.store().await;
    whole_or_nothing(
        &store,
        put,
        |store, number| async move {
            store
                .remove_offer(&named("owner"), uuid(number as u128))
                .await
        },
        shown,
    )
    .await
}

/// All that has ended is removed, logins and offers, or nothing.
pub async fn a_dropped_purge_removes_all_logins_or_none(
    harness: &impl Harness<Store: LoginStore>,
) -> Result<()> {
    let store = harness.store().await;
    whole_or_nothing(
        &store,
        put,
        |store, _| async move { store.purge(at(601)).await },
        shown,
    )
    .await
}

/// Looking at a login or an offer may be dropped.
pub async fn dropped_looks_at_logins_disturb_nothing(
    harness: &impl Harness<Store: LoginStore>,
) -> Result<()> {
    let store = harness.store().await;
    put(Arc::clone(&store), 1).await?;
    let state = hash(1);
    undisturbed("peek", || store.peek(&state, at(0))).await?;
    let owner = named("owner");
    undisturbed("offer", || store.offer(&owner, uuid(1), at(0))).await
}
