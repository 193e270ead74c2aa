use super::{OAuthHarness, SOON, STATE, Trouble, VERIFIER, connected, exchange, yes};
use crate::{conformance::troubles::hides, error::Result};

/// No secret is in what is printed or told as an error, whatever goes wrong.
pub async fn no_secret_is_shown(harness: &impl OAuthHarness) -> Result<()> {
    let mut shown = vec![format!("{:?}", harness.provider())];
    for trouble in [
        Trouble::LostAfter,
        Trouble::LostBefore,
        Trouble::ServerError,
    ] {
        let query = yes(harness).await?;
        harness.trouble(trouble).await;
        if let Err(error) = exchange(harness, &query, VERIFIER, SOON).await {
            shown.push(format!("{error:?} {error} {}", error.user_message()));
        }
        let query = yes(harness).await?;
        shown.push(format!(
            "{:?}",
            exchange(harness, &query, VERIFIER, SOON).await
        ));
        if let Err(error) = exchange(harness, &query, VERIFIER, SOON).await {
            shown.push(format!("{error:?} {error} {}", error.user_message()));
        }
    }
    shown.push(format!("{:?}", connected(harness).await?));
    let mut secrets = harness.secrets();
    assert!(secrets.len() > 3, "the app's, codes and tokens");
    secrets.extend([STATE.to_owned(), VERIFIER.to_owned()]);
    for text in shown {
        hides(&text, &secrets, "what a provider prints");
    }
    Ok(())
}
