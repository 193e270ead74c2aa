use crate::sql;

sql::statements! {
    LOAD = "SELECT * FROM accounts WHERE id = ?1";
    INSERT = "INSERT INTO accounts (id, app, platform, account, owner, route,
            login_app,
            consent,
            principal,
            name, aliases, scopes, status, status_detail, sealed, connected_at, expires_at, refresh_due_at, suspected_at,
            grant_ends_at,
            consent_number, refresh_number,
            revision, epoch)
        SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19,
            ?20, ?21, ?22,
            removed_revision + 1, removed_epoch
        FROM installation
        RETURNING revision";
    /// Compares the revision and nothing else; the lease is left as it is.
    UPDATE = "UPDATE accounts SET app = ?2, platform = ?3, account = ?4, owner = ?5, route = ?6,
            login_app = ?7,
            consent = ?8,
            principal = ?9,
            name = ?10, aliases = ?11, scopes = ?12, status = coalesce(?13, status),
            status_detail = CASE WHEN ?13 IS NULL THEN status_detail ELSE ?14 END, sealed = ?15,
            connected_at = ?16, expires_at = ?17, refresh_due_at = ?18, suspected_at = ?19,
            grant_ends_at = ?20, consent_number = ?21, refresh_number = ?22,
            revision = revision + 1, unknown_attempts = 0
        WHERE id = ?1 AND revision = ?23
        RETURNING revision";
    FORGET_ALIASES = "DELETE FROM account_aliases WHERE account = ?1";
    KEEP_ALIASES = "INSERT OR IGNORE INTO account_aliases (platform, alias, account)
        SELECT ?2, value, ?1 FROM json_each(?3)";
    REMOVE = "DELETE FROM accounts WHERE id = ?1 AND owner = ?2 RETURNING revision, epoch";
    /// Not which account it was.
    REMEMBER_REMOVED = "UPDATE installation SET removed_revision = max(removed_revision, ?1),
        removed_epoch = max(removed_epoch, ?2)";
    LIST = "SELECT * FROM accounts WHERE owner = ?1 ORDER BY platform, name, id";
    FIND = "SELECT id, owner, app, platform, account FROM accounts
        WHERE platform = ?1 AND app = ?2 AND account = ?3
        UNION ALL
        SELECT a.id, a.owner, a.app, a.platform, a.account
        FROM account_aliases n JOIN accounts a ON a.id = n.account
        WHERE n.platform = ?1 AND n.alias = ?3 AND a.app = ?2 AND a.account <> ?3";
    OF_PRINCIPAL = "SELECT * FROM accounts
        WHERE platform = ?1 AND login_app = ?2 AND principal = ?3";
    NEXT_NUMBER = "UPDATE installation SET last_number = last_number + 1 RETURNING last_number";
    CLAIM = "UPDATE accounts SET epoch = epoch + 1, unknown_attempts = unknown_attempts + 1, lease_until = ?2
        WHERE id = ?1
        RETURNING *";
    DUE = "SELECT id FROM accounts
        WHERE status = 'connected' AND refresh_due_at <= ?1 AND lease_until <= ?2
        ORDER BY refresh_due_at, id LIMIT ?3";
    DUE_OF_LOGIN = "SELECT id FROM accounts
        WHERE status = 'connected' AND refresh_due_at <= ?1 AND lease_until <= ?2 AND platform = ?4 AND login_app = ?5 AND route = ?6
        ORDER BY refresh_due_at, id LIMIT ?3";
    SUSPECT = "UPDATE accounts SET suspected_at = coalesce(suspected_at, ?3)
        WHERE id = ?1 AND revision = ?2";
    CONDEMN = "UPDATE accounts SET status = ?3, status_detail = ?4 WHERE id = ?1 AND revision = ?2";
    /// The lease ends if it is this claim's, also a lapsed one; the due time is set while the revision is this claim's.
    RELEASE = "UPDATE accounts SET
            refresh_due_at = CASE WHEN revision = ?3 THEN ?4 ELSE refresh_due_at END,
            unknown_attempts = CASE
                WHEN ?5 AND revision = ?3 AND epoch = ?2 AND lease_until > 0 THEN max(unknown_attempts - 1, 0)
                ELSE unknown_attempts END,
            lease_until = CASE WHEN epoch = ?2 THEN 0 ELSE lease_until END
        WHERE id = ?1";
    EXPIRING = "SELECT * FROM accounts
        WHERE status = 'connected' AND expires_at < ?1
        ORDER BY expires_at, id LIMIT ?2";
    ENDING = "SELECT * FROM accounts
        WHERE status = 'connected' AND grant_ends_at < ?1
        ORDER BY grant_ends_at, id LIMIT ?2";
    CONNECTED = "SELECT * FROM accounts
        WHERE platform = ?1 AND app = ?2 AND status = 'connected' AND (connected_at, account) > (?3, ?4)
        ORDER BY connected_at, account LIMIT ?5";
    NEXT_DUE_OF_LOGIN = "SELECT min(refresh_due_at) AS next_due FROM accounts
        WHERE platform = ?1 AND login_app = ?2 AND route = ?3 AND status = 'connected' AND refresh_due_at IS NOT NULL";
    NEXT_DUE = "SELECT min(refresh_due_at) AS next_due FROM accounts
        WHERE status = 'connected' AND refresh_due_at IS NOT NULL";
}
