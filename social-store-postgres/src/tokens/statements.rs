use crate::sql;

/// The columns of a record, named: a statement that was prepared before a later version added one goes on working.
macro_rules! record {
    () => {
        "owner, app, platform, account, route,
        login_app,
        consent,
        principal,
        name, aliases, scopes, status, status_detail, sealed, connected_at, expires_at, refresh_due_at,
        grant_ends_at,
        suspected_at, consent_number, refresh_number, revision"
    };
}

/// What a claim writes and answers. `$2` is the lease in microseconds.
macro_rules! claimed {
    ($which:expr) => {
        concat!(
            "UPDATE social.accounts SET
                epoch = epoch + 1,
                unknown_attempts = unknown_attempts + 1,
                lease_until = (SELECT social.clock()) + $2 * interval '1 microsecond',
                updated_at = now()
            WHERE ",
            $which,
            " RETURNING ",
            record!(),
            ", epoch, unknown_attempts"
        )
    };
}

/// Rows that are due, by their place in the table: locked by this statement, they stay there. The array keeps the
/// planner, who does not know how many will be asked for, from reading the whole table to find so few.
macro_rules! due {
    ($which:literal) => {
        claimed!(
            concat!("ctid = ANY (ARRAY(
                SELECT ctid FROM social.accounts
                WHERE status = 'connected' AND refresh_due_at <= $1 AND lease_until <= (SELECT social.clock())", $which, "
                ORDER BY refresh_due_at LIMIT $3
                FOR NO KEY UPDATE SKIP LOCKED))")
        )
    };
}

sql::statements! {
    LOAD = concat!("SELECT ", record!(), " FROM social.accounts WHERE id = $1");
    /// Answers nothing when the account is there already. What it says of revision and epoch is what was free when it
    /// began: `BEGIN_AT` comes next.
    INSERT = "WITH saved AS (
            INSERT INTO social.accounts (id, platform, owner, route,
                login_app,
                consent,
                principal,
                name, aliases, scopes, status, status_detail, sealed, connected_at, expires_at, refresh_due_at,
                suspected_at,
                grant_ends_at,
                consent_number, refresh_number,
                app, account)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22)
            ON CONFLICT DO NOTHING
            RETURNING id),
        kept AS (
            INSERT INTO social.account_aliases (platform, alias, account)
            SELECT $2, alias, saved.id FROM saved, unnest($9::text[]) AS alias
            ON CONFLICT DO NOTHING)
        SELECT id FROM saved";
    /// A statement of its own, because only now a removal that `INSERT` waited for can be seen.
    BEGIN_AT = "UPDATE social.accounts SET revision = i.removed_revision + 1, epoch = i.removed_epoch
        FROM social.installation i WHERE accounts.id = $1
        RETURNING accounts.revision";
    /// Compares the revision and nothing else; the lease is left as it is.
    UPDATE = "WITH saved AS (
            UPDATE social.accounts SET owner = $3, route = $4,
                login_app = $5,
                consent = $6,
                principal = $7,
                name = $8, aliases = $9, scopes = $10, status = coalesce($11, status),
                status_detail = CASE WHEN $11 IS NULL THEN status_detail ELSE $12 END, sealed = $13,
                connected_at = $14, expires_at = $15, refresh_due_at = $16, suspected_at = $17,
                grant_ends_at = $18, consent_number = $19, refresh_number = $20,
                revision = revision + 1, unknown_attempts = 0, updated_at = now()
            WHERE id = $1 AND revision = $21
            RETURNING id, revision),
        forgotten AS (
            DELETE FROM social.account_aliases n USING saved
            WHERE n.account = saved.id AND n.alias <> ALL ($9::text[])),
        kept AS (
            INSERT INTO social.account_aliases (platform, alias, account)
            SELECT $2, alias, saved.id FROM saved, unnest($9::text[]) AS alias
            ON CONFLICT DO NOTHING)
        SELECT revision FROM saved";
    REMOVE = "WITH gone AS (DELETE FROM social.accounts WHERE id = $1 AND owner = $2 RETURNING revision, epoch)
        UPDATE social.installation i SET
            removed_revision = greatest(i.removed_revision, gone.revision),
            removed_epoch = greatest(i.removed_epoch, gone.epoch)
        FROM gone";
    LIST = concat!("SELECT ", record!(), " FROM social.accounts WHERE owner = $1 ORDER BY platform, name, id");
    FIND = "SELECT owner, app, platform, account FROM social.accounts
        WHERE platform = $1 AND app = $2 AND account = $3
        UNION ALL
        SELECT a.owner, a.app, a.platform, a.account
        FROM social.account_aliases n JOIN social.accounts a ON a.id = n.account
        WHERE n.platform = $1 AND n.alias = $3 AND a.app = $2 AND a.account <> $3";
    OF_PRINCIPAL = concat!("SELECT ", record!(), " FROM social.accounts
        WHERE platform = $1 AND login_app = $2 AND principal = $3");
    /// No sequence: a copy of the tables alone, as logical replication makes it, would begin at 1 again.
    NEXT_NUMBER = "UPDATE social.installation SET last_number = last_number + 1 RETURNING last_number";
    /// Locks the account, so that whether it is held is not answered before it is certain.
    HELD = "SELECT CASE WHEN lease_until > now.at
            THEN (extract(epoch FROM lease_until - now.at) * 1000000)::bigint ELSE 0 END AS held
        FROM social.accounts, (SELECT social.clock() AS at) now
        WHERE id = $1 AND owner = $2 AND status = 'connected'
        FOR NO KEY UPDATE OF accounts";
    CLAIM = claimed!("id = $1");
    CLAIM_DUE = due!("");
    CLAIM_DUE_OF_LOGIN = due!(" AND platform = $4 AND login_app = $5 AND route = $6");
    SUSPECT = "UPDATE social.accounts SET suspected_at = coalesce(suspected_at, $3), updated_at = now()
        WHERE id = $1 AND revision = $2";
    CONDEMN = "UPDATE social.accounts SET status = $3, status_detail = $4, updated_at = now()
        WHERE id = $1 AND revision = $2";
    /// The lease ends if it is this claim's, also a lapsed one; the due time is set while the revision is this claim's.
    RELEASE = "UPDATE social.accounts SET
            refresh_due_at = CASE WHEN revision = $3 THEN $4 ELSE refresh_due_at END,
            unknown_attempts = CASE
                WHEN $5 AND revision = $3 AND epoch = $2 AND isfinite(lease_until)
                THEN greatest(unknown_attempts - 1, 0)
                ELSE unknown_attempts END,
            lease_until = CASE WHEN epoch = $2 THEN '-infinity' ELSE lease_until END,
            updated_at = now()
        WHERE id = $1 AND (epoch = $2 OR revision = $3)";
    EXPIRING = concat!("SELECT ", record!(), " FROM social.accounts
        WHERE status = 'connected' AND expires_at < $1
        ORDER BY expires_at LIMIT $2");
    ENDING = concat!("SELECT ", record!(), " FROM social.accounts
        WHERE status = 'connected' AND grant_ends_at < $1
        ORDER BY grant_ends_at LIMIT $2");
    CONNECTED = concat!("SELECT ", record!(), " FROM social.accounts
        WHERE platform = $1 AND app = $2 AND status = 'connected' AND connected_at > '-infinity'
            AND (connected_at, account) > (coalesce($3::timestamptz, '-infinity'), $4)
        ORDER BY connected_at, account LIMIT $5");
    NEXT_DUE_OF_LOGIN = "SELECT min(refresh_due_at) AS next_due FROM social.accounts
        WHERE platform = $1 AND login_app = $2 AND route = $3 AND status = 'connected' AND refresh_due_at IS NOT NULL";
    NEXT_DUE = "SELECT min(refresh_due_at) AS next_due FROM social.accounts
        WHERE status = 'connected' AND refresh_due_at IS NOT NULL";
}
