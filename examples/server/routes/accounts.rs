//! The accounts of a person, and disconnecting one.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use axum_extra::extract::CookieJar;
use social_core::model::{Account, AccountStatus};
use social_core::store::{PostFilter, PostState};
use social_core::tokens::Revocation;

use crate::app::{App, page};
use crate::errors::Failure;
use crate::present::account::{AccessEnd, find, key, row, sort, who};
use crate::present::post::is_sent;
use crate::session::Signed;
use crate::toast::Said;
use crate::view::account::{AccountsPage, DisconnectPage};
use crate::view::shell::Nav;

/// Every account, also those that were disconnected and have a history.
pub(crate) async fn show(State(app): State<App>, signed: Signed) -> Result<Response, Failure> {
    let mut accounts = app.social.all_accounts(signed.user()).await?;
    sort(&mut accounts);
    let now = app.social.clock().now();
    let mut rows = Vec::with_capacity(accounts.len());
    for account in &accounts {
        let word = match account.status {
            AccountStatus::Disconnected => app.own.recall(&end_name(account)).await?,
            _ => None,
        };
        rows.push(row(account, AccessEnd::read(word.as_deref()), now));
    }
    let shown = AccountsPage {
        shell: app.shell_of(&signed.visitor(), Nav::Accounts).await,
        rows,
    };
    page(StatusCode::OK, &shown)
}

/// Asks before an account is disconnected, and says what that does.
pub(crate) async fn ask(
    State(app): State<App>,
    signed: Signed,
    wanted: Result<Path<String>, PathRejection>,
) -> Result<Response, Failure> {
    let account = wanted_account(&app, &signed, wanted).await?;
    let mut filter = PostFilter::default();
    filter.account = Some(account.key.clone());
    filter.states = vec![PostState::Queued, PostState::Working];
    filter.limit = 500;
    let open = app.social.posts(signed.user(), &filter).await?;
    let under_way = open.iter().filter(|post| is_sent(post)).count();
    let shown = DisconnectPage {
        shell: app.shell_of(&signed.visitor(), Nav::Accounts).await,
        who: who(&account),
        key: key(&account.key),
        armed: open.len() - under_way,
        under_way,
    };
    page(StatusCode::OK, &shown)
}

/// Gives the access back, deletes it here, and stops what the account had still to post.
pub(crate) async fn disconnect(
    State(app): State<App>,
    signed: Signed,
    jar: CookieJar,
    wanted: Result<Path<String>, PathRejection>,
) -> Result<Response, Failure> {
    let account = wanted_account(&app, &signed, wanted).await?;
    let (name, kept) = (who(&account).name, end_name(&account));
    // What became of an earlier connection says nothing of this one.
    let unknown = AccessEnd::Unknown.word();
    app.own.remember(&kept, unknown).await?;
    let done = app.social.disconnect(&account.key).await?;
    let (end, said) = match done.revocation {
        Revocation::Failed(error) => {
            tracing::warn!(%error, "TikTok could not be told of a disconnect");
            (AccessEnd::NotTold, Said::DisconnectedHere { name })
        }
        Revocation::Revoked => (AccessEnd::GivenBack, Said::Disconnected { name }),
        _ => (AccessEnd::Unknown, Said::DisconnectedOnly { name }),
    };
    if let Err(error) = app.own.remember(&kept, end.word()).await {
        tracing::warn!(%error, "it was not kept whether the access of an account was given back");
    }
    Ok((
        jar.add(said.cookie(app.cookies())),
        Redirect::to("/accounts"),
    )
        .into_response())
}

/// Under which name it is kept whether the platform ended an account's access.
fn end_name(account: &Account) -> String {
    format!("access {}", key(&account.key))
}

async fn wanted_account(
    app: &App,
    signed: &Signed,
    wanted: Result<Path<String>, PathRejection>,
) -> Result<Account, Failure> {
    let Path(wanted) = wanted?;
    let accounts = app.social.all_accounts(signed.user()).await?;
    let account = find(&accounts, &wanted)?;
    if account.status == AccountStatus::Disconnected {
        return Err(Failure::not_found());
    }
    Ok(account.clone())
}
