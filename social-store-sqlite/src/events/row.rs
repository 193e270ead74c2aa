use social_core::{
    error::Result,
    model::Platform,
    store::{Epoch, EventRecord, EventState, NewEvent},
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
    let platform: String = cells.get("platform")?;
    let (id, kind): (String, String) = (cells.get("id")?, cells.get("kind")?);
    let (body, came) = (cells.get("body")?, cells.time("received_at")?);
    let mut event = NewEvent::new(Platform::from_name(platform), id, kind, body, came);
    event.app = cells.get("app")?;
    event.account = cells.get("account")?;
    event.occurred_at = cells.time_opt("occurred_at")?;
    let mut record = EventRecord::new(number(row)?, event);
    let state = EventState::parse(cells.get("state")?);
    record.state = state.ok_or_else(|| cells.damaged("state"))?;
    record.ready_at = cells.time("ready_at")?;
    record.attempts = cells.small("attempts")?;
    record.failures = cells.small("failures")?;
    record.cause = cells.json_opt("cause")?;
    record.ended_at = cells.time_opt("ended_at")?;
    Ok(record)
}
