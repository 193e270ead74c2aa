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
use crate::present::account::{find, key, row, sort, who};
use crate::present::post::is_sent;
use crate::session::Signed;
use crate::toast::Said;
use crate::view::account::{AccountsPage, DisconnectPage};
use crate::view::shell::Nav;

/// Every account, also those that were disconnected and have a history.
pub(crate) async fn show(State(app): State<App>, signed: Signed) -> Result<Response, Failure> {
    let mut accounts = app.social.tokens().accounts(signed.user()).await?;
    sort(&mut accounts);
    let now = app.social.clock().now();
    let shown = AccountsPage {
        shell: app.shell_of(&signed.visitor(), Nav::Accounts).await,
        rows: accounts.iter().map(|account| row(account, now)).collect(),
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
    let done = app.social.disconnect(&account.key).await?;
    let name = who(&account).name;
    let said = match done.revocation {
        Revocation::Failed(error) => {
            tracing::warn!(%error, "TikTok could not be told of a disconnect");
            Said::DisconnectedHere { name }
        }
        _ => Said::Disconnected { name },
    };
    Ok((
        jar.add(said.cookie(app.cookies())),
        Redirect::to("/accounts"),
    )
        .into_response())
}

async fn wanted_account(
    app: &App,
    signed: &Signed,
    wanted: Result<Path<String>, PathRejection>,
) -> Result<Account, Failure> {
    let Path(wanted) = wanted?;
    let accounts = app.social.tokens().accounts(signed.user()).await?;
    let account = find(&accounts, &wanted)?;
    if account.status == AccountStatus::Disconnected {
        return Err(Failure::not_found());
    }
    Ok(account.clone())
}
