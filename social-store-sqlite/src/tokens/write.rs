use std::time::Duration;

use social_core::{
    error::{Error, ErrorKind, Result},
    model::{AccountKey, AccountStatus, Connector, PrincipalId},
    store::{ClaimDue, Expect, Revision, TokenClaim, TokenClaimed, TokenRecord, Verdict},
};
use sqlx::{
    Row,
    query::Query,
    sqlite::{Sqlite, SqliteArguments},
};

use super::{row, statements};
use crate::{
    connections::Tx,
    error::{conflict, failed, is_taken},
    values::{Cells, json, left, micros, report, span, words},
};

pub(super) async fn save(tx: &mut Tx, record: &TokenRecord, expect: Expect) -> Result<Revision> {
    let revision = match expect {
        Expect::Absent => insert(tx, record).await?,
        Expect::Revision(revision) => update(tx, record, revision).await?,
    };
    let id = record.key.row_id();
    let forget = sqlx::query(statements::FORGET_ALIASES).bind(id.as_str());
    forget.execute(&mut tx.conn).await.map_err(failed)?;
    if !record.aliases.is_empty() {
        let keep = sqlx::query(statements::KEEP_ALIASES)
            .bind(id)
            .bind(record.key.platform.as_str())
            .bind(json(&record.aliases)?);
        keep.execute(&mut tx.conn).await.map_err(failed)?;
    }
    Ok(revision)
}

pub(super) async fn save_all(
    tx: &mut Tx,
    records: &[(TokenRecord, Expect)],
) -> Result<Vec<Revision>> {
    let mut revisions = Vec::with_capacity(records.len());
    for (record, expect) in records {
        revisions.push(save(tx, record, *expect).await?);
    }
    Ok(revisions)
}

async fn insert(tx: &mut Tx, record: &TokenRecord) -> Result<Revision> {
    words(&record.status)?;
    let insert = bind(statements::INSERT, record)?;
    match insert.fetch_one(&mut tx.conn).await {
        Ok(saved) => row::revision(&saved),
        Err(error) if is_taken(&error) => Err(conflict("this account is already kept")),
        Err(error) => Err(failed(error)),
    }
}

async fn update(tx: &mut Tx, record: &TokenRecord, expect: Revision) -> Result<Revision> {
    let update = bind(statements::UPDATE, record)?.bind(expect.0);
    match update.fetch_optional(&mut tx.conn).await.map_err(failed)? {
        Some(saved) => row::revision(&saved),
        None => Err(conflict("the account was saved or removed since")),
    }
}

pub(super) async fn remove(tx: &mut Tx, key: &AccountKey) -> Result<bool> {
    let remove = sqlx::query(statements::REMOVE)
        .bind(key.row_id())
        .bind(key.owner.as_str());
    let removed = remove.fetch_optional(&mut tx.conn).await.map_err(failed)?;
    let Some(removed) = removed else {
        return Ok(false);
    };
    let epoch: i64 = Cells::new(&removed, "accounts").get("epoch")?;
    let remember = sqlx::query(statements::REMEMBER_REMOVED)
        .bind(row::revision(&removed)?.0)
        .bind(epoch);
    remember.execute(&mut tx.conn).await.map_err(failed)?;
    Ok(true)
}

type Bound<'q> = Query<'q, Sqlite, SqliteArguments>;

fn bind<'q>(statement: &'static str, record: &'q TokenRecord) -> Result<Bound<'q>> {
    // Nothing leaves it as it is.
    let (status, detail) = match record.status {
        AccountStatus::Unknown => (None, None),
        ref known => words(known).map(|(word, detail)| (Some(word), detail))?,
    };
    Ok(sqlx::query(statement)
        .bind(record.key.row_id())
        .bind(record.key.app.as_str())
        .bind(record.key.platform.as_str())
        .bind(record.key.account.as_str())
        .bind(record.key.owner.as_str())
        .bind(record.route.as_str())
        .bind(record.app.as_str())
        .bind(record.consent.as_str())
        .bind(record.principal.as_ref().map(PrincipalId::as_str))
        .bind(record.name.as_str())
        .bind(json(&record.aliases)?)
        .bind(json(&record.scopes)?)
        .bind(status)
        .bind(detail)
        .bind(record.sealed.as_deref())
        .bind(micros(record.connected_at))
        .bind(record.expires_at.map(micros))
        .bind(record.refresh_due_at.map(micros))
        .bind(record.suspected_at.map(micros))
        .bind(record.grant_ends_at.map(micros))
        .bind(record.order.consent)
        .bind(record.order.refresh))
}

pub(super) async fn claim(tx: &mut Tx, key: &AccountKey, lease: Duration) -> Result<TokenClaimed> {
    let id = key.row_id();
    let load = sqlx::query(statements::LOAD).bind(id.as_str());
    let found = load.fetch_optional(&mut tx.conn).await.map_err(failed)?;
    let Some(found) = found else {
        return Ok(TokenClaimed::Absent);
    };
    let record = row::record(&found)?;
    if record.key.owner != key.owner || record.status != AccountStatus::Connected {
        return Ok(TokenClaimed::Absent);
    }
    let lease_until: i64 = Cells::new(&found, "accounts").get("lease_until")?;
    if lease_until > tx.clock.leases {
        return Ok(TokenClaimed::Busy(left(lease_until, tx.clock.leases)));
    }
    take(tx, &id, lease).await?.map(TokenClaimed::Taken)
}

pub(super) async fn claim_due(tx: &mut Tx, which: &ClaimDue) -> Result<Vec<TokenClaim>> {
    let statement = match &which.connector {
        Some(_) => statements::DUE_OF_LOGIN,
        None => statements::DUE,
    };
    let mut due = sqlx::query(statement)
        .bind(micros(which.now))
        .bind(tx.clock.leases)
        .bind(i64::from(which.limit));
    if let Some(Connector { app, route, .. }) = &which.connector {
        due = due
            .bind(app.platform.as_str())
            .bind(app.app.as_str())
            .bind(&**route);
    }
    let rows = due.fetch_all(&mut tx.conn).await.map_err(failed)?;
    let mut claims = Vec::with_capacity(rows.len());
    for found in rows {
        let id: String = found.try_get("id").map_err(failed)?;
        // A damaged one is leased all the same: it stands in nobody's way until the lease lapses.
        match take(tx, &id, which.lease).await? {
            Ok(claim) => claims.push(claim),
            Err(damaged) => report(&damaged),
        }
    }
    Ok(claims)
}

/// Claims the row; the inner error is one of what it holds.
async fn take(tx: &mut Tx, id: &str, lease: Duration) -> Result<Result<TokenClaim>> {
    let take = sqlx::query(statements::CLAIM)
        .bind(id)
        .bind(tx.clock.leases.saturating_add(span(lease)));
    let claimed = take.fetch_one(&mut tx.conn).await.map_err(failed)?;
    Ok(row::claim(&claimed))
}

pub(super) async fn judge(tx: &mut Tx, claim: &TokenClaim, verdict: Verdict) -> Result<bool> {
    let id = claim.record.key.row_id();
    let judge = match verdict {
        Verdict::Suspected(at) => sqlx::query(statements::SUSPECT)
            .bind(id)
            .bind(claim.revision.0)
            .bind(micros(at)),
        Verdict::Dead(why) => {
            let (status, detail) = words(&AccountStatus::NeedsReauth(why))?;
            sqlx::query(statements::CONDEMN)
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
    let done = judge.execute(&mut tx.conn).await.map_err(failed)?;
    Ok(done.rows_affected() > 0)
}
