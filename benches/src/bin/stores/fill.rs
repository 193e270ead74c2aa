//! Statements that fill the tables, many rows at a time, as the stores would have filled them.

use examples::stage::rows;

/// When everything happens, in seconds since 1970.
fn moment() -> i64 {
    rows::at(0).timestamp()
}

/// Accounts that are due, whatever the number of all.
pub(crate) const DUE: u64 = 4_000;

/// Whose refresh is due, scattered over the table: of those that are not dead, so many that [`DUE`] come out.
fn is_due(rows: u64) -> String {
    format!("i * 7919 % {rows} < {} AND i % 5 > 0", DUE * 5 / 4)
}

pub(crate) fn accounts_postgres(rows: u64) -> String {
    let (moment, is_due) = (moment(), is_due(rows));
    format!(
        "INSERT INTO social.accounts (id, platform, app, account, owner, route, login_app, consent, name, aliases, scopes,
            status, status_detail, sealed, connected_at, expires_at, refresh_due_at, revision)
        SELECT '7:example3:appaccount-' || i, 'example', 'app', 'account-' || i, 'owner-' || i / 10, 'web', 'app',
            'consent-' || i, 'Account ' || i, '{{}}', '{{read,write}}',
            CASE WHEN i % 5 = 0 THEN 'needs_reauth' ELSE 'connected' END,
            CASE WHEN i % 5 = 0 THEN 'expired' END,
            decode(repeat(md5(i::text), 14), 'hex'),
            to_timestamp({moment} - 2592000),
            to_timestamp({moment} + CASE WHEN i % 5 = 0 THEN -86400 WHEN {is_due} THEN 600 ELSE 7200 + i % 86400 END),
            to_timestamp({moment} + CASE WHEN i % 5 = 0 THEN -90000 WHEN {is_due} THEN -3600 + i % 3600
                ELSE 3600 + i % 86400 END),
            1
        FROM generate_series(1::bigint, {rows}) AS i"
    )
}

pub(crate) fn accounts_sqlite(rows: u64) -> String {
    let (moment, is_due) = (moment(), is_due(rows));
    format!(
        "INSERT INTO accounts (id, platform, app, account, owner, route, login_app, consent, name, aliases, scopes, status,
            status_detail, sealed, connected_at, expires_at, refresh_due_at, revision)
        WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < {rows})
        SELECT '7:example3:appaccount-' || i, 'example', 'app', 'account-' || i, 'owner-' || i / 10, 'web', 'app',
            'consent-' || i, 'Account ' || i, '[]', '[\"read\",\"write\"]',
            iif(i % 5 = 0, 'needs_reauth', 'connected'), iif(i % 5 = 0, 'expired', NULL),
            randomblob(224), ({moment} - 2592000) * 1000000,
            ({moment} + CASE WHEN i % 5 = 0 THEN -86400 WHEN {is_due} THEN 600 ELSE 7200 + i % 86400 END) * 1000000,
            ({moment} + CASE WHEN i % 5 = 0 THEN -90000 WHEN {is_due} THEN -3600 + i % 3600
                ELSE 3600 + i % 86400 END) * 1000000,
            1
        FROM n"
    )
}

/// Half of the posts are of the first lane, the others of all the others in turn.
fn lane(lanes: u64) -> String {
    format!(
        "CASE WHEN i % 2 = 0 THEN 1 ELSE i / 2 % {} + 2 END",
        lanes - 1
    )
}

pub(crate) fn posts_postgres(rows: u64, lanes: u64) -> String {
    let (moment, lane) = (moment(), lane(lanes));
    format!(
        "INSERT INTO social.lanes (row_id, app, platform, account, first_at)
        SELECT '7:example3:appaccount-' || i, 'app', 'example', 'account-' || i, to_timestamp({moment} - 86400)
        FROM generate_series(1::bigint, {lanes}) AS i ORDER BY i;
        INSERT INTO social.posts (id, lane, platform, owner, idempotency_key, fingerprint, caption, request, step, effect,
            version, sealed, state, next_at, created_at)
        SELECT md5(i::text)::uuid, {lane}, 'example', 'owner', 'key-' || i, decode(repeat('00', 32), 'hex'),
            'Caption ' || i, decode(repeat(md5(i::text), 18), 'hex'), 'init', '\"repeatable\"', 1,
            decode(repeat(md5(i::text), 4), 'hex'), 'queued', to_timestamp({moment} - 86400 + i / {lanes}),
            to_timestamp({moment} - 90000)
        FROM generate_series(1::bigint, {rows}) AS i;
        UPDATE social.lanes l SET first_at = (SELECT min(next_at) FROM social.posts p WHERE p.lane = l.id)"
    )
}

pub(crate) fn posts_sqlite(rows: u64, lanes: u64) -> String {
    let (moment, lane) = (moment(), lane(lanes));
    format!(
        "INSERT INTO lanes (id, row_id, app, platform, account, ready_at)
        WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < {lanes})
        SELECT i, '7:example3:appaccount-' || i, 'app', 'example', 'account-' || i, ({moment} - 86400) * 1000000 FROM n;
        INSERT INTO posts (id, lane, platform, owner, idempotency_key, fingerprint, caption, request, step, effect,
            version, sealed, state, next_at, created_at)
        WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < {rows})
        SELECT unhex(printf('%032x', i)), {lane}, 'example', 'owner', 'key-' || i, zeroblob(32), 'Caption ' || i,
            randomblob(288), 'init', '\"repeatable\"', 1, randomblob(64), 'queued',
            ({moment} - 86400 + i / {lanes}) * 1000000, ({moment} - 90000) * 1000000
        FROM n;
        UPDATE lanes SET ready_at = (SELECT min(next_at) FROM posts p WHERE p.lane = lanes.id)"
    )
}
