use social_core::{
    error::Result,
    model::{AccountId, AppId, Platform},
    store::{Epoch, EventClaim, EventRecord, EventState, ReceivedEvent},
    webhook::{EventSubject, VerifiedEvent},
};
use sqlx::postgres::PgRow;

use crate::values::Cells;

const LOG: &str = "webhook_events";
const QUEUE: &str = "event_queue";

/// An event with all that became of it, in one row.
pub(super) fn event(row: &PgRow) -> Result<EventRecord> {
    queued(row, received(row)?)
}

/// An event whose row in the queue stands apart.
pub(super) fn claim(queue: &PgRow, log: &PgRow) -> Result<EventClaim> {
    let record = queued(queue, received(log)?)?;
    let epoch = Cells::new(queue, QUEUE).get("epoch")?;
    Ok(EventClaim::new(record, Epoch(epoch)))
}

pub(super) fn number(row: &PgRow) -> Result<i64> {
    Cells::new(row, QUEUE).get("number")
}

fn queued(row: &PgRow, kept: ReceivedEvent) -> Result<EventRecord> {
    let cells = Cells::new(row, QUEUE);
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

fn received(row: &PgRow) -> Result<ReceivedEvent> {
    let received_at = Cells::new(row, LOG).time("received_at")?;
    Ok(ReceivedEvent::new(verified(row)?, received_at))
}

/// What came.
pub(super) fn verified(row: &PgRow) -> Result<VerifiedEvent> {
    let cells = Cells::new(row, LOG);
    let platform = Platform::from_name(cells.get::<String>("platform")?);
    let (app, id) = (
        AppId::from_stored(text(cells, "app")?),
        text(cells, "event_id")?,
    );
    let kind = text(cells, "kind")?;
    let mut event = VerifiedEvent::new(platform, app, id, kind, cells.get("body")?);
    event.sent_as = text_opt(cells, "sent_as")?;
    event.account = text_opt(cells, "account")?.map(AccountId::from_stored);
    let subject = EventSubject::read(cells.get("word")?, cells.get("ids")?);
    event.subject = subject.ok_or_else(|| cells.damaged("ids"))?;
    event.occurred_at = cells.time_opt("occurred_at")?;
    Ok(event)
}

/// Text that came from outside.
fn text(cells: Cells<'_>, column: &str) -> Result<String> {
    String::from_utf8(cells.get(column)?).map_err(|_| cells.damaged(column))
}

fn text_opt(cells: Cells<'_>, column: &str) -> Result<Option<String>> {
    let bytes: Option<Vec<u8>> = cells.get(column)?;
    bytes
        .map(|bytes| String::from_utf8(bytes).map_err(|_| cells.damaged(column)))
        .transpose()
}
