//! A form for an account that was disconnected.

use axum::http::StatusCode;
use axum::response::Response;
use social_core::Error;
use social_core::model::{Account, AccountStatus};

use super::{Form, creator};
use crate::app::App;
use crate::errors::Failure;
use crate::present::account::{key, who};
use crate::session::Signed;
use crate::view::problem::Words;

/// The account of this key, if it was disconnected.
async fn disconnected(app: &App, signed: &Signed, wanted: &str) -> Result<Option<Account>, Error> {
    if wanted.is_empty() {
        return Ok(None);
    }
    let all = app.social.all_accounts(signed.user()).await?;
    let mut gone = all
        .into_iter()
        .filter(|account| account.status == AccountStatus::Disconnected);
    Ok(gone.find(|account| key(&account.key) == wanted))
}

/// What is answered in the place of a form, if the account of this key was disconnected.
pub(super) async fn answer(
    app: &App,
    signed: &Signed,
    wanted: &str,
    status: StatusCode,
) -> Result<Option<Response>, Failure> {
    let Some(account) = disconnected(app, signed, wanted).await? else {
        return Ok(None);
    };
    let form = Form {
        app,
        signed,
        account: &account,
        others: !app.social.accounts(signed.user()).await?.is_empty(),
    };
    let words = Words {
        title: format!("{} is disconnected", who(&account).name),
        line: "Connect it again to post with it.".to_owned(),
        button: Some("Connect again"),
    };
    let page = form.page(status, None, "", creator::blocked(words)).await?;
    Ok(Some(page))
}
