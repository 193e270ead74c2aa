use social_core::{
    error::Result,
    model::{AccountId, AppId, Platform},
    store::{Epoch, EventRecord, EventState, ReceivedEvent},
    webhook::{EventSubject, VerifiedEvent},
};
use sqlx::sqlite::SqliteRow;

use crate::values::Cells;

pub(super) const TABLE: &str = "webhook_events";

pub(super) fn number(row: &SqliteRow) -> Result<i64> {
    Cells::new(row, TABLE).get("number")
}

pub(super) fn epoch(row: &SqliteRow) -> Result<Epoch> {
    Cells::new(row, TABLE).get("epoch").map(Epoch)
}

pub(super) fn event(row: &SqliteRow) -> Result<EventRecord> {
    let cells = Cells::new(row, TABLE);
    let kept = ReceivedEvent::new(verified(row)?, cells.time("received_at")?);
    let mut record = EventRecord::new(number(row)?, kept);
    let state = EventState::parse(cells.get("state")?);
    record.state = state.ok_or_else(|| cells.damaged("state"))?;
    record.ready_at = cells.time("ready_at")?;
    record.attempts = cells.small("attempts")?;
    record.failures = cells.small("failures")?;
    record.cause = cells.json_opt("cause")?;
    record.ended_at = cells.time_opt("ended_at")?;
    Ok(record)
}

/// What came.
pub(crate) fn verified(row: &SqliteRow) -> Result<VerifiedEvent> {
    let cells = Cells::new(row, TABLE);
    let platform = Platform::from_name(cells.get::<String>("platform")?);
    let app = AppId::from_stored(cells.get::<String>("app")?);
    let id: String = cells.get("id")?;
    let kind: String = cells.get("kind")?;
    let mut event = VerifiedEvent::new(platform, app, id, kind, cells.get("body")?);
    event.sent_as = cells.get("sent_as")?;
    let account: Option<String> = cells.get("account")?;
    event.account = account.map(AccountId::from_stored);
    let subject = EventSubject::read(cells.get("word")?, cells.get("ids")?);
    event.subject = subject.ok_or_else(|| cells.damaged("ids"))?;
    event.occurred_at = cells.time_opt("occurred_at")?;
    Ok(event)
}
