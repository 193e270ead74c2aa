//! Ten thousand random calls to this store and to the one in memory: every answer is the same.

use social_core::{Result, conformance::model};

use crate::schemas::Schemas;

const SEED: u64 = 20_260_101;
const OPERATIONS: u32 = 10_000;

#[tokio::test]
async fn tokens_keep_step_with_the_store_in_memory() -> Result<()> {
    model::tokens(&Schemas::direct(), SEED, OPERATIONS).await
}

#[tokio::test]
async fn logins_keep_step_with_the_store_in_memory() -> Result<()> {
    model::logins(&Schemas::direct(), SEED, OPERATIONS).await
}

#[tokio::test]
async fn posts_keep_step_with_the_store_in_memory() -> Result<()> {
    model::posts(&Schemas::direct(), SEED, OPERATIONS).await
}

#[tokio::test]
async fn events_keep_step_with_the_store_in_memory() -> Result<()> {
    model::events(&Schemas::direct(), SEED, OPERATIONS).await
}

#[tokio::test]
async fn limits_keep_step_with_the_store_in_memory() -> Result<()> {
    model::limits(&Schemas::direct(), SEED, OPERATIONS).await
}

#[tokio::test]
async fn sealed_values_keep_step_with_the_store_in_memory() -> Result<()> {
    model::sealed(&Schemas::direct(), SEED, OPERATIONS).await
}
