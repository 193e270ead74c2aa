use std::sync::Arc;

use super::{undisturbed, whole_or_nothing};
use crate::{
    conformance::{
        Harness,
        fixtures::{account, token},
        sealed::Sealing,
    },
    error::Result,
    store::{Expect, Resealed, SealedField, SealedPage, SealedStore, SealedValue, TokenRecord},
};

const OLD: &[u8] = b"\x01old";
const NEW: &[u8] = b"\x01new";

async fn kept<S: Sealing>(store: Arc<S>, number: usize) -> Result<Vec<Resealed>> {
    let mut values = Vec::new();
    for part in 0..3 {
        let number = 3 * number + part;
        let record = TokenRecord {
            sealed: Some(OLD.to_vec()),
            ..token(number)
        };
        store.save(&record, Expect::Absent).await?;
        let row = account(number).row_id();
        let old = SealedValue::new(SealedField::Tokens, row, OLD.to_vec());
        values.push(Resealed::new(old, NEW.to_vec()));
    }
    Ok(values)
}

/// How many of them are under the old key.
async fn shown<S: Sealing>(store: Arc<S>, values: Vec<Resealed>) -> Result<String> {
    let page = SealedPage::new(SealedField::Tokens, NEW.to_vec(), 100_000);
    let old = store.sealed(&page).await?;
    let left = values.iter().filter(|value| old.contains(&value.old));
    Ok(left.count().to_string())
}

/// All values are replaced, or none.
pub async fn a_dropped_reseal_replaces_all_or_none(
    harness: &impl Harness<Store: Sealing>,
) -> Result<()> {
    let store = harness.store().await;
    whole_or_nothing(
        &store,
        kept,
        |store, values: Vec<_>| async move { store.reseal(&values).await },
        shown,
    )
    .await
}

/// Reading sealed values may be dropped.
pub async fn dropped_looks_at_sealed_values_disturb_nothing(
    harness: &impl Harness<Store: Sealing>,
) -> Result<()> {
    let store = harness.store().await;
    kept(Arc::clone(&store), 1).await?;
    let page = SealedPage::new(SealedField::Tokens, NEW.to_vec(), 2);
    undisturbed("sealed", || store.sealed(&page)).await
}
