use social_core::{
    error::Result,
    model::Platform,
    store::{Epoch, EventClaim, EventRecord, EventState, NewEvent},
};
use sqlx::postgres::PgRow;

use crate::values::Cells;

const TABLE: &str = "webhook_events";

pub(super) fn event(row: &PgRow) -> Result<EventRecord> {
    let cells = Cells::new(row, TABLE);
    let platform = Platform::from_name(cells.get::<String>("platform")?);
    let (id, kind) = (text(cells, "event_id")?, text(cells, "kind")?);
    let body = cells.get("body")?;
    let mut event = NewEvent::new(platform, id, kind, body, cells.time("received_at")?);
    event.app = text(cells, "app")?;
    if cells.get::<Option<&[u8]>>("account")?.is_some() {
        event.account = Some(text(cells, "account")?);
    }
    event.occurred_at = cells.time_opt("occurred_at")?;

    let mut record = EventRecord::new(cells.get("number")?, event);
    let state = EventState::parse(cells.get("state")?);
    record.state = state.ok_or_else(|| cells.damaged("state"))?;
    record.ready_at = cells.time("ready_at")?;
    record.attempts = cells.small("attempts")?;
    record.failures = cells.small("failures")?;
    record.cause = cells.json_opt("cause")?;
    record.ended_at = cells.time_opt("ended_at")?;
    Ok(record)
}

pub(super) fn claim(row: &PgRow) -> Result<EventClaim> {
    let epoch = Cells::new(row, TABLE).get("epoch")?;
    Ok(EventClaim::new(event(row)?, Epoch(epoch)))
}

pub(super) fn number(row: &PgRow) -> Result<i64> {
    Cells::new(row, TABLE).get("number")
}

/// Text that came from outside.
fn text(cells: Cells<'_>, column: &str) -> Result<String> {
    String::from_utf8(cells.get(column)?).map_err(|_| cells.damaged(column))
}
