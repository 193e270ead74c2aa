use std::time::Duration;

use social_core::{
    error::{Error, ErrorKind, Result},
    model::{AccountId, AccountKey, AccountStatus, Connector, PrincipalId},
    store::{ClaimDue, Expect, Revision, TokenClaim, TokenClaimed, TokenRecord, Verdict},
};
use sqlx::{
    Postgres,
    postgres::{PgArguments, PgRow},
    query::Query,
};

use super::{row, statements};
use crate::{
    db::Db,
    error::{conflict, failed},
    transaction::Tx,
    values::{Cells, left, micros, words},
};

type Bound = Query<'static, Postgres, PgArguments>;

pub(super) async fn save(
    db: &Db,
    tx: &mut Tx,
    record: &TokenRecord,
    expect: Expect,
) -> Result<Revision> {
    let saved = match expect {
        Expect::Absent => insert(db, tx, record).await?,
        Expect::Revision(revision) => {
            let update = bind(db.query(statements::UPDATE), record)?.bind(revision.0);
            let saved = update.fetch_optional(tx.conn()).await.map_err(failed)?;
            saved.ok_or_else(|| conflict("the account was saved or removed since"))?
        }
    };
    row::revision(&saved)
}

/// In the order of the rows: whoever saves some of the same at the same moment locks them in that order too.
pub(super) async fn save_all(
    db: &Db,
    tx: &mut Tx,
    records: &[(TokenRecord, Expect)],
) -> Result<Vec<Revision>> {
    let mut order: Vec<_> = (0..records.len()).collect();
    order.sort_by_key(|place| records[*place].0.key.row_id());
    let mut revisions = vec![Revision(0); records.len()];
    for place in order {
        let (record, expect) = &records[place];
        revisions[place] = save(db, tx, record, *expect).await?;
    }
    Ok(revisions)
}

async fn insert(db: &Db, tx: &mut Tx, record: &TokenRecord) -> Result<PgRow> {
    words(&record.status)?;
    let insert = bind(db.query(statements::INSERT), record)?
        .bind(record.key.app.as_str())
        .bind(record.key.account.as_str());
    let inserted = insert.fetch_optional(tx.conn()).await.map_err(failed)?;
    if inserted.is_none() {
        return Err(conflict("this account is already kept"));
    }
    let begin = db.query(statements::BEGIN_AT).bind(record.key.row_id());
    begin.fetch_one(tx.conn()).await.map_err(failed)
}

fn bind(query: Bound, record: &TokenRecord) -> Result<Bound> {
    // Nothing leaves it as it is.
    let (status, detail) = match record.status {
        AccountStatus::Unknown => (None, None),
        ref known => words(known).map(|(word, detail)| (Some(word), detail))?,
    };
    let scopes: Vec<&str> = record.scopes.iter().collect();
    let aliases: Vec<&str> = record.aliases.iter().map(AccountId::as_str).collect();
    let principal = record.principal.as_ref().map(PrincipalId::as_str);
    Ok(query
        .bind(record.key.row_id())
        .bind(record.key.platform.as_str())
        .bind(record.key.owner.as_str())
        .bind(record.route.as_str())
        .bind(record.app.as_str())
        .bind(record.consent.as_str())
        .bind(principal)
        .bind(record.name.as_str())
        .bind(aliases)
        .bind(scopes)
        .bind(status)
        .bind(detail)
        .bind(record.sealed.as_deref())
        .bind(record.connected_at)
        .bind(record.expires_at)
        .bind(record.refresh_due_at)
        .bind(record.suspected_at)
        .bind(record.grant_ends_at)
        .bind(record.order.consent)
        .bind(record.order.refresh))
}

pub(super) async fn claim(
    db: &Db,
    tx: &mut Tx,
    key: &AccountKey,
    lease: Duration,
) -> Result<TokenClaimed> {
    let id = key.row_id();
    let held = db.query(statements::HELD).bind(id.as_str());
    let held = held
        .bind(key.owner.as_str())
        .fetch_optional(tx.conn())
        .await;
    let Some(held) = held.map_err(failed)? else {
        return Ok(TokenClaimed::Absent);
    };
    let held: i64 = Cells::new(&held, "accounts").get("held")?;
    if held > 0 {
        return Ok(TokenClaimed::Busy(left(held)));
    }
    let take = db.query(statements::CLAIM).bind(id).bind(micros(lease));
    let taken = take.fetch_one(tx.conn()).await.map_err(failed)?;
    row::claim(&taken).map(TokenClaimed::Taken)
}

/// The rows that were claimed, in no order.
pub(super) async fn claim_due(db: &Db, tx: &mut Tx, which: &ClaimDue) -> Result<Vec<PgRow>> {
    let statement = match &which.connector {
        Some(_) => statements::CLAIM_DUE_OF_LOGIN,
        None => statements::CLAIM_DUE,
    };
    let mut claim = db
        .query(statement)
        .bind(which.now)
        .bind(micros(which.lease))
        .bind(i64::from(which.limit));
    if let Some(Connector { app, route, .. }) = &which.connector {
        claim = claim
            .bind(app.platform.as_str())
            .bind(app.app.as_str())
            .bind(&**route);
    }
    claim.fetch_all(tx.conn()).await.map_err(failed)
}

pub(super) async fn judge(
    db: &Db,
    tx: &mut Tx,
    claim: &TokenClaim,
    verdict: Verdict,
) -> Result<bool> {
    let id = claim.record.key.row_id();
    let judge = match verdict {
        Verdict::Suspected(at) => db
            .query(statements::SUSPECT)
            .bind(id)
            .bind(claim.revision.0)
            .bind(at),
        Verdict::Dead(why) => {
            let (status, detail) = words(&AccountStatus::NeedsReauth(why))?;
            db.query(statements::CONDEMN)
                .bind(id)
                .bind(claim.revision.0)
                .bind(status)
                .bind(detail)
        }
        _ => {
            return Err(Error::new(
                ErrorKind::Unsupported,
                "this verdict is of a newer version",
            ));
        }
    };
    let done = judge.execute(tx.conn()).await.map_err(failed)?;
    Ok(done.rows_affected() > 0)
}
