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
    PgStore,
    error::failed,
    values::{Cells, readable},
};

/// The account that a walk goes on after. No account's id is empty.
fn account_of(after: Option<&AccountPlace>) -> &str {
    let account = after.and_then(|place| place.account.as_ref());
    account.map_or("", AccountId::as_str)
}

#[async_trait]
impl TokenStore for PgStore {
    async fn load(&self, key: &AccountKey) -> Result<Option<Stored<TokenRecord>>> {
        let stored = self.holder(key).await?;
        Ok(stored.filter(|stored| stored.value.key.owner == key.owner))
    }

    async fn holder(&self, key: &AccountKey) -> Result<Option<Stored<TokenRecord>>> {
        let mut reader = self.db.read("tokens.load").await?;
        let load = self.db.query(statements::LOAD).bind(key.row_id());
        let row = load.fetch_optional(reader.conn()).await;
        reader
            .finish(row)
            .await?
            .as_ref()
            .map(row::stored)
            .transpose()
    }

    async fn save(&self, record: &TokenRecord, expect: Expect) -> Result<Revision> {
        let mut tx = self.db.write("tokens.save").await?;
        let saved = write::save(&self.db, &mut tx, record, expect).await;
        tx.finish(saved).await
    }

    async fn save_all(&self, records: &[(TokenRecord, Expect)]) -> Result<Vec<Revision>> {
        let mut tx = self.db.write("tokens.save_all").await?;
        let saved = write::save_all(&self.db, &mut tx, records).await;
        tx.finish(saved).await
    }

    async fn remove(&self, key: &AccountKey) -> Result<bool> {
        let mut tx = self.db.write("tokens.remove").await?;
        let remove = self.db.query(statements::REMOVE).bind(key.row_id());
        let removed = remove.bind(key.owner.as_str()).execute(tx.conn()).await;
        let removed = removed.map(|done| done.rows_affected() > 0).map_err(failed);
        tx.finish(removed).await
    }

    async fn list(&self, owner: &OwnerId) -> Result<Vec<TokenRecord>> {
        let mut reader = self.db.read("tokens.list").await?;
        let list = self.db.query(statements::LIST).bind(owner.as_str());
        let rows = list.fetch_all(reader.conn()).await;
        Ok(readable(&reader.finish(rows).await?, row::record))
    }

    async fn find(&self, app: &AppKey, id_or_alias: &AccountId) -> Result<Vec<AccountKey>> {
        let mut reader = self.db.read("tokens.find").await?;
        let find = self
            .db
            .query(statements::FIND)
            .bind(app.platform.as_str())
            .bind(app.app.as_str())
            .bind(id_or_alias.as_str());
        let rows = find.fetch_all(reader.conn()).await;
        Ok(readable(&reader.finish(rows).await?, row::key))
    }

    async fn of_principal(
        &self,
        app: &AppKey,
        principal: &PrincipalId,
    ) -> Result<Vec<Stored<TokenRecord>>> {
        let mut reader = self.db.read("tokens.of_principal").await?;
        let list = (self.db.query(statements::OF_PRINCIPAL))
            .bind(app.platform.as_str())
            .bind(app.app.as_str())
            .bind(principal.as_str());
        let rows = list.fetch_all(reader.conn()).await;
        Ok(readable(&reader.finish(rows).await?, row::stored))
    }

    async fn next_number(&self) -> Result<i64> {
        let mut tx = self.db.write("tokens.next_number").await?;
        let next = self.db.query(statements::NEXT_NUMBER);
        let row = next.fetch_one(tx.conn()).await.map_err(failed);
        let number = row.and_then(|row| Cells::new(&row, "installation").get("last_number"));
        tx.finish(number).await
    }

    async fn claim(&self, key: &AccountKey, lease: Duration) -> Result<TokenClaimed> {
        let mut tx = self.db.write("tokens.claim").await?;
        let claimed = write::claim(&self.db, &mut tx, key, lease).await;
        tx.finish(claimed).await
    }

    async fn claim_due(&self, which: &ClaimDue) -> Result<Vec<TokenClaim>> {
        let mut tx = self.db.write("tokens.claim_due").await?;
        let rows = write::claim_due(&self.db, &mut tx, which).await;
        let rows = tx.finish(rows).await?;
        // A damaged one is leased all the same: it stands in nobody's way until the lease lapses.
        let mut claims = readable(&rows, row::claim);
        claims.sort_by_key(|claim| claim.record.refresh_due_at);
        Ok(claims)
    }

    async fn judge(&self, claim: &TokenClaim, verdict: Verdict) -> Result<bool> {
        let mut tx = self.db.write("tokens.judge").await?;
        let written = write::judge(&self.db, &mut tx, claim, verdict).await;
        tx.finish(written).await
    }

    async fn release(
        &self,
        claim: &TokenClaim,
        due_at: Option<DateTime<Utc>>,
        outcome_known: bool,
    ) -> Result<()> {
        let mut tx = self.db.write("tokens.release").await?;
        let released = self
            .db
            .query(statements::RELEASE)
            .bind(claim.record.key.row_id())
            .bind(claim.epoch.0)
            .bind(claim.revision.0)
            .bind(due_at)
            .bind(outcome_known)
            .execute(tx.conn())
            .await;
        tx.finish(released.map(drop).map_err(failed)).await
    }

    async fn expiring(&self, before: DateTime<Utc>, limit: u32) -> Result<Vec<TokenRecord>> {
        let mut reader = self.db.read("tokens.expiring").await?;
        let list = self.db.query(statements::EXPIRING).bind(before);
        let rows = list.bind(i64::from(limit)).fetch_all(reader.conn()).await;
        Ok(readable(&reader.finish(rows).await?, row::record))
    }

    async fn ending(&self, before: DateTime<Utc>, limit: u32) -> Result<Vec<TokenRecord>> {
        let mut reader = self.db.read("tokens.ending").await?;
        let list = self.db.query(statements::ENDING).bind(before);
        let rows = list.bind(i64::from(limit)).fetch_all(reader.conn()).await;
        Ok(readable(&reader.finish(rows).await?, row::record))
    }

    async fn connected(
        &self,
        app: &AppKey,
        after: Option<&AccountPlace>,
        limit: u32,
    ) -> Result<AccountPage> {
        let limit = limit.max(1);
        let list = (self.db.query(statements::CONNECTED))
            .bind(app.platform.as_str())
            .bind(app.app.as_str())
            .bind(after.map(|place| place.connected_at))
            .bind(account_of(after))
            .bind(i64::from(limit) + 1);
        let mut reader = self.db.read("tokens.connected").await?;
        let rows = list.fetch_all(reader.conn()).await;
        row::page(&reader.finish(rows).await?, limit)
    }

    async fn next_due(&self, connector: Option<&Connector>) -> Result<Option<DateTime<Utc>>> {
        let next = match connector {
            Some(Connector { app, route, .. }) => (self.db.query(statements::NEXT_DUE_OF_LOGIN))
                .bind(app.platform.as_str())
                .bind(app.app.as_str())
                .bind(&**route),
            None => self.db.query(statements::NEXT_DUE),
        };
        let mut reader = self.db.read("tokens.next_due").await?;
        let row = next.fetch_one(reader.conn()).await;
        Cells::new(&reader.finish(row).await?, "accounts").time_opt("next_due")
    }
}
