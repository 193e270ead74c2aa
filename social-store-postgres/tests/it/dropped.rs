//! Calls that are dropped while their transaction begins, on a pool of one connection: the next call gets a clean one.

use std::{
    future::{Future, poll_fn},
    pin::pin,
    task::Poll,
    time::Duration,
};

use social_core::store::{Limit, Limits, Window};
use social_store_postgres::PgStore;
use sqlx::{PgPool, Row as _, postgres::PgPoolOptions};

use crate::schemas::{Schemas, database_url};

const HOUR: Duration = Duration::from_secs(3_600);

/// Polls so often, and drops.
async fn dropped<F: Future>(call: F, polls: usize) -> bool {
    let mut call = pin!(call);
    let mut left = polls;
    poll_fn(|context| {
        if left == 0 {
            return Poll::Ready(false);
        }
        left -= 1;
        match call.as_mut().poll(context) {
            Poll::Ready(_) => Poll::Ready(true),
            Poll::Pending if left == 0 => Poll::Ready(false),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}

/// The pool of a caller, who may have other uses for it.
async fn pool_of_one() -> PgPool {
    let pool = PgPoolOptions::new().max_connections(1);
    pool.connect(&database_url()).await.unwrap()
}

/// Whether the next user of the connection begins a transaction of its own, which may write.
async fn is_clean(pool: &PgPool) -> bool {
    let asked =
        "SELECT now() = statement_timestamp() AND current_setting('transaction_read_only') = 'off'";
    let row = sqlx::raw_sql(asked).fetch_one(pool).await.unwrap();
    row.get(0)
}

#[tokio::test]
async fn a_dropped_look_leaves_no_transaction_behind() {
    let schemas = Schemas::direct();
    let name = schemas.name().await;
    let pool = pool_of_one().await;
    let store = PgStore::builder().schema(&name).pool(pool.clone());
    let store = store.await.unwrap();
    let limit = Limit::new("a", Window::new(1, HOUR));
    let mut polls = 0;
    while !dropped(store.usage(&limit), polls).await {
        assert!(is_clean(&pool).await, "dropped after {polls} polls");
        store.block("a", HOUR).await.unwrap();
        polls += 1;
    }
    assert!(polls > 1, "it was dropped while it began");
}

#[tokio::test]
async fn a_dropped_change_leaves_no_transaction_behind() {
    let schemas = Schemas::direct();
    let name = schemas.name().await;
    let pool = pool_of_one().await;
    let store = PgStore::builder().schema(&name).pool(pool.clone());
    let store = store.await.unwrap();
    let mut polls = 0;
    while !dropped(store.block("a", HOUR), polls).await {
        assert!(is_clean(&pool).await, "dropped after {polls} polls");
        polls += 1;
    }
    assert!(polls > 1, "it was dropped while it began");
}
