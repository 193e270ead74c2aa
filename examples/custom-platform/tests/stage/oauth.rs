use std::sync::Arc;

use async_trait::async_trait;
use secrecy::SecretString;
use social_core::{
    conformance::{Trouble, oauth::OAuthHarness},
    oauth::OAuthProvider,
    time::Clock,
};
use url::Url;

use super::{Stage, redirect, secrets};

#[async_trait]
impl OAuthHarness for Stage {
    fn provider(&self) -> &dyn OAuthProvider {
        &*self.oauth
    }

    fn clock(&self) -> Arc<dyn Clock> {
        Arc::new(self.clock.clone())
    }

    fn redirect_uri(&self) -> Url {
        redirect()
    }

    fn checks_verifier(&self) -> bool {
        true
    }

    fn accounts(&self) -> usize {
        2
    }

    async fn consent(&self, url: &SecretString) -> String {
        self.follow(url).await
    }

    async fn decline(&self, url: &SecretString) -> String {
        self.peer.world().declines = true;
        self.follow(url).await
    }

    async fn trouble(&self, trouble: Trouble) {
        self.arm("", trouble);
    }

    async fn heard(&self) -> usize {
        self.peer.world().heard
    }

    fn secrets(&self) -> Vec<String> {
        secrets(self)
    }
}
