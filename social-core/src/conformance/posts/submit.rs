use crate::{
    conformance::{
        Harness,
        fixtures::{account, post},
    },
    error::Result,
    store::{PostRecord, PostStore, Submitted},
};

/// A post comes back as it was submitted, queued and due.
pub async fn gives_back_what_was_submitted(harness: &impl Harness<Store: PostStore>) -> Result<()> {
    let store = harness.store().await;
    let new = post(1, account(1));
    let expected = PostRecord::new(&new);
    match store.submit(&new).await? {
        Submitted::New(record) => assert_eq!(record, expected),
        Submitted::Existing(_) => panic!("the store was empty"),
    }
    assert_eq!(store.load("owner", new.id).await?, Some(expected));
    Ok(())
}
