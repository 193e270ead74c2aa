use super::Plan;

/// Half of the posts are of one account.
pub(super) const FILL: &str = concat!(
    include_str!("../../posts/fill.sql"),
    "INSERT INTO social.event_handed (number, key, post, lane, received_at, ready_at, epoch, failures, platform)
    SELECT 300000 + i.n, md5(i.remote_id)::uuid, i.post, i.lane, now(), now(), 1, 0, 'example'
    FROM (SELECT row_number() OVER () AS n, d.remote_id, d.post, p.lane FROM social.post_ids d
        JOIN social.posts p ON p.id = d.post) i;
    ANALYZE social.event_handed"
);

/// Every post has its outcome.
pub(super) const QUIET: &str = "
    UPDATE social.posts SET state = 'published', next_at = NULL WHERE next_at IS NOT NULL;
    UPDATE social.lanes SET first_at = NULL";

const fn plan(
    statement: &'static str,
    with: &'static str,
    sorts: usize,
    indexes: &'static [&'static str],
) -> Plan {
    Plan {
        statement: ("posts", statement),
        with,
        indexes,
        sorts,
    }
}

const POST: &str = "'00000000-0000-7000-8000-000000000002'";

pub(super) const PLANS: &[Plan] = &[
    plan(
        "SUBMIT",
        "'7:example3:appaccount-7', 'app', 'example', 'account-7', now(), gen_random_uuid(), 'owner', 'key', \
            repeat('0', 32)::bytea, '', '', 'init', '{}', NULL, 1, '', NULL, now(), NULL, false, ARRAY['media-1']",
        // The ids, so that two submissions wait for one another in one order.
        1,
        &[],
    ),
    plan(
        "EXISTING",
        "'7:example3:appaccount-7', 'key-12'",
        0,
        &["lanes_row_id_key", "posts_lane_idempotency_key_key"],
    ),
    plan("ID_IS_TAKEN", POST, 0, &["posts_pkey"]),
    plan("FIRST", "ARRAY[7]", 0, &["lanes_pkey", "posts_due"]),
    plan("RESUME", "'row'", 0, &["lanes_row_id_key"]),
    plan("LET_GO", "7", 0, &["lanes_pkey"]),
    plan("HELD_ACCOUNTS", "'row', 200", 0, &["lanes_held"]),
    plan(
        "STOPPING",
        "'7:example3:appaccount-7', '00000000-0000-7000-8000-000000000002', now(), 2",
        0,
        &["lanes_row_id_key", "event_handed_lane"],
    ),
    plan(
        "NEEDS_NO_CONNECTION",
        "'7:example3:appaccount-7', now(), 2",
        0,
        &["lanes_row_id_key", "event_handed_lane"],
    ),
    plan("NEXT_READY", "", 0, &["lanes_ready"]),
    plan(
        "NEXT_READY_OF_APP",
        "'other', 'app', '9999-12-30', 2",
        // What was found for each version of a lane.
        1,
        &[
            "lanes_ready_app",
            "posts_due",
            "posts_due_version",
            "posts_pkey",
        ],
    ),
    plan(
        "CLAIM",
        // What was found for each app, what was found for each version, and the answer.
        "ARRAY['example', 'other'], ARRAY[2, 2], '2026-01-01', 10, ARRAY['app', 'app'], 600000000",
        3,
        &[
            "lanes_ready_app",
            "posts_due",
            "posts_due_version",
            "posts_pkey",
            "lanes_pkey",
        ],
    ),
    plan(
        "CLAIMABLE",
        "ARRAY['example', 'other'], ARRAY[2, 2], '2026-01-01', 1, ARRAY['app', 'app']",
        2,
        &["lanes_ready_app", "posts_due", "posts_due_version"],
    ),
    plan("LANE", "7", 0, &["lanes_pkey"]),
    plan(
        "HOLDING",
        "'row', 1, '00000000-0000-7000-8000-000000000002'",
        0,
        &["lanes_row_id_key"],
    ),
    plan(
        "START",
        "'00000000-0000-7000-8000-000000000002', 1, now(), 'started', 'init', NULL, NULL",
        0,
        &["posts_pkey"],
    ),
    plan(
        "RECORD",
        // The lines that it was given, and the ids.
        "'00000000-0000-7000-8000-000000000002', NULL, NULL, now(), true, now(), true, 1, 0, NULL, NULL, NULL, NULL, \
            NULL, NULL, NULL, NULL, ARRAY[now()], ARRAY['advanced'], ARRAY['init'], ARRAY[NULL], ARRAY[NULL], false, \
            true, NULL, NULL, NULL, false, false, NULL, NULL, ARRAY[NULL]",
        2,
        &["posts_pkey", "posts_due", "lanes_pkey", "event_handed_post"],
    ),
    plan(
        "TOLD",
        "'7:example3:appaccount-7', 1, '00000000-0000-7000-8000-000000000002', 100",
        0,
        &["lanes_row_id_key", "posts_pkey", "event_handed_post"],
    ),
    plan(
        "APPLY",
        "'00000000-0000-7000-8000-000000000002', ARRAY[300017], now()",
        0,
        &["event_handed_post"],
    ),
    plan(
        "GIVE",
        "'00000000-0000-7000-8000-000000000002', ARRAY[md5('17')::uuid], 7",
        0,
        &["event_handed_key"],
    ),
    plan(
        "FREE",
        "'00000000-0000-7000-8000-000000000002', ARRAY[md5('17')::uuid]",
        0,
        &["event_handed_post"],
    ),
    plan(
        "LANE_OF_KEY",
        "'example', 'app', 'remote-12'",
        0,
        &["post_ids_pkey", "posts_pkey"],
    ),
    plan(
        "HAND_OVER",
        "500, 0, md5('17')::uuid, NULL, NULL",
        0,
        &["event_queue_pkey", "event_queue_subject"],
    ),
    plan(
        "TELL",
        "'00000000-0000-7000-8000-000000000002', 300017, now()",
        0,
        &["posts_pkey", "posts_due", "lanes_pkey", "event_handed_post"],
    ),
    plan(
        "RENEW",
        "'row', 1, '00000000-0000-7000-8000-000000000002', 1",
        0,
        &["lanes_row_id_key"],
    ),
    plan(
        "RELEASE",
        "'00000000-0000-7000-8000-000000000002', now(), 0",
        0,
        &["posts_pkey", "posts_due", "lanes_pkey"],
    ),
    plan(
        "OWNED",
        "'00000000-0000-7000-8000-000000000002', 'owner-3'",
        0,
        &["posts_pkey"],
    ),
    plan(
        "LIST",
        // What was found for each state.
        "ARRAY['queued', 'published'], 'owner-7', 'ffffffff-ffff-ffff-ffff-ffffffffffff', 'caption', 50",
        1,
        &["posts_owner"],
    ),
    plan(
        "LIST_OF_ACCOUNT",
        "ARRAY['queued', 'published'], 'owner-7', 'ffffffff-ffff-ffff-ffff-ffffffffffff', NULL, 50, \
            '7:example3:appaccount-7'",
        1,
        &["lanes_row_id_key", "posts_lane"],
    ),
    plan(
        "HISTORY",
        "'00000000-0000-7000-8000-000000000002', 'owner-3'",
        0,
        &["post_history_pkey", "posts_pkey"],
    ),
    plan(
        "PUT_OFF",
        "'00000000-0000-7000-8000-000000000002', now(), now()",
        0,
        &["posts_pkey", "posts_due", "lanes_pkey"],
    ),
    plan("CANCEL_NEWER", "7, now()", 0, &["posts_lane"]),
    plan("MARK_NEWER", "now()", 0, &["posts_unknown"]),
    plan("STATES", "'owner-7'", 0, &["posts_owner"]),
    plan("COUNT", "'owner-7'", 0, &["posts_owner"]),
    plan(
        "COUNT_OF_ACCOUNT",
        "'owner-7', '7:example3:appaccount-7'",
        0,
        &["lanes_row_id_key", "posts_lane"],
    ),
    plan(
        "PENDING",
        "'7:example3:appaccount-7', '2025-01-01'",
        0,
        &["lanes_row_id_key", "posts_pending"],
    ),
    plan(
        "REMOTE",
        "'example', 'app', 'remote-12'",
        0,
        &["post_ids_pkey", "posts_pkey"],
    ),
    plan(
        "LANE_OF_POST",
        "'00000000-0000-7000-8000-000000000002', 'owner-3'",
        0,
        &["posts_pkey", "lanes_pkey"],
    ),
    plan("LANE_OF_ACCOUNT", "'row'", 0, &["lanes_row_id_key"]),
    plan(
        "CANCEL",
        "'00000000-0000-7000-8000-000000000002', now(), '{}'",
        0,
        &["posts_pkey", "posts_due", "lanes_pkey"],
    ),
    plan("CANCEL_ACCOUNT", "7, now(), '{}'", 0, &["posts_pending"]),
    plan(
        "SETTLE",
        "'00000000-0000-7000-8000-000000000002', 'failed', '{}', now(), NULL, NULL, NULL",
        0,
        &["posts_pkey", "posts_due", "lanes_pkey"],
    ),
    plan(
        "EDIT",
        "'00000000-0000-7000-8000-000000000002', 1, now(), NULL, now(), NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, ARRAY['media-1']",
        // As those of a submission.
        1,
        &["posts_pkey", "post_media_post", "posts_due", "lanes_pkey"],
    ),
    plan(
        "NEEDED_MEDIA",
        "ARRAY['media-1', 'media-77'], now()",
        0,
        &["post_media_pkey", "posts_pkey"],
    ),
    plan(
        "HELD",
        "50, '00000000-0000-0000-0000-000000000000'",
        0,
        &["posts_held", "lanes_pkey"],
    ),
    plan("LANE_OF_HELD", POST, 0, &["posts_pkey", "lanes_pkey"]),
    plan(
        "RELEASE_HELD",
        "'00000000-0000-7000-8000-000000000002', now()",
        0,
        &["posts_held", "posts_due", "lanes_pkey"],
    ),
    plan(
        "MISSED",
        "'2030-01-02', 10, ARRAY['example'], ARRAY['app']",
        0,
        &["posts_missed", "lanes_pkey"],
    ),
    // In the order in which they are locked.
    plan("LANES", "ARRAY[7, 8]", 1, &["lanes_pkey"]),
    // The answer.
    plan(
        "EXPIRE",
        "'2030-01-02', ARRAY['00000000-0000-7000-8000-000000000002']::uuid[], '{}', '{}', ARRAY['example'], ARRAY['app']",
        1,
        &["posts_pkey", "lanes_pkey"],
    ),
];
