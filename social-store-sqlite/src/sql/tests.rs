//! Every statement is prepared, and the hot ones are shown to use their indexes on tables of a realistic size.

use sqlx::{AssertSqlSafe, ConnectOptions, Row, SqliteConnection, sqlite::SqliteConnectOptions};

use crate::{
    SqliteStore, clock, events, installation, life, limits, logins, migrate, posts, sealed, tokens,
};

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
        ("clock", clock::ALL),
        ("migrate", migrate::ALL),
        ("life", life::ALL),
        ("installation", installation::ALL),
        ("sealed", sealed::ALL),
        ("events", events::ALL),
        ("limits", limits::ALL),
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
    assert!(all().count() > 100, "the lists are complete");
    for (module, name, sql) in all() {
        let explain = AssertSqlSafe(format!("EXPLAIN {sql}"));
        let prepared = sqlx::query(explain).fetch_all(&mut conn).await;
        assert!(prepared.is_ok(), "{module}::{name}: {:?}", prepared.err());
    }
}

const FILL: &str = include_str!("tests/fill.sql");

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
            "sqlite_autoindex_accounts_2 (app=? AND platform=? AND account=?)",
            "PRIMARY KEY (platform=? AND alias=?)",
        ],
    ),
    (
        "tokens",
        "OF_PRINCIPAL",
        &["accounts_principal (platform=? AND login_app=? AND principal=?)"],
    ),
    ("tokens", "CLAIM", &["sqlite_autoindex_accounts_1 (id=?)"]),
    ("tokens", "DUE", &["accounts_due (refresh_due_at<?)"]),
    (
        "tokens",
        "DUE_OF_LOGIN",
        &["accounts_due_login (platform=? AND login_app=? AND route=? AND refresh_due_at<?)"],
    ),
    ("tokens", "SUSPECT", &["sqlite_autoindex_accounts_1 (id=?)"]),
    ("tokens", "CONDEMN", &["sqlite_autoindex_accounts_1 (id=?)"]),
    ("tokens", "RELEASE", &["sqlite_autoindex_accounts_1 (id=?)"]),
    ("tokens", "EXPIRING", &["accounts_expiring (expires_at<?)"]),
    ("tokens", "ENDING", &["accounts_ending (grant_ends_at<?)"]),
    (
        "tokens",
        "CONNECTED",
        &["accounts_connected (platform=? AND app=? AND (connected_at,account)>(?,?))"],
    ),
    (
        "tokens",
        "NEXT_DUE",
        &["SEARCH accounts USING COVERING INDEX accounts_due"],
    ),
    (
        "tokens",
        "NEXT_DUE_OF_LOGIN",
        &[
            "SEARCH accounts USING COVERING INDEX accounts_due_login (platform=? AND login_app=? AND route=?",
        ],
    ),
    ("posts", "LANE", &["sqlite_autoindex_lanes_1 (row_id=?)"]),
    ("posts", "READY", &["COVERING INDEX posts_due (lane=?"]),
    ("posts", "HOLD", &["sqlite_autoindex_lanes_1 (row_id=?)"]),
    ("posts", "RESUME", &["sqlite_autoindex_lanes_1 (row_id=?)"]),
    ("posts", "LET_GO", &["INTEGER PRIMARY KEY (rowid=?)"]),
    ("posts", "HELD_ACCOUNTS", &["lanes_held (row_id>?)"]),
    (
        "posts",
        "HOLD_LANE",
        &["INTEGER PRIMARY KEY (rowid=?)", "posts_pending (lane=?)"],
    ),
    (
        "posts",
        "NEEDS_NO_CONNECTION",
        &["posts_pending (lane=?", "event_handed_lane (lane=?"],
    ),
    (
        "posts",
        "NEXT_READY",
        &["SEARCH lanes USING COVERING INDEX lanes_ready"],
    ),
    (
        "posts",
        "NEXT_READY_OF_APP",
        &[
            "SEARCH n USING COVERING INDEX lanes_ready_app (platform=? AND app=? AND ready_at>?)",
            "SEARCH l USING INTEGER PRIMARY KEY (rowid=?)",
            "SEARCH f USING COVERING INDEX posts_due_version (lane=? AND version=? AND next_at<?)",
            "SEARCH v USING COVERING INDEX posts_due_version (lane=? AND version>?)",
            "SEARCH p USING INDEX sqlite_autoindex_posts_1 (id=?)",
        ],
    ),
    ("posts", "HELD", &["INDEX posts_held (id>?)"]),
    (
        "posts",
        "RELEASE_HELD",
        &["sqlite_autoindex_posts_1 (id=?)"],
    ),
    (
        "posts",
        "EXISTING",
        &[
            "(lane=? AND idempotency_key=?)",
            "sqlite_autoindex_lanes_1 (row_id=?)",
        ],
    ),
    (
        "posts",
        "READY_LANES",
        &[
            "SEARCH l USING INDEX lanes_ready_app (platform=? AND app=? AND ready_at<?)",
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
    ("posts", "NOTE_CANCELS_OF_NEWER", &["(lane=?"]),
    ("posts", "CANCEL_NEWER", &["(lane=?"]),
    ("posts", "NOTE_NEWER_RESTORED", &["posts_unknown"]),
    ("posts", "MARK_NEWER", &["posts_unknown"]),
    (
        "posts",
        "STATES",
        &[
            "COVERING INDEX posts_owner (owner=?)",
            "COVERING INDEX posts_owner (owner=? AND state>?)",
        ],
    ),
    ("posts", "COUNT", &["COVERING INDEX posts_owner (owner=?)"]),
    (
        "posts",
        "COUNT_OF_ACCOUNT",
        &["COVERING INDEX posts_lane (lane=? AND owner=?)"],
    ),
    (
        "posts",
        "REMOTE",
        &[
            "SEARCH i USING PRIMARY KEY (platform=? AND app=? AND remote_id=?)",
            "sqlite_autoindex_posts_1 (id=?)",
        ],
    ),
    ("posts", "IDS", &["sqlite_autoindex_posts_1 (id=?)"]),
    ("posts", "FORGET_IDS", &["post_ids_post (post=?)"]),
    ("posts", "KEEP_MEDIA", &[]),
    ("posts", "LEAVE_MEDIA", &["post_media_post (post=?)"]),
    (
        "posts",
        "NEEDED_MEDIA",
        &[
            "k USING PRIMARY KEY (media=?)",
            "sqlite_autoindex_posts_1 (id=?)",
        ],
    ),
    ("posts", "STANDING", &["sqlite_autoindex_posts_1 (id=?)"]),
    ("posts", "UNSETTLED", &["posts_due (lane=?"]),
    ("posts", "NOTE_CANCELS", &["posts_due (lane=?"]),
    ("posts", "CANCEL_QUEUED", &["posts_due (lane=?"]),
    ("posts", "MISSED", &["posts_missed (expires_at<?)"]),
    (
        "posts",
        "PENDING",
        &["posts_pending (lane=? AND began_at>?)"],
    ),
    ("posts", "EDIT", &["sqlite_autoindex_posts_1 (id=?)"]),
    ("posts", "CONTENT", &["sqlite_autoindex_posts_1 (id=?)"]),
    ("posts", "END_CLAIM", &["INTEGER PRIMARY KEY (rowid=?)"]),
    (
        "posts",
        "ALL_READY",
        &["INTEGER PRIMARY KEY (rowid=?)", "posts_due (lane=?"],
    ),
    ("installation", "COUNT_SEALS", &[]),
    ("sealed", "LOGINS", &["PRIMARY KEY (state_hash>?)"]),
    ("sealed", "OFFERS", &["PRIMARY KEY (id>?)"]),
    (
        "sealed",
        "POST_REQUESTS",
        &["sqlite_autoindex_posts_1 (id>?)"],
    ),
    (
        "sealed",
        "POST_STATES",
        &["sqlite_autoindex_posts_1 (id>?)"],
    ),
    ("sealed", "TOKENS", &["sqlite_autoindex_accounts_1 (id>?)"]),
    ("sealed", "RESEAL_LOGIN", &["PRIMARY KEY (state_hash=?)"]),
    ("sealed", "RESEAL_OFFER", &["PRIMARY KEY (id=?)"]),
    (
        "sealed",
        "RESEAL_POST_REQUEST",
        &["sqlite_autoindex_posts_1 (id=?)"],
    ),
    (
        "sealed",
        "RESEAL_POST_STATE",
        &["sqlite_autoindex_posts_1 (id=?)"],
    ),
    (
        "sealed",
        "RESEAL_TOKENS",
        &["sqlite_autoindex_accounts_1 (id=?)"],
    ),
    ("events", "REMEMBER", &["PRIMARY KEY (turn=? AND key=?)"]),
    (
        "events",
        "READY",
        &[
            "COVERING INDEX event_queue_subject (subject=? AND number<?)",
            "INTEGER PRIMARY KEY (rowid=?)",
            "event_queue_due (due>? AND due<?)",
        ],
    ),
    ("events", "CLAIM", &["INTEGER PRIMARY KEY (rowid=?)"]),
    ("events", "PUT_OFF", &["INTEGER PRIMARY KEY (rowid=?)"]),
    ("events", "COMPLETE", &["INTEGER PRIMARY KEY (rowid=?)"]),
    ("events", "LEAVE_QUEUE", &["INTEGER PRIMARY KEY (rowid=?)"]),
    ("events", "RENEW", &["INTEGER PRIMARY KEY (rowid=?)"]),
    ("events", "RETRY", &["INTEGER PRIMARY KEY (rowid=?)"]),
    ("events", "PARK", &["INTEGER PRIMARY KEY (rowid=?)"]),
    (
        "events",
        "LIST_WAITING",
        &["q USING INTEGER PRIMARY KEY (rowid<?)"],
    ),
    (
        "events",
        "LIST_DEAD",
        &["q USING INDEX event_queue_dead (number<?)"],
    ),
    (
        "events",
        "LIST_ENDED",
        &["d USING INTEGER PRIMARY KEY (rowid<?)"],
    ),
    (
        "events",
        "LIST_HANDED",
        &["h USING INTEGER PRIMARY KEY (rowid<?)"],
    ),
    (
        "events",
        "UNMATCHED",
        &["event_handed_came (received_at<?)"],
    ),
    (
        "events",
        "SET_ASIDE",
        &["h USING INTEGER PRIMARY KEY (rowid=?)"],
    ),
    ("events", "DEFER", &["INTEGER PRIMARY KEY (rowid=?)"]),
    (
        "events",
        "DEFERRED",
        &["INDEX event_queue_elsewhere (received_at<?)"],
    ),
    (
        "events",
        "SET_DEFERRED_ASIDE",
        &["q USING INTEGER PRIMARY KEY (rowid=?)"],
    ),
    ("events", "LEAVE_HANDED", &["INTEGER PRIMARY KEY (rowid=?)"]),
    (
        "posts",
        "TOLD",
        &[
            "sqlite_autoindex_lanes_1 (row_id=?)",
            "event_handed_post (post=?)",
            "e USING INTEGER PRIMARY KEY (rowid=?)",
        ],
    ),
    (
        "posts",
        "PURGE_HISTORY",
        &["post_history_at (at<?)", "sqlite_autoindex_posts_1 (id=?)"],
    ),
    ("posts", "STILL_TOLD", &["event_handed_post (post=?)"]),
    (
        "posts",
        "APPLY",
        &["event_handed_post (post=? AND number=?"],
    ),
    (
        "posts",
        "LEAVE_HANDED",
        &["event_handed_post (post=? AND number=?"],
    ),
    ("posts", "GIVE", &["event_handed_key (key=?)"]),
    (
        "posts",
        "OF_ID",
        &["PRIMARY KEY (platform=? AND app=? AND remote_id=?)"],
    ),
    (
        "posts",
        "HAND_OVER",
        &["q USING INTEGER PRIMARY KEY (rowid=?)"],
    ),
    (
        "posts",
        "LEAVE_QUEUE_FOR_POST",
        &["INTEGER PRIMARY KEY (rowid=?)"],
    ),
    ("posts", "TELL", &["event_handed_post (post=?"]),
    (
        "events",
        "DEAD_TO_REPLAY",
        &["INDEX event_queue_dead (number>?)"],
    ),
    (
        "events",
        "DONE_TO_REPLAY",
        &["d USING INTEGER PRIMARY KEY (rowid>?)"],
    ),
    (
        "events",
        "DONE_OF_ACCOUNT_TO_REPLAY",
        &["webhook_events_account (account=?)"],
    ),
    ("events", "REPLAY_DEAD", &["INTEGER PRIMARY KEY (rowid=?)"]),
    ("events", "REPLAY_DONE", &["INTEGER PRIMARY KEY (rowid=?)"]),
    ("events", "LEAVE_ENDS", &["INTEGER PRIMARY KEY (rowid=?)"]),
    (
        "events",
        "DONE_TO_PURGE",
        &["COVERING INDEX event_ends_ended (ended_at<?)"],
    ),
    (
        "events",
        "DEAD_TO_PURGE",
        &["COVERING INDEX event_queue_died (dead_at"],
    ),
    ("events", "REMOVE", &["INTEGER PRIMARY KEY (rowid=?)"]),
    (
        "events",
        "FORGET",
        &[
            "PRIMARY KEY (turn=? AND key=?)",
            "i USING PRIMARY KEY (turn<?)",
        ],
    ),
    (
        "events",
        "BACKLOG",
        &[
            "COVERING INDEX event_queue_due (due>?)",
            "COVERING INDEX event_queue_dead (number>?)",
        ],
    ),
    (
        "events",
        "NEXT_READY",
        &[
            "COVERING INDEX event_queue_subject (subject=? AND number<?)",
            "event_queue_due (due>?)",
        ],
    ),
    (
        "limits",
        "STANDING",
        &[
            "h USING COVERING INDEX bookings_holder (key=? AND holder=? AND granted=? AND at>? AND at<?)",
            "p USING COVERING INDEX bookings_holder (key=? AND holder=? AND granted=? AND at>?)",
            "o USING COVERING INDEX bookings_holder (key=? AND holder=? AND granted=? AND at<?)",
            "b USING COVERING INDEX bookings_key (key=? AND at>? AND at<?)",
            "d USING COVERING INDEX bookings_key (key=? AND at>?)",
            "l USING PRIMARY KEY (key=?)",
        ],
    ),
    (
        "limits",
        "STANDING_OF_ENDING",
        &[
            "h USING COVERING INDEX bookings_holder (key=? AND holder=? AND granted=?)",
            "p USING COVERING INDEX bookings_holder (key=? AND holder=? AND granted=?)",
            "o USING COVERING INDEX bookings_holder (key=? AND holder=? AND granted=?)",
            "b USING COVERING INDEX bookings_ending (key=? AND lapses_at>? AND lapses_at<?)",
            "d USING COVERING INDEX bookings_ending (key=? AND lapses_at>?)",
            "l USING PRIMARY KEY (key=?)",
        ],
    ),
    (
        "limits",
        "USAGE",
        &[
            "c USING COVERING INDEX bookings_key (key=? AND at>? AND at<?)",
            "b USING COVERING INDEX bookings_key (key=? AND at>? AND at<?)",
        ],
    ),
    (
        "limits",
        "USAGE_OF_ENDING",
        &[
            "c USING COVERING INDEX bookings_ending (key=? AND lapses_at>? AND lapses_at<?)",
            "b USING COVERING INDEX bookings_ending (key=? AND lapses_at>? AND lapses_at<?)",
        ],
    ),
    ("limits", "DROP_PLACE", &["INTEGER PRIMARY KEY (rowid=?)"]),
    ("limits", "ASK_AGAIN", &["INTEGER PRIMARY KEY (rowid=?)"]),
    (
        "limits",
        "REFUND",
        &[
            "p USING COVERING INDEX bookings_holder (key=? AND holder=? AND granted=?)",
            "g USING COVERING INDEX bookings_holder (key=? AND holder=? AND granted=?)",
        ],
    ),
    (
        "limits",
        "USED",
        &["COVERING INDEX bookings_key (key=? AND at>? AND at<?)"],
    ),
    (
        "limits",
        "USED_OF_ENDING",
        &["COVERING INDEX bookings_ending (key=? AND lapses_at>? AND lapses_at<?)"],
    ),
    ("limits", "BLOCK", &[]),
    ("limits", "UNBLOCK", &["PRIMARY KEY (key=?)"]),
    (
        "limits",
        "BLOCKS",
        &["COVERING INDEX limits_blocked (blocked_until>?)"],
    ),
    (
        "limits",
        "PURGE",
        &["COVERING INDEX bookings_lapsed (lapses_at<?)"],
    ),
    (
        "limits",
        "PURGE_BLOCKS",
        &["limits_blocked (blocked_until<?)"],
    ),
];

/// What walks over the few rows that a statement itself makes.
const OWN_ROWS: [&str; 12] = [
    // The bookings of one window, summed up.
    "SCAN (subquery-",
    "SCAN running",
    "SCAN 2-ROW VALUES CLAUSE",
    "SCAN c VIRTUAL TABLE",
    "SCAN known",
    "SCAN s VIRTUAL TABLE",
    "SCAN CONSTANT ROW",
    "SCAN json_each",
    // The lanes that have only newer posts, and the first one that has others.
    "SCAN walk",
    // The states of an owner, seven at most of one release.
    "SCAN there",
    // Nothing is in it, but after a rollback.
    "SCAN p USING INDEX posts_unknown",
    "SCAN posts USING INDEX posts_unknown",
];

/// What puts in order the few rows found for each state, version or kind of id, or all that a statement writes about, and
/// how often. Nothing else may sort.
const MERGE: [(&str, usize); 5] = [
    ("NOTE_CANCELS", 1),
    ("READY_LANES", 1),
    ("NEXT_READY_OF_APP", 1),
    ("LIST", 1),
    ("LIST_OF_ACCOUNT", 1),
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
