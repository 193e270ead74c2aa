use super::Plan;

/// One key has a hundred thousand bookings, the others a few. One in ten lapsed.
pub(super) const FILL: &str = "
    INSERT INTO social.limits (key, blocked_until)
    SELECT 'example/calls/' || i, CASE WHEN i % 100 = 0 THEN now() - interval '1 hour' ELSE '-infinity' END
    FROM generate_series(1, 20000) AS i;
    INSERT INTO social.bookings (key, holder, at, granted, units, lapses_at)
    SELECT 'example/calls/' || CASE WHEN i % 2 = 0 THEN 1 ELSE i % 20000 END, 'holder-' || i, a, i % 20 > 0,
        1 + i % 400, a + interval '1 day'
    FROM generate_series(1, 200000) AS i,
        LATERAL (SELECT now() - (i % 96000) * interval '1 second' AS a) AS t;
";

/// Nothing lapsed, nobody waits, nothing is blocked.
pub(super) const QUIET: &str = "
    DELETE FROM social.bookings WHERE lapses_at < now() + interval '1 hour' OR NOT granted;
    UPDATE social.limits SET blocked_until = '-infinity'";

const fn plan(
    statement: &'static str,
    with: &'static str,
    indexes: &'static [&'static str],
    sorts: usize,
) -> Plan {
    Plan {
        statement: ("limits", statement),
        with,
        indexes,
        sorts,
    }
}

/// One key with a sliding window, and one with a window that ends.
const ASKED: &str = "'holder-2', ARRAY['example/calls/1', 'example/calls/2'], ARRAY[10, 10], ARRAY[60000000, 60000000],
    ARRAY[true, false], ARRAY[1, 4], ARRAY[NULL, 30000000], ARRAY[0, 600000]";

pub(super) const PLANS: &[Plan] = &[
    // The given keys are sorted.
    plan("LOCK", "ARRAY['example/calls/1']", &[], 1),
    plan(
        "LOCK_KNOWN",
        "ARRAY['example/calls/1']",
        &["limits_pkey"],
        1,
    ),
    plan(
        "BOOK",
        ASKED,
        &[
            "limits_pkey",
            "bookings_window",
            "bookings_ending",
            "bookings_holder",
            "bookings_pkey",
        ],
        0,
    ),
    plan(
        "REFUND",
        "ARRAY['example/calls/1'], 'holder-2'",
        &["bookings_holder"],
        0,
    ),
    plan(
        "OBSERVE",
        "'example/calls/1', 60000000, 10, NULL",
        &["bookings_window"],
        0,
    ),
    plan(
        "OBSERVE",
        "'example/calls/1', 60000000, 10, 30000000",
        &["bookings_ending"],
        0,
    ),
    plan("UNBLOCK", "'example/calls/1'", &["limits_pkey"], 0),
    plan("BLOCKS", "50", &["limits_blocked"], 1),
    plan(
        "USAGE",
        "'example/calls/1', 10, 1, 60000000, NULL, 0",
        &["bookings_window", "bookings_ending", "limits_pkey"],
        0,
    ),
    plan(
        "LOCK_LAPSED",
        "50",
        &["bookings_lapsed", "limits_blocked", "limits_pkey"],
        1,
    ),
    plan(
        "PURGE",
        "ARRAY['example/calls/1'], 50",
        &["bookings_lapsed", "bookings_pkey"],
        0,
    ),
    // Any index that begins with the key tells whether it has bookings.
    plan("TIDY", "ARRAY['example/calls/1']", &["limits_pkey"], 0),
];
