use super::Plan;

/// Most are done; one in fifty waits, a tenth of those under a lease, most about something; one in a hundred is dead.
pub(super) const FILL: &str = "
    INSERT INTO social.webhook_events (number, platform, app, event_id, kind, account, word, subject, received_at, body)
    SELECT i, CASE WHEN i % 3 = 0 THEN 'other' ELSE 'example' END, 'app',
        ('event-' || i)::bytea, 'kind', ('account-' || (i % 10000))::bytea, CASE WHEN i % 4 = 0 THEN 'other' ELSE 'post' END,
        CASE WHEN i % 4 > 0 THEN i / 7 END, now() - (1000000 - i) * interval '1 second', repeat('x', 200)::bytea
    FROM generate_series(1, 200000) AS i;
    INSERT INTO social.event_queue (number, platform, word, subject, received_at, ready_at, due, lease_until, dead_at, elsewhere)
    SELECT number, platform, word, subject, received_at, received_at,
        CASE WHEN number % 500 = 0 THEN now() + interval '1 hour' ELSE received_at END,
        CASE WHEN number % 500 = 0 THEN now() + interval '1 hour' END,
        CASE WHEN number % 100 = 1 THEN received_at END, number % 100 = 0
    FROM social.webhook_events WHERE number % 50 = 0 OR number % 100 = 1;
    INSERT INTO social.event_ends (number, state, ended_at, epoch)
    SELECT number, 1, received_at, 1 FROM social.webhook_events WHERE number % 50 > 0 AND number % 100 > 1;
    INSERT INTO social.event_ids (key, turn, number)
    SELECT md5(number::text)::uuid, number % 2, number FROM social.webhook_events;
    INSERT INTO social.event_handed (number, key, received_at, ready_at, epoch, failures, platform)
    SELECT 200001 + i, md5((i / 3)::text)::uuid, now() - (20000 - i) * interval '1 minute', now(), 1, 0, 'example'
    FROM generate_series(1, 20000) AS i;
    SELECT setval('social.webhook_event_numbers', 200001);
";

/// Nothing waits, nothing is held.
pub(super) const QUIET: &str = "DELETE FROM social.event_queue WHERE dead_at IS NULL";

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

const DUE: &str = "event_queue_due";
const QUEUE: &str = "event_queue_pkey";
const SUBJECT: &str = "event_queue_subject";
const LOG: &str = "webhook_events_p0_pkey";
const ENDS: &str = "event_ends_p0_pkey";

pub(super) const PLANS: &[Plan] = &[
    // The given rows are sorted, by key and by number, and nothing else.
    plan(
        "INSERT",
        "ARRAY[md5('1')::uuid], ARRAY['example'], ARRAY[''::bytea], ARRAY['event-1'::bytea], ARRAY[''::bytea],
        ARRAY[NULL::bytea], ARRAY[NULL::bytea], ARRAY['post'], ARRAY['{}'], ARRAY[7], ARRAY[now()], ARRAY[now()],
        ARRAY[''::bytea]",
        &["event_ids_0_pkey", "event_ids_1_pkey"],
        3,
    ),
    plan("FILL_IN", "ARRAY[17], ARRAY[''::bytea]", &[LOG], 0),
    plan(
        "CLAIM",
        "now(), 1000, 50, now() - interval '1 minute', ARRAY['post', 'other']",
        &[DUE, SUBJECT],
        0,
    ),
    plan(
        "CLAIM",
        "now(), 1000, 50, NULL, ARRAY['post', 'other']",
        &[DUE, SUBJECT],
        0,
    ),
    plan("EVENTS", "ARRAY[17]", &[LOG], 0),
    plan(
        "CLAIMABLE",
        "now(), NULL, ARRAY['post', 'other']",
        &[DUE, SUBJECT],
        0,
    ),
    plan("LOCK", "50", &[QUEUE], 0),
    plan("PUT_OFF", "ARRAY[50], now()", &[QUEUE], 0),
    plan(
        "COMPLETE",
        "ARRAY[500], ARRAY[0], now()",
        &[QUEUE, SUBJECT],
        0,
    ),
    plan("RENEW", "500, 0, 1000", &[QUEUE], 0),
    plan("RETRY", "500, 0, now(), NULL", &[QUEUE], 0),
    plan("DEFER", "500, 0, now()", &[QUEUE], 0),
    plan("PARK", "500, 0, now(), '{}'", &[QUEUE, SUBJECT], 0),
    plan("LIST_WAITING", "100000, NULL, 50", &[QUEUE, LOG], 0),
    plan("LIST_DEAD", "100000, 'other', 50", &["event_queue_dead", LOG], 0),
    plan("LIST_HANDED", "200000, NULL, 50", &["event_handed_pkey", LOG], 0),
    plan("LIST_ENDED", "100000, NULL, 50, 1::smallint", &[ENDS, LOG], 0),
    plan(
        "SET_ASIDE",
        "now() - interval '10 days', now(), 50",
        &["event_handed_came", "event_handed_pkey"],
        0,
    ),
    plan(
        "SET_DEFERRED_ASIDE",
        "now() - interval '5 days', now(), 50",
        &["event_queue_elsewhere", QUEUE, SUBJECT],
        0,
    ),
    plan(
        "REPLAY_DEAD",
        "NULL, NULL, 'kind', NULL, NULL, NULL, NULL, 50, now()",
        &["event_queue_dead", LOG, QUEUE],
        1,
    ),
    plan(
        "REPLAY_DONE",
        "NULL, NULL, 'kind', NULL, NULL, NULL, NULL, 50, now(), 1::smallint",
        &[ENDS, LOG],
        2,
    ),
    plan(
        "REPLAY_ACCOUNT",
        "'example', NULL, NULL, 'account-77', 'app', NULL, NULL, 50, now(), 1::smallint",
        &["webhook_events_p0_substring_number_idx", ENDS],
        2,
    ),
    plan(
        "REPLAY_RECEIVED",
        "NULL, NULL, NULL, NULL, NULL, now() - interval '10 days', now() - interval '9 days 23 hours', 50, now(), 1::smallint",
        &["webhook_events_p0_received_at_idx", ENDS],
        2,
    ),
    plan(
        "PURGE_DONE",
        "now(), 50",
        &["event_ends_p0_ended_at_number_idx", ENDS, LOG],
        1,
    ),
    plan(
        "PURGE_DEAD",
        "now(), 50",
        &["event_queue_died", QUEUE, LOG],
        1,
    ),
    plan(
        "BACKLOG",
        "now(), ARRAY['post']",
        &[DUE, "event_queue_dead", "event_handed_pkey"],
        0,
    ),
    plan("NEXT_READY", "NULL, ARRAY['post']", &[DUE, SUBJECT], 0),
];
