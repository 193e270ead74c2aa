use social_core::{
    error::Result,
    model::{AccountId, AccountKey, AppId, OwnerId, Platform, PrincipalId},
    store::{AccountPage, AccountPlace, Epoch, Revision, Stored, TokenClaim, TokenRecord},
};
use sqlx::sqlite::SqliteRow;

use crate::values::{Cells, readable};

const TABLE: &str = "accounts";

pub(super) fn key(row: &SqliteRow) -> Result<AccountKey> {
    let cells = Cells::new(row, TABLE);
    let owner = OwnerId::from_stored(cells.get::<String>("owner")?);
    let app = AppId::from_stored(cells.get::<String>("app")?);
    let platform = Platform::from_name(cells.get::<String>("platform")?);
    let account = AccountId::from_stored(cells.get::<String>("account")?);
    Ok(AccountKey::new(owner, app, platform, account))
}

pub(super) fn record(row: &SqliteRow) -> Result<TokenRecord> {
    let cells = Cells::new(row, TABLE);
    let route: String = cells.get("route")?;
    let mut record = TokenRecord::new(key(row)?, route, cells.time("connected_at")?);
    record.app = AppId::from_stored(cells.get::<String>("login_app")?);
    record.consent = cells.get("consent")?;
    let principal: Option<String> = cells.get("principal")?;
    record.principal = principal.map(PrincipalId::from_stored);
    record.name = cells.get("name")?;
    let aliases: Vec<String> = cells.json("aliases")?;
    record.aliases = aliases.into_iter().map(AccountId::from_stored).collect();
    record.scopes = cells.json("scopes")?;
    record.status = cells.words("status", "status_detail")?;
    record.sealed = cells.get("sealed")?;
    record.expires_at = cells.time_opt("expires_at")?;
    record.refresh_due_at = cells.time_opt("refresh_due_at")?;
    record.grant_ends_at = cells.time_opt("grant_ends_at")?;
    record.suspected_at = cells.time_opt("suspected_at")?;
    record.order.consent = cells.get("consent_number")?;
    record.order.refresh = cells.get("refresh_number")?;
    Ok(record)
}

/// One row more than a page was asked for: then there is a next one.
pub(super) fn page(rows: &[SqliteRow], limit: u32) -> Result<AccountPage> {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let those = &rows[..rows.len().min(limit)];
    let last = those.last().filter(|_| rows.len() > limit);
    let next = last.map(place).transpose()?;
    let records = readable(those, record);
    let accounts = records.iter().map(TokenRecord::to_account).collect();
    Ok(AccountPage::new(accounts, next))
}

fn place(row: &SqliteRow) -> Result<AccountPlace> {
    let cells = Cells::new(row, TABLE);
    let account = AccountId::from_stored(cells.get::<String>("account")?);
    Ok(AccountPlace::after(cells.time("connected_at")?, account))
}

pub(super) fn revision(row: &SqliteRow) -> Result<Revision> {
    Cells::new(row, TABLE).get("revision").map(Revision)
}

pub(super) fn stored(row: &SqliteRow) -> Result<Stored<TokenRecord>> {
    Ok(Stored::new(record(row)?, revision(row)?))
}

/// Of the row after the claim, which counted its own attempt.
pub(super) fn claim(row: &SqliteRow) -> Result<TokenClaim> {
    let cells = Cells::new(row, TABLE);
    let attempts: u32 = cells.small("unknown_attempts")?;
    let epoch = Epoch(cells.get("epoch")?);
    Ok(TokenClaim::new(
        record(row)?,
        revision(row)?,
        epoch,
        attempts.saturating_sub(1),
    ))
}
