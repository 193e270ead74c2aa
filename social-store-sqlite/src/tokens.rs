mod row;
mod statements;
mod write;

use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use social_core::{
    error::Result,
    model::{AccountId, AccountKey, AppKey, Connector, OwnerId, PrincipalId},
    store::{
        AccountPage, AccountPlace, ClaimDue, Expect, Revision, Stored, TokenClaim, TokenClaimed,
        TokenRecord, TokenStore, Verdict,
    },
};

#[cfg(test)]
pub(crate) use statements::ALL;

use crate::{
    SqliteStore,
    error::failed,
    values::{Cells, micros, readable},
};

/// The account that a walk goes on after. No account's id is empty.
fn account_of(after: Option<&AccountPlace>) -> &str {
    let account = after.and_then(|place| place.account.as_ref());
    account.map_or("", AccountId::as_str)
}

#[async_trait]
impl TokenStore for SqliteStore {
    async fn load(&self, key: &AccountKey) -> Result<Option<Stored<TokenRecord>>> {
        let stored = self.holder(key).await?;
        Ok(stored.filter(|stored| stored.value.key.owner == key.owner))
    }

    async fn holder(&self, key: &AccountKey) -> Result<Option<Stored<TokenRecord>>> {
        let mut reader = self.db.read("tokens.load").await?;
        let load = sqlx::query(statements::LOAD).bind(key.row_id());
        let row = load.fetch_optional(&mut reader.conn).await;
        reader.finish(row)?.as_ref().map(row::stored).transpose()
    }

    async fn save(&self, record: &TokenRecord, expect: Expect) -> Result<Revision> {
        let mut tx = self.db.write("tokens.save").await?;
        let saved = write::save(&mut tx, record, expect).await;
        tx.finish(saved).await
    }

    async fn save_all(&self, records: &[(TokenRecord, Expect)]) -> Result<Vec<Revision>> {
        let mut tx = self.db.write("tokens.save_all").await?;
        let saved = write::save_all(&mut tx, records).await;
        tx.finish(saved).await
    }

    async fn remove(&self, key: &AccountKey) -> Result<bool> {
        let mut tx = self.db.write("tokens.remove").await?;
        let removed = write::remove(&mut tx, key).await;
        tx.finish(removed).await
    }

    async fn list(&self, owner: &OwnerId) -> Result<Vec<TokenRecord>> {
        let mut reader = self.db.read("tokens.list").await?;
        let list = sqlx::query(statements::LIST).bind(owner.as_str());
        let rows = list.fetch_all(&mut reader.conn).await;
        Ok(readable(&reader.finish(rows)?, row::record))
    }

    async fn find(&self, app: &AppKey, id_or_alias: &AccountId) -> Result<Vec<AccountKey>> {
        let mut reader = self.db.read("tokens.find").await?;
        let find = sqlx::query(statements::FIND)
            .bind(app.platform.as_str())
            .bind(app.app.as_str())
            .bind(id_or_alias.as_str());
        let rows = find.fetch_all(&mut reader.conn).await;
        Ok(readable(&reader.finish(rows)?, row::key))
    }

    async fn of_principal(
        &self,
        app: &AppKey,
        principal: &PrincipalId,
    ) -> Result<Vec<Stored<TokenRecord>>> {
        let mut reader = self.db.read("tokens.of_principal").await?;
        let list = sqlx::query(statements::OF_PRINCIPAL)
            .bind(app.platform.as_str())
            .bind(app.app.as_str())
            .bind(principal.as_str());
        let rows = list.fetch_all(&mut reader.conn).await;
        Ok(readable(&reader.finish(rows)?, row::stored))
    }

    async fn next_number(&self) -> Result<i64> {
        let mut tx = self.db.write("tokens.next_number").await?;
        let next = sqlx::query(statements::NEXT_NUMBER);
        let row = next.fetch_one(&mut tx.conn).await.map_err(failed);
        let number = row.and_then(|row| Cells::new(&row, "installation").get("last_number"));
        tx.finish(number).await
    }

    async fn claim(&self, key: &AccountKey, lease: Duration) -> Result<TokenClaimed> {
        let mut tx = self.db.write("tokens.claim").await?;
        let claimed = write::claim(&mut tx, key, lease).await;
        tx.finish(claimed).await
    }

    async fn claim_due(&self, which: &ClaimDue) -> Result<Vec<TokenClaim>> {
        let mut tx = self.db.write("tokens.claim_due").await?;
        let claims = write::claim_due(&mut tx, which).await;
        tx.finish(claims).await
    }

    async fn judge(&self, claim: &TokenClaim, verdict: Verdict) -> Result<bool> {
        let mut tx = self.db.write("tokens.judge").await?;
        let written = write::judge(&mut tx, claim, verdict).await;
        tx.finish(written).await
    }

    async fn release(
        &self,
        claim: &TokenClaim,
        due_at: Option<DateTime<Utc>>,
        outcome_known: bool,
    ) -> Result<()> {
        let mut tx = self.db.write("tokens.release").await?;
        let released = sqlx::query(statements::RELEASE)
            .bind(claim.record.key.row_id())
            .bind(claim.epoch.0)
            .bind(claim.revision.0)
            .bind(due_at.map(micros))
            .bind(outcome_known)
            .execute(&mut tx.conn)
            .await;
        tx.finish(released.map(drop).map_err(failed)).await
    }

    async fn expiring(&self, before: DateTime<Utc>, limit: u32) -> Result<Vec<TokenRecord>> {
        let mut reader = self.db.read("tokens.expiring").await?;
        let list = sqlx::query(statements::EXPIRING)
            .bind(micros(before))
            .bind(i64::from(limit));
        let rows = list.fetch_all(&mut reader.conn).await;
        Ok(readable(&reader.finish(rows)?, row::record))
    }

    async fn ending(&self, before: DateTime<Utc>, limit: u32) -> Result<Vec<TokenRecord>> {
        let mut reader = self.db.read("tokens.ending").await?;
        let list = sqlx::query(statements::ENDING)
            .bind(micros(before))
            .bind(i64::from(limit));
        let rows = list.fetch_all(&mut reader.conn).await;
        Ok(readable(&reader.finish(rows)?, row::record))
    }

    async fn connected(
        &self,
        app: &AppKey,
        after: Option<&AccountPlace>,
        limit: u32,
    ) -> Result<AccountPage> {
        let limit = limit.max(1);
        let list = sqlx::query(statements::CONNECTED)
            .bind(app.platform.as_str())
            .bind(app.app.as_str())
            .bind(after.map_or(i64::MIN, |place| micros(place.connected_at)))
            .bind(account_of(after))
            .bind(i64::from(limit) + 1);
        let mut reader = self.db.read("tokens.connected").await?;
        let rows = list.fetch_all(&mut reader.conn).await;
        row::page(&reader.finish(rows)?, limit)
    }

    async fn next_due(&self, connector: Option<&Connector>) -> Result<Option<DateTime<Utc>>> {
        let next = match connector {
            Some(Connector { app, route, .. }) => sqlx::query(statements::NEXT_DUE_OF_LOGIN)
                .bind(app.platform.as_str())
                .bind(app.app.as_str())
                .bind(&**route),
            None => sqlx::query(statements::NEXT_DUE),
        };
        let mut reader = self.db.read("tokens.next_due").await?;
        let row = next.fetch_one(&mut reader.conn).await;
        Cells::new(&reader.finish(row)?, "accounts").time_opt("next_due")
    }
}
