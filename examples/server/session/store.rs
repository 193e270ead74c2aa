//! Sessions in the server's own table: only the SHA-256 of a cookie is kept.

use chrono::{DateTime, TimeDelta, Utc};
use secrecy::{ExposeSecret as _, SecretString};
use sha2::{Digest, Sha256};
use social_core::Result;
use social_core::random::{Random, random_token};

use social_core::model::OwnerId;

use crate::own::{Own, failed};

/// How long a sign-in lasts.
pub(crate) const LIFETIME: TimeDelta = TimeDelta::days(30);

/// Who is signed in, and by which session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Session {
    pub(crate) user: OwnerId,
    pub(crate) hash: [u8; 32],
}

/// A cookie's value as it is stored: it is random enough that nobody finds it from its hash.
pub(crate) fn hash(secret: &str) -> [u8; 32] {
    Sha256::digest(secret.as_bytes()).into()
}

impl Own {
    /// Begins a session and answers the cookie's value.
    ///
    /// # Errors
    /// `Storage` when it cannot be written.
    pub(crate) async fn begin_session(
        &self,
        user: &OwnerId,
        now: DateTime<Utc>,
        random: &dyn Random,
    ) -> Result<SecretString> {
        let cookie = random_token(random)?;
        sqlx::query("INSERT INTO server_sessions (hash, user, created_at, expires_at) VALUES (?1, ?2, ?3, ?4)")
            .bind(hash(cookie.expose_secret()).to_vec())
            .bind(user.as_str())
            .bind(now.timestamp_micros())
            .bind((now + LIFETIME).timestamp_micros())
            .execute(&self.pool)
            .await
            .map_err(failed)?;
        Ok(cookie)
    }

    /// The session of a cookie that still counts.
    ///
    /// # Errors
    /// `Storage` when it cannot be read.
    pub(crate) async fn session(
        &self,
        cookie: &str,
        now: DateTime<Utc>,
    ) -> Result<Option<Session>> {
        let hash = hash(cookie);
        let user: Option<String> = sqlx::query_scalar(
            "SELECT user FROM server_sessions WHERE hash = ?1 AND expires_at > ?2",
        )
        .bind(hash.to_vec())
        .bind(now.timestamp_micros())
        .fetch_optional(&self.pool)
        .await
        .map_err(failed)?;
        let user = user.map(OwnerId::from_stored);
        Ok(user.map(|user| Session { user, hash }))
    }

    /// Ends a session.
    ///
    /// # Errors
    /// `Storage` when it cannot be written.
    pub(crate) async fn end_session(&self, session: &Session) -> Result<()> {
        sqlx::query("DELETE FROM server_sessions WHERE hash = ?1")
            .bind(session.hash.to_vec())
            .execute(&self.pool)
            .await
            .map_err(failed)?;
        Ok(())
    }

    /// Removes sessions whose time is over.
    ///
    /// # Errors
    /// `Storage` when it cannot be written.
    pub(crate) async fn purge_sessions(&self, now: DateTime<Utc>) -> Result<()> {
        sqlx::query("DELETE FROM server_sessions WHERE expires_at <= ?1")
            .bind(now.timestamp_micros())
            .execute(&self.pool)
            .await
            .map_err(failed)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use social_core::conformance::named;
    use social_core::random::SystemRandom;

    use super::*;

    #[tokio::test]
    async fn a_session_ends_by_time_and_by_sign_out_and_its_cookie_is_not_stored() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("server.db");
        let own = Own::open(&path).await.expect("opened");
        let now = DateTime::from_timestamp(1_800_000_000, 0).expect("a time");
        let random = SystemRandom::default();
        let cookie = own
            .begin_session(&named("local"), now, &random)
            .await
            .expect("begun");
        let cookie = cookie.expose_secret();

        let session = own
            .session(cookie, now)
            .await
            .expect("read")
            .expect("a session");
        assert_eq!(session.user, "local");
        assert_eq!(own.session("another", now).await.expect("read"), None);
        assert_eq!(
            own.session(cookie, now + LIFETIME).await.expect("read"),
            None
        );

        let again = Own::open(&path).await.expect("opened again");
        assert_eq!(
            again.session(cookie, now).await.expect("read"),
            Some(session.clone())
        );
        own.end_session(&session).await.expect("ended");
        assert_eq!(again.session(cookie, now).await.expect("read"), None);

        own.pool.close().await;
        again.pool.close().await;
        for entry in std::fs::read_dir(folder.path()).expect("a folder") {
            let bytes = std::fs::read(entry.expect("a file").path()).expect("readable");
            assert!(
                !bytes
                    .windows(cookie.len())
                    .any(|window| window == cookie.as_bytes())
            );
        }
    }
}
