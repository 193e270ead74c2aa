use social_core::{
    error::Result,
    model::{AccountId, AccountKey, AppId, OwnerId, Platform},
    store::{Epoch, Revision, Stored, TokenClaim, TokenRecord},
};
use sqlx::sqlite::SqliteRow;

use crate::values::Cells;

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
    record.consent = cells.get("consent")?;
    record.name = cells.get("name")?;
    record.aliases = cells.json("aliases")?;
    record.scopes = cells.json("scopes")?;
    record.status = cells.words("status", "status_detail")?;
    record.sealed = cells.get("sealed")?;
    record.expires_at = cells.time_opt("expires_at")?;
    record.refresh_due_at = cells.time_opt("refresh_due_at")?;
    record.suspected_at = cells.time_opt("suspected_at")?;
    Ok(record)
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
