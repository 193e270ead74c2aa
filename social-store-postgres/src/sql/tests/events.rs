use super::Plan;

/// Most are done; one in fifty waits, a tenth of those under a lease; one in a hundred is dead.
pub(super) const FILL: &str = "
    INSERT INTO social.webhook_events (number, platform, app, event_id, kind, account, received_at, body, state, ready_at,
        lease_until, ended_at)
    SELECT i, CASE WHEN i % 3 = 0 THEN 'other' ELSE 'example' END, 'app',
        ('event-' || i)::bytea, 'kind', ('account-' || (i % 10000))::bytea,
        now() - (1000000 - i) * interval '1 second', repeat('x', 200)::bytea,
        CASE WHEN i % 50 = 0 THEN 'waiting' WHEN i % 100 = 1 THEN 'dead' ELSE 'done' END,
        now() - (1000000 - i) * interval '1 second',
        CASE WHEN i % 500 = 0 THEN now() + interval '1 hour' END,
        CASE WHEN i % 50 > 0 THEN now() - (1000000 - i) * interval '1 second' END
    FROM generate_series(1, 200000) AS i;
";

/// Nothing waits, nothing is held.
pub(super) const QUIET: &str = "
    UPDATE social.webhook_events SET state = 'done', lease_until = NULL, ended_at = now() WHERE state = 'waiting'";

const fn plan(
    statement: &'static str,
    with: &'static str,
    indexes: &'static [&'static str],
    sorts: usize,
) -> Plan {
    Plan {
        statement: ("events", statement),
        with,
        indexes,
        sorts,
    }
}

const KEY: &str = "webhook_events_pkey";
const LIST: &str = "webhook_events_list";

pub(super) const PLANS: &[Plan] = &[
    // The given rows are sorted.
    plan(
        "INSERT",
        "ARRAY['example'], ARRAY[''::bytea], ARRAY['event-1'::bytea], ARRAY[''::bytea], ARRAY[NULL::bytea], ARRAY[now()],
        ARRAY[now()], ARRAY[''::bytea]",
        &[],
        1,
    ),
    plan("FILL_IN", "ARRAY[17], ARRAY[''::bytea]", &[KEY], 0),
    // Those whose lease lapsed, and then both kinds together: as many as are asked for.
    plan(
        "CLAIM",
        "now(), 1000, 50",
        &["webhook_events_free", "webhook_events_leased", KEY],
        2,
    ),
    plan(
        "CLAIMABLE",
        "now()",
        &["webhook_events_free", "webhook_events_leased"],
        0,
    ),
    plan("LOCK", "17", &[KEY], 0),
    plan("PUT_OFF", "ARRAY[17], now()", &[KEY], 0),
    plan("COMPLETE", "ARRAY[500], ARRAY[0], now()", &[KEY], 0),
    plan("RENEW", "500, 0, 1000", &[KEY], 0),
    plan("RETRY", "500, 0, now(), NULL", &[KEY], 0),
    plan("PARK", "500, 0, now(), '{}'", &[KEY], 0),
    plan("LIST", "'dead', NULL, 100000, 50", &[LIST, KEY], 1),
    plan("LIST", "'dead', 'other', 100000, 50", &[LIST, KEY], 1),
    plan(
        "REPLAY",
        "'dead', NULL, NULL, 'kind', NULL, NULL, NULL, NULL, 50, now()",
        &[LIST, KEY],
        2,
    ),
    plan(
        "REPLAY_ID",
        "'dead', 'example', 'event-101', NULL, NULL, NULL, NULL, NULL, 50, now()",
        &[LIST, "webhook_events_id", KEY],
        2,
    ),
    plan(
        "REPLAY_ACCOUNT",
        "'done', 'example', NULL, NULL, 'account-77', 'app', NULL, NULL, 50, now()",
        &["webhook_events_account", KEY],
        2,
    ),
    plan(
        "REPLAY_RECEIVED",
        "'done', NULL, NULL, NULL, NULL, NULL, now() - interval '10 days', now() - interval '9 days 23 hours', 50, now()",
        &["webhook_events_received", KEY],
        2,
    ),
    plan(
        "PURGE",
        "'done', now(), 50",
        &["webhook_events_ended", KEY],
        1,
    ),
    plan(
        "BACKLOG",
        "now()",
        &["webhook_events_free", "webhook_events_leased"],
        0,
    ),
    plan(
        "NEXT_READY",
        "",
        &["webhook_events_free", "webhook_events_leased"],
        0,
    ),
];
