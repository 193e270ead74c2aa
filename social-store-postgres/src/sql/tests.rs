//! Every statement is prepared, and the hot ones are shown to use their indexes on tables of a realistic size.
//!
//! A module adds its statements to [`all`], and a file with its `FILL`, `QUIET` and `PLANS` to [`TABLES`].

mod accounts;
mod events;
mod limits;
mod posts;
mod sealed;
mod snapshot;

use std::env;

use sqlx::{AssertSqlSafe, Connection, PgConnection, Row};

use crate::{
    PgStore, clock,
    db::{self, rename},
    installation, logins, migrate, privileges, tokens, wakes,
};

/// Statements that fill the tables of a module, those that end all that was to be done, and the plans that are asked for.
const TABLES: &[(&str, &str, &[Plan])] = &[
    (accounts::FILL, accounts::QUIET, accounts::PLANS),
    (events::FILL, events::QUIET, events::PLANS),
    (limits::FILL, limits::QUIET, limits::PLANS),
    (posts::FILL, posts::QUIET, posts::PLANS),
    (sealed::FILL, "", sealed::PLANS),
];

/// Which statements may read which indexes without a condition: they begin at its end, or count what is in it.
const WALKS: &[((&str, &str), &[&str])] = &[
    (
        ("events", "BACKLOG"),
        &["event_queue_due", "event_queue_dead", "event_queue_died"],
    ),
    (("events", "REPLAY_DEAD"), &["event_queue_dead"]),
    (
        ("events", "REPLAY_DONE"),
        &["event_ends_p0_pkey", "webhook_events_p0_pkey"],
    ),
    (("posts", "HELD"), &["posts_held"]),
    (("posts", "MARK_NEWER"), &["posts_unknown"]),
    (
        ("tokens", "NEXT_DUE"),
        &["accounts_due", "accounts_due_login"],
    ),
];

/// What runs for every event, step and call: it keeps to its indexes whenever it is planned.
const ALWAYS: &[(&str, &str)] = &[
    ("events", "CLAIM"),
    ("events", "CLAIMABLE"),
    ("events", "COMPLETE"),
    ("events", "EVENTS"),
    ("events", "PARK"),
    ("events", "RETRY"),
    ("limits", "BOOK"),
    ("posts", "START"),
    ("tokens", "CLAIM_DUE"),
    ("tokens", "CLAIM_DUE_OF_LOGIN"),
];

/// Tables that are read whole.
const OF_ONE_ROW: [&str; 2] = ["on installation", "on event_windows"];

/// What the plan of a statement must be. What has none writes a row by its key, or is one of the few that a program runs
/// once.
pub(super) struct Plan {
    /// The module and the name of the statement.
    statement: (&'static str, &'static str),
    /// Values for its parameters, as SQL.
    with: &'static str,
    /// The indexes that it must use.
    indexes: &'static [&'static str],
    /// How often it may sort the few rows that it found. Nothing else may be sorted.
    sorts: usize,
}

fn all() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    let modules = [
        ("clock", clock::ALL),
        ("installation", installation::ALL),
        ("events", crate::events::ALL),
        ("limits", crate::limits::ALL),
        ("logins", logins::ALL),
        ("migrate", migrate::ALL),
        ("posts", crate::posts::ALL),
        ("privileges", privileges::ALL),
        ("sealed", crate::sealed::ALL),
        ("tokens", tokens::ALL),
        ("wakes", wakes::ALL),
    ];
    modules.into_iter().flat_map(|(module, statements)| {
        statements
            .iter()
            .map(move |(name, sql)| (module, *name, *sql))
    })
}

/// A schema with the tables of this version, and a connection of its own.
struct Schema {
    name: String,
    conn: PgConnection,
}

impl Schema {
    async fn new(test: &str) -> Self {
        let url = env::var("DATABASE_URL").expect("DATABASE_URL names a server for tests");
        let name = format!("sql_{test}_{}", std::process::id());
        let mut conn = PgConnection::connect(&url).await.unwrap();
        drop_schema(&mut conn, &name).await;
        let store = PgStore::builder().schema(&name).connect(&url).await;
        store.unwrap().close().await;
        Self { name, conn }
    }

    async fn run(&mut self, sql: &str) -> Result<(), sqlx::Error> {
        let sql = AssertSqlSafe(rename(sql, &self.name));
        sqlx::raw_sql(sql).execute(&mut self.conn).await.map(drop)
    }

    /// As the server does by itself after a while.
    async fn count_rows(&mut self) {
        let tables = format!(
            "SELECT string_agg(format('%I.%I', schemaname, tablename), ', ') FROM pg_tables WHERE schemaname = '{}'",
            self.name
        );
        let row = sqlx::raw_sql(AssertSqlSafe(tables))
            .fetch_one(&mut self.conn)
            .await;
        let tables: String = row.unwrap().try_get(0).unwrap();
        self.run(&format!("VACUUM (ANALYZE) {tables}"))
            .await
            .unwrap();
    }

    async fn finish(mut self) {
        drop_schema(&mut self.conn, &self.name).await;
        self.conn.close().await.unwrap();
    }
}

async fn drop_schema(conn: &mut PgConnection, name: &str) {
    let sql = AssertSqlSafe(format!("DROP SCHEMA IF EXISTS {name} CASCADE"));
    sqlx::raw_sql(sql).execute(conn).await.unwrap();
}

#[tokio::test]
async fn every_statement_is_prepared() {
    let mut schema = Schema::new("prepare").await;
    assert!(all().count() > 30, "the lists are complete");
    for (module, name, sql) in all() {
        let prepared = schema
            .run(&format!("PREPARE {module}_{name} AS {sql}"))
            .await;
        assert!(prepared.is_ok(), "{module}::{name}: {:?}", prepared.err());
    }
    schema.finish().await;
}

#[test]
fn every_column_is_named() {
    for (module, name, sql) in all() {
        assert!(
            !sql.contains("SELECT *") && !sql.contains("RETURNING *") && !sql.contains(".*"),
            "{module}::{name} names no columns: one that is added later would break it"
        );
    }
}

#[tokio::test]
async fn hot_statements_use_their_indexes() {
    let mut schema = Schema::new("plans").await;
    let mut wrong = Vec::new();
    // A worker that starts with the tables plans before anybody counted a row of them.
    check(&mut schema, "force_generic_plan", "empty", &mut wrong).await;
    for (fill, _, _) in TABLES {
        schema.run(fill).await.unwrap();
    }
    schema.count_rows().await;
    // A prepared statement is planned for its values at first, then without knowing them.
    for mode in ["force_custom_plan", "force_generic_plan"] {
        check(&mut schema, mode, "busy", &mut wrong).await;
    }
    for (_, quiet, _) in TABLES {
        schema.run(quiet).await.unwrap();
    }
    schema.count_rows().await;
    // Made in a minute in which nothing is due, the plan is kept for the next one.
    check(&mut schema, "force_generic_plan", "quiet", &mut wrong).await;
    schema.finish().await;
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// Within a transaction that begins as those of the store do. On busy tables a statement uses its indexes and sorts nothing
/// else. Planned on others, some find another index as good until the server has counted the rows; none reads a whole
/// table, or walks over an index.
async fn check(schema: &mut Schema, mode: &str, tables: &str, wrong: &mut Vec<String>) {
    schema.run(db::BEGIN).await.unwrap();
    let set = format!("SET LOCAL plan_cache_mode = {mode}");
    schema.run(&set).await.unwrap();
    for plan in TABLES.iter().flat_map(|(_, _, plans)| *plans) {
        wrong.extend(
            plan.check(schema, &format!("{tables} tables, {mode}"))
                .await,
        );
    }
    schema.run("ROLLBACK").await.unwrap();
}

impl Plan {
    /// What is wrong with it.
    async fn check(&self, schema: &mut Schema, mode: &str) -> Vec<String> {
        let (module, name) = self.statement;
        let found = all().find(|(m, n, _)| (*m, *n) == (module, name));
        let (_, _, sql) = found.unwrap_or_else(|| panic!("{module}::{name} is gone"));
        let steps = explain(schema, sql, self.with).await;
        let at = format!("{module}::{name}, {mode}:\n{}", steps.join("\n"));
        let uses = |index: &str| {
            steps.iter().any(|step| {
                step.contains(&format!("using {index} on"))
                    || step.ends_with(&format!("on {index}"))
            })
        };
        let is_busy = mode.starts_with("busy");
        let keeps = is_busy || ALWAYS.contains(&self.statement);
        let missing = (self.indexes.iter()).filter(|index| keeps && !uses(index));
        let mut wrong: Vec<_> = missing.map(|index| format!("no {index} in {at}")).collect();
        let scans = |step: &&String| {
            step.contains("Seq Scan") && !OF_ONE_ROW.iter().any(|table| step.contains(table))
        };
        if steps.iter().any(|step| scans(&step)) {
            wrong.push(format!("reads a whole table in {at}"));
        }
        let walks: Vec<_> = walks(&steps)
            .filter(|index| !self.walks().contains(index) && !is_ahead(index))
            .collect();
        if !walks.is_empty() {
            wrong.push(format!(
                "walks over the whole of {} in {at}",
                walks.join(", ")
            ));
        }
        let sorts = |step: &&String| step.trim_start_matches([' ', '-', '>']).starts_with("Sort");
        // A line of the step, and one of its key.
        let sorts = steps.iter().filter(sorts).count() / 2;
        if is_busy && sorts > self.sorts {
            wrong.push(format!("sorts in {at}"));
        }
        wrong
    }

    /// The indexes that it may walk over: from their beginning for as many rows as it wants, or because it counts them.
    fn walks(&self) -> &'static [&'static str] {
        let walks = WALKS
            .iter()
            .find(|(statement, _)| *statement == self.statement);
        walks.map_or(&[], |(_, indexes)| indexes)
    }
}

/// Of a partition that is empty until others are full.
fn is_ahead(index: &str) -> bool {
    index.contains("_p1_") || index.contains("_p2_")
}

/// The indexes that are read without a condition.
fn walks(steps: &[String]) -> impl Iterator<Item = &str> {
    let pairs = steps
        .iter()
        .zip(steps.iter().skip(1).map(String::as_str).chain([""]));
    pairs.filter_map(|(step, next)| {
        let (_, index) = step
            .split_once("Scan using ")
            .or_else(|| step.split_once("Bitmap Index Scan on "))?;
        let is_walk = !next.trim_start().starts_with("Index Cond:");
        is_walk.then(|| index.split(' ').next().unwrap_or_default())
    })
}

async fn explain(schema: &mut Schema, sql: &str, with: &str) -> Vec<String> {
    schema
        .run(&format!("PREPARE asked AS {sql}"))
        .await
        .unwrap();
    let with = if with.is_empty() {
        String::new()
    } else {
        format!("({with})")
    };
    let explain = AssertSqlSafe(format!("EXPLAIN (COSTS OFF) EXECUTE asked{with}"));
    let rows = sqlx::raw_sql(explain).fetch_all(&mut schema.conn).await;
    let rows = rows.unwrap_or_else(|error| panic!("{sql}: {error}"));
    schema.run("DEALLOCATE asked").await.unwrap();
    rows.iter().map(|row| row.try_get(0).unwrap()).collect()
}
