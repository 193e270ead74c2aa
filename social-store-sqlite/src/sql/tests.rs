//! Every statement is prepared, and the hot ones are shown to use their indexes on tables of a realistic size.

use sqlx::{AssertSqlSafe, ConnectOptions, Row, SqliteConnection, sqlite::SqliteConnectOptions};

use crate::{SqliteStore, installation, logins, migrate, posts, tokens};

/// A database with the tables of this version, and a connection of its own.
async fn database(folder: &tempfile::TempDir) -> SqliteConnection {
    let path = folder.path().join("social.db");
    SqliteStore::open(&path).await.unwrap().close().await;
    let options = SqliteConnectOptions::new().filename(&path);
    options.connect().await.unwrap()
}

fn all() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    let modules = [
        ("sql", super::ALL),
        ("migrate", migrate::ALL),
        ("installation", installation::ALL),
        ("logins", logins::ALL),
        ("tokens", tokens::ALL),
        ("posts", posts::ALL),
    ];
    modules.into_iter().flat_map(|(module, statements)| {
        statements
            .iter()
            .map(move |(name, sql)| (module, *name, *sql))
    })
}

#[tokio::test]
async fn every_statement_is_prepared() {
    let folder = tempfile::tempdir().unwrap();
    let mut conn = database(&folder).await;
    assert!(all().count() > 60, "the lists are complete");
    for (module, name, sql) in all() {
        let explain = AssertSqlSafe(format!("EXPLAIN {sql}"));
        let prepared = sqlx::query(explain).fetch_all(&mut conn).await;
        assert!(prepared.is_ok(), "{module}::{name}: {:?}", prepared.err());
    }
}

const FILL: &str = "
    INSERT INTO accounts (id, app, platform, account, owner, connector, consent, name, aliases, scopes, status,
        connected_at, expires_at, refresh_due_at, revision)
    WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 200000)
    SELECT 'row-' || i, 'app', 'example', 'account-' || i, 'owner-' || (i / 10), 'example/web', 'consent',
        'Name', json_array('alias-' || i), '[]', iif(i % 5, 'connected', 'disconnected'),
        i, 1000 + i, 2000 + i, 1 FROM n;
    INSERT INTO account_aliases (platform, alias, account)
    SELECT 'example', 'alias-' || substr(id, 5), id FROM accounts;
    INSERT INTO lanes (row_id, app, platform, account, ready_at)
    SELECT id, app, platform, account, 1000 FROM accounts ORDER BY connected_at LIMIT 10000;
    INSERT INTO posts (id, lane, platform, owner, idempotency_key, fingerprint, title, request, step, effect,
        version, sealed, remote_id, state, next_at, expires_at, created_at)
    WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 200000)
    SELECT unhex(printf('%032x', i)), iif(i % 2, 1, i % 10000 + 1), 'example', 'owner-' || (i % 100),
        'key-' || i, zeroblob(32), 'Title', x'00', 'init', '\"repeatable\"', i % 3, x'00', 'remote-' || i,
        iif(i % 4, 'published', 'queued'), iif(i % 4, NULL, 1000 + i), iif(i % 4, NULL, 5000 + i), i FROM n;
    INSERT INTO post_history (post, at, kind, step) SELECT id, 1, 'submitted', 'init' FROM posts;
    INSERT INTO logins WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 10000)
    SELECT unhex(printf('%064x', i)), zeroblob(32), 'owner', 'example/web', '', x'00', i FROM n;
    INSERT INTO offers WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 10000)
    SELECT unhex(printf('%032x', i)), 'owner', 'example/web', x'00', i FROM n;";

/// The statements for which a plan is asked, each with the indexes it must use. What is not here writes a row by its key
/// or is one of the few that a program runs once.
const PLANS: &[(&str, &str, &[&str])] = &[
    ("logins", "PEEK", &["PRIMARY KEY (state_hash=?)"]),
    ("logins", "TAKE", &["PRIMARY KEY (state_hash=?)"]),
    ("logins", "OFFER", &["PRIMARY KEY (id=?)"]),
    ("logins", "REMOVE_OFFER", &["PRIMARY KEY (id=?)"]),
    ("logins", "PURGE_LOGINS", &["logins_expiry"]),
    ("logins", "PURGE_OFFERS", &["offers_expiry"]),
    ("tokens", "LOAD", &["sqlite_autoindex_accounts_1 (id=?)"]),
    ("tokens", "UPDATE", &["sqlite_autoindex_accounts_1 (id=?)"]),
    (
        "tokens",
        "FORGET_ALIASES",
        &["account_aliases_account (account=?)"],
    ),
    ("tokens", "REMOVE", &["sqlite_autoindex_accounts_1 (id=?)"]),
    ("tokens", "LIST", &["accounts_owner (owner=?)"]),
    (
        "tokens",
        "FIND",
        &[
            "accounts_by_id (platform=? AND account=?)",
            "PRIMARY KEY (platform=? AND alias=?)",
        ],
    ),
    ("tokens", "CLAIM", &["sqlite_autoindex_accounts_1 (id=?)"]),
    ("tokens", "DUE", &["accounts_due (refresh_due_at<?)"]),
    (
        "tokens",
        "DUE_OF_PLATFORM",
        &["accounts_due_platform (platform=? AND refresh_due_at<?)"],
    ),
    ("tokens", "SUSPECT", &["sqlite_autoindex_accounts_1 (id=?)"]),
    ("tokens", "CONDEMN", &["sqlite_autoindex_accounts_1 (id=?)"]),
    ("tokens", "RELEASE", &["sqlite_autoindex_accounts_1 (id=?)"]),
    ("tokens", "EXPIRING", &["accounts_expiring (expires_at<?)"]),
    (
        "tokens",
        "NEXT_DUE",
        &["SEARCH accounts USING COVERING INDEX accounts_due"],
    ),
    ("posts", "LANE", &["sqlite_autoindex_lanes_1 (row_id=?)"]),
    ("posts", "READY", &["COVERING INDEX posts_due (lane=?"]),
    ("posts", "HOLD", &["sqlite_autoindex_lanes_1 (row_id=?)"]),
    ("posts", "RESUME", &["sqlite_autoindex_lanes_1 (row_id=?)"]),
    (
        "posts",
        "NEXT_READY",
        &["SEARCH lanes USING COVERING INDEX lanes_ready"],
    ),
    ("posts", "EXISTING", &["(lane=? AND idempotency_key=?)"]),
    (
        "posts",
        "READY_LANES",
        &[
            "SEARCH l USING INDEX lanes_ready_platform (platform=? AND ready_at<?)",
            "SEARCH f USING COVERING INDEX posts_due_version (lane=? AND version=? AND next_at<?)",
            "SEARCH v USING COVERING INDEX posts_due_version (lane=? AND version>?)",
            "SEARCH v USING COVERING INDEX posts_due_version (lane=?)",
        ],
    ),
    ("posts", "CLAIM_POST", &["sqlite_autoindex_posts_1 (id=?)"]),
    ("posts", "POST", &["sqlite_autoindex_posts_1 (id=?)"]),
    ("posts", "HOLDING", &["sqlite_autoindex_posts_1 (id=?)"]),
    ("posts", "RECORD", &["sqlite_autoindex_posts_1 (id=?)"]),
    ("posts", "OWNED", &["sqlite_autoindex_posts_1 (id=?)"]),
    (
        "posts",
        "LIST",
        &["posts_owner (owner=? AND state=? AND id<?)"],
    ),
    (
        "posts",
        "LIST_OF_ACCOUNT",
        &["posts_lane (lane=? AND owner=? AND state=? AND id<?)"],
    ),
    ("posts", "HISTORY", &["post_history_post (post=?)"]),
    ("posts", "COUNT", &["COVERING INDEX posts_owner (owner=?)"]),
    (
        "posts",
        "COUNT_OF_ACCOUNT",
        &["COVERING INDEX posts_lane (lane=? AND owner=?)"],
    ),
    (
        "posts",
        "REMOTE",
        &["posts_remote (platform=? AND remote_id=?)"],
    ),
    ("posts", "STANDING", &["sqlite_autoindex_posts_1 (id=?)"]),
    ("posts", "UNSETTLED", &["posts_due (lane=?"]),
    ("posts", "NOTE_CANCELS", &["posts_due (lane=?"]),
    ("posts", "CANCEL_QUEUED", &["posts_due (lane=?"]),
    ("posts", "MISSED", &["posts_missed (expires_at<?)"]),
];

/// What walks over the few rows that a statement itself makes.
const OWN_ROWS: [&str; 4] = [
    "SCAN known",
    "SCAN s VIRTUAL TABLE",
    "SCAN CONSTANT ROW",
    "SCAN json_each",
];

/// What puts in order the few rows found for each state, version or kind of id, and how often. Nothing else may sort.
const MERGE: [(&str, usize); 4] = [
    ("READY_LANES", 1),
    ("LIST", 1),
    ("LIST_OF_ACCOUNT", 1),
    ("FIND", 2),
];

#[tokio::test]
async fn hot_statements_use_their_indexes() {
    let folder = tempfile::tempdir().unwrap();
    let mut conn = database(&folder).await;
    sqlx::raw_sql("BEGIN").execute(&mut conn).await.unwrap();
    sqlx::raw_sql(FILL).execute(&mut conn).await.unwrap();
    sqlx::raw_sql("COMMIT").execute(&mut conn).await.unwrap();
    let mut wrong = Vec::new();
    // With statistics and without: an operator may run ANALYZE.
    for analyzed in [false, true] {
        if analyzed {
            sqlx::raw_sql("ANALYZE").execute(&mut conn).await.unwrap();
        }
        for (module, name, indexes) in PLANS {
            let found = all().find(|(m, n, _)| m == module && n == name);
            let (_, _, sql) = found.unwrap_or_else(|| panic!("{module}::{name} is gone"));
            let plan = plan(&mut conn, sql).await;
            let at = format!(
                "{module}::{name}, analyzed {analyzed}:\n{}",
                plan.join("\n")
            );
            let missing = indexes
                .iter()
                .filter(|index| !plan.iter().any(|step| step.contains(**index)));
            let own = |step: &str| OWN_ROWS.iter().any(|own| step.starts_with(own));
            let scans = plan
                .iter()
                .filter(|step| step.starts_with("SCAN ") && !own(step));
            wrong.extend(missing.map(|index| format!("no {index} in {at}")));
            let sorts = plan
                .iter()
                .filter(|step| step.contains("TEMP B-TREE"))
                .count();
            if sorts > 0 && !MERGE.contains(&(*name, sorts)) {
                wrong.push(format!("sorts in {at}"));
            }
            wrong.extend(scans.map(|scan| format!("{scan} in {at}")));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

async fn plan(conn: &mut SqliteConnection, sql: &str) -> Vec<String> {
    let explain = AssertSqlSafe(format!("EXPLAIN QUERY PLAN {sql}"));
    let rows = sqlx::query(explain).fetch_all(conn).await.unwrap();
    rows.iter()
        .map(|row| row.try_get("detail").unwrap())
        .collect()
}
