//! The desktop login against the sandbox, which checks its verifier.

use std::sync::Arc;

use async_trait::async_trait;
use secrecy::SecretString;
use social_core::{
    conformance::{Trouble, oauth::OAuthHarness},
    oauth::OAuthProvider,
    time::{Clock, ManualClock},
};
use social_sandbox::{Endpoint, Fault, Sandbox};
use social_tiktok::{OAuth, Route};
use url::Url;

use crate::{
    login::answer_page,
    stage::{app, settings},
};

struct Login {
    sandbox: Sandbox,
    clock: ManualClock,
    oauth: OAuth,
}

async fn login() -> Login {
    let sandbox = Sandbox::start().await.unwrap();
    let clock = ManualClock::at(sandbox.control().clock().now);
    let oauth = app(sandbox.url(), &clock, settings()).oauth(Route::Desktop);
    Login {
        sandbox,
        clock,
        oauth,
    }
}

#[async_trait]
impl OAuthHarness for Login {
    fn provider(&self) -> &dyn OAuthProvider {
        &self.oauth
    }

    fn clock(&self) -> Arc<dyn Clock> {
        Arc::new(self.clock.clone())
    }

    fn redirect_uri(&self) -> Url {
        "http://127.0.0.1:8080/api/auth/tiktok/callback"
            .parse()
            .unwrap()
    }

    fn checks_verifier(&self) -> bool {
        true
    }

    fn accounts(&self) -> usize {
        1
    }

    async fn consent(&self, url: &SecretString) -> String {
        let allowed = ["user.info.basic", "video.publish"];
        answer_page(&self.sandbox, url, "allow", &allowed).await
    }

    async fn decline(&self, url: &SecretString) -> String {
        answer_page(&self.sandbox, url, "deny", &[]).await
    }

    async fn trouble(&self, trouble: Trouble) {
        let control = self.sandbox.control();
        control.disarm_all();
        for endpoint in [Endpoint::Token, Endpoint::Refresh, Endpoint::Revoke] {
            let kind = super::fault(trouble, "access_denied");
            control.arm(Fault::new(endpoint, kind)).unwrap();
        }
    }

    async fn heard(&self) -> usize {
        let pages = [Endpoint::Authorize, Endpoint::Consent];
        let calls = self.sandbox.control().transcript().into_iter();
        calls.filter(|call| !pages.contains(&call.endpoint)).count()
    }

    fn secrets(&self) -> Vec<String> {
        super::secrets(&self.sandbox.control())
    }
}

social_core::oauth_provider_suite!(login().await);
