use crate::sql;

/// When the bookings that are ahead of one who asks leave no more than `a.spare` units: at `$end` of the last in the order
/// of `$by`, of those that are in the window since `$since`.
macro_rules! queued {
    ($by:literal, $end:literal, $since:literal) => {
        concat!(
            "SELECT ",
            $end,
            " FROM (
                SELECT b.",
            $by,
            ", sum(b.units) OVER (ORDER BY b.",
            $by,
            " DESC, b.number DESC ROWS UNBOUNDED PRECEDING) AS units
                FROM social.bookings b
                WHERE b.key = a.key AND b.",
            $by,
            " > ",
            $since,
            " AND (b.granted OR b.number < a.place)) c
            WHERE c.units > a.spare ORDER BY c.",
            $by,
            " DESC LIMIT 1"
        )
    };
}

/// What is left to those of `$asked`: when the queue leaves room, and whether there is room in the window that ends at
/// `turn`, which a sliding one has not. The rules are those of `Room` in social-core.
macro_rules! room {
    ($asked:literal) => {
        concat!(
            "SELECT a.key, a.most, a.cost, a.per, a.turn, a.eve, a.now, a.mine, a.blocked_until,
                CASE WHEN a.turn IS NULL THEN (", queued!("at", "c.at + a.per", "a.now - a.per"), ")
                ELSE (", queued!("lapses_at", "c.lapses_at", "a.now"), ") END AS queued,
                a.turn IS NOT NULL AND (
                    SELECT coalesce(sum(b.units), 0) <= a.spare FROM social.bookings b
                    WHERE b.key = a.key AND b.lapses_at > a.now
                        AND (b.granted OR (b.number < a.place AND b.at < a.turn - a.eve))) AS fits
            FROM ", $asked, " a"
        )
    };
}

/// When a booking of `t` ends that is granted at `$at`; `Window::ends_after` in social-core.
macro_rules! ends {
    ($at:literal) => {
        concat!(
            "CASE WHEN t.turn IS NULL THEN ",
            $at,
            " + t.per WHEN ",
            $at,
            " + t.eve < t.turn THEN t.turn
                ELSE t.turn + t.per * (1 + floor(
                    extract(epoch FROM ",
            $at,
            " + t.eve - t.turn) / extract(epoch FROM t.per)))::float8 END"
        )
    };
}

/// The earliest time from `$at` on at which `t` has room; `Room::after` in social-core.
macro_rules! after {
    ($at:literal) => {
        concat!(
            "CASE WHEN t.most = 0 THEN greatest(",
            $at,
            ", t.blocked_until, ",
            ends!("t.now"),
            ")
                WHEN t.turn IS NULL OR greatest(",
            $at,
            ", t.blocked_until) + t.eve >= t.turn
                    THEN greatest(",
            $at,
            ", t.blocked_until, t.queued)
                WHEN t.fits THEN greatest(",
            $at,
            ", t.blocked_until)
                ELSE greatest(t.turn, t.queued) END"
        )
    };
}

sql::statements! {
    /// Locks the rows of keys, in their order, and makes those that are missing.
    LOCK = "INSERT INTO social.limits AS l (key) SELECT DISTINCT k COLLATE \"C\" FROM unnest($1::text[]) AS k ORDER BY 1
        ON CONFLICT (key) DO UPDATE SET blocked_until = l.blocked_until WHERE false";
    /// Locks those that are there.
    LOCK_KNOWN = "SELECT key FROM social.limits WHERE key = ANY($1) ORDER BY key FOR NO KEY UPDATE";
    /// Under the locks of all keys. A place that lapsed is lost: who comes back then, comes last. A key that has room now may
    /// have none when the others have: the time is that at which all have.
    BOOK = concat!("WITH RECURSIVE clock AS MATERIALIZED (SELECT social.clock() AS now),
        asked AS MATERIALIZED (
            SELECT a.key, a.most, a.cost, greatest(a.most - a.cost, 0) AS spare, a.micros * interval '1 microsecond' AS per,
                clock.now + a.rest * interval '1 microsecond' AS turn, a.eve * interval '1 microsecond' AS eve,
                a.once, l.blocked_until, clock.now
            FROM unnest($2::text[], $3::bigint[], $4::bigint[], $5::boolean[], $6::bigint[], $7::bigint[], $8::bigint[])
                AS a (key, most, micros, once, cost, rest, eve)
            JOIN social.limits l ON l.key = a.key CROSS JOIN clock),
        wanted AS MATERIALIZED (
            SELECT a.key, a.most, a.cost, a.spare, a.per, a.turn, a.eve, a.blocked_until, a.now,
                p.number AS mine, coalesce(p.number, 9223372036854775807) AS place
            FROM asked a LEFT JOIN LATERAL (
                SELECT b.number FROM social.bookings b
                WHERE b.key = a.key AND b.holder = $1 AND NOT b.granted
                    AND CASE WHEN a.turn IS NULL THEN b.at > a.now - a.per ELSE b.lapses_at > a.now END
                ORDER BY b.at LIMIT 1) p ON true
            WHERE NOT a.once OR NOT EXISTS (
                SELECT FROM social.bookings b
                WHERE b.key = a.key AND b.holder = $1 AND b.granted
                    AND CASE WHEN a.turn IS NULL THEN b.at > a.now - a.per ELSE b.lapses_at > a.now END)),
        timed AS MATERIALIZED (", room!("wanted"), "),
        rounds (at) AS (
            SELECT now FROM clock
            UNION SELECT (SELECT max(", after!("r.at"), ") FROM timed t) FROM rounds r WHERE r.at IS NOT NULL),
        verdict AS MATERIALIZED (SELECT max(at) AS at FROM rounds),
        kept AS (
            UPDATE social.bookings b SET at = v.at, granted = v.at = t.now, units = t.cost, lapses_at = ", ends!("v.at"), "
            FROM timed t CROSS JOIN verdict v WHERE b.number = t.mine),
        lost AS (
            DELETE FROM social.bookings b USING timed t
            WHERE t.mine IS NULL AND b.key = t.key AND b.holder = $1 AND NOT b.granted),
        added AS (
            INSERT INTO social.bookings (key, holder, at, granted, units, lapses_at)
            SELECT t.key, $1, v.at, v.at = t.now, t.cost, ", ends!("v.at"), "
            FROM timed t CROSS JOIN verdict v WHERE t.mine IS NULL)
        SELECT (extract(epoch FROM v.at - clock.now) * 1000000)::bigint AS wait FROM verdict v CROSS JOIN clock");

    /// Takes places in the queue, and the latest grant of each key.
    REFUND = "WITH latest AS MATERIALIZED (
            SELECT g.number FROM unnest($1::text[]) AS k (key) CROSS JOIN LATERAL (
                SELECT b.number FROM social.bookings b WHERE b.key = k.key AND b.holder = $2 AND b.granted
                ORDER BY b.at DESC, b.number DESC LIMIT 1) g)
        DELETE FROM social.bookings b WHERE b.key = ANY($1) AND b.holder = $2
            AND (NOT b.granted OR b.number IN (SELECT number FROM latest))";
    OBSERVE = "INSERT INTO social.bookings (key, units, at, granted, lapses_at)
        SELECT $1, $3 - c.used, clock.now, true, clock.now + coalesce(p.rest, p.per)
        FROM (SELECT social.clock() AS now) clock,
            (SELECT $2 * interval '1 microsecond' AS per, $4::bigint * interval '1 microsecond' AS rest) p
        CROSS JOIN LATERAL (
            SELECT CASE WHEN p.rest IS NULL THEN (
                SELECT coalesce(sum(b.units), 0) FROM social.bookings b
                WHERE b.key = $1 AND b.granted AND b.at > clock.now - p.per)
            ELSE (
                SELECT coalesce(sum(b.units), 0) FROM social.bookings b
                WHERE b.key = $1 AND b.granted AND b.lapses_at > clock.now) END AS used) c
        WHERE c.used < $3 AND coalesce(p.rest, p.per) > interval '0'";
    BLOCK = "INSERT INTO social.limits AS l (key, blocked_until)
        VALUES ($1, (SELECT social.clock()) + $2 * interval '1 microsecond')
        ON CONFLICT (key) DO UPDATE SET blocked_until = greatest(l.blocked_until, excluded.blocked_until)";
    /// It ends now, and is forgotten with those that ended.
    UNBLOCK = "UPDATE social.limits SET blocked_until = (SELECT social.clock())
        WHERE key = $1 AND blocked_until > (SELECT social.clock())";
    BLOCKS = "SELECT l.key, (extract(epoch FROM l.blocked_until - c.now) * 1000000)::bigint AS wait
        FROM (SELECT social.clock() AS now) c CROSS JOIN LATERAL (
            SELECT b.key, b.blocked_until FROM social.limits b
            WHERE b.blocked_until > '-infinity' AND b.blocked_until > c.now
            ORDER BY b.blocked_until DESC LIMIT $1) l
        ORDER BY l.blocked_until DESC";
    USAGE = concat!("WITH asked AS MATERIALIZED (
            SELECT $1::text COLLATE \"C\" AS key, $2::bigint AS most, $3::bigint AS cost, greatest($2 - $3, 0) AS spare,
                $4 * interval '1 microsecond' AS per, clock.now + $5::bigint * interval '1 microsecond' AS turn,
                $6 * interval '1 microsecond' AS eve, clock.now, NULL::bigint AS mine, 9223372036854775807 AS place,
                coalesce((SELECT l.blocked_until FROM social.limits l WHERE l.key = $1), '-infinity') AS blocked_until
            FROM (SELECT social.clock() AS now) clock)
        SELECT (extract(epoch FROM ", after!("t.now"), " - t.now) * 1000000)::bigint AS wait, c.used, c.waiting
        FROM (", room!("asked"), ") t
        CROSS JOIN LATERAL (
            SELECT coalesce(sum(s.units) FILTER (WHERE s.granted), 0)::bigint AS used,
                count(*) FILTER (WHERE NOT s.granted) AS waiting
            FROM (
                SELECT b.units, b.granted FROM social.bookings b
                WHERE t.turn IS NULL AND b.key = t.key AND b.at > t.now - t.per
                UNION ALL SELECT b.units, b.granted FROM social.bookings b
                WHERE t.turn IS NOT NULL AND b.key = t.key AND b.lapses_at > t.now) s) c");

    /// Locks the keys of what can be removed, in their order.
    LOCK_LAPSED = "WITH clock AS MATERIALIZED (SELECT social.clock() AS now),
        lapsed AS MATERIALIZED (
            SELECT b.key FROM social.bookings b WHERE b.lapses_at <= (SELECT now FROM clock)
            ORDER BY b.lapses_at, b.number LIMIT $1),
        ended AS MATERIALIZED (
            SELECT l.key FROM social.limits l
            WHERE l.blocked_until > '-infinity' AND l.blocked_until <= (SELECT now FROM clock)
            ORDER BY l.blocked_until LIMIT $1)
        SELECT l.key FROM (SELECT key FROM lapsed UNION SELECT key FROM ended ORDER BY key) k
        CROSS JOIN LATERAL (SELECT l.key FROM social.limits l WHERE l.key = k.key FOR UPDATE) l";
    PURGE = "DELETE FROM social.bookings d USING (
            SELECT b.number, b.key FROM social.bookings b
            WHERE b.lapses_at <= (SELECT social.clock()) ORDER BY b.lapses_at, b.number LIMIT $2) p
        WHERE d.number = p.number AND p.key = ANY($1)";
    /// Under the locks of these keys: forgets those that stand for nothing, and blocks that ended.
    TIDY = "WITH unblocked AS MATERIALIZED (
            SELECT l.key, EXISTS (SELECT FROM social.bookings b WHERE b.key = l.key) AS booked
            FROM social.limits l WHERE l.key = ANY($1) AND l.blocked_until <= (SELECT social.clock())),
        gone AS (DELETE FROM social.limits l USING unblocked u WHERE l.key = u.key AND NOT u.booked)
        UPDATE social.limits l SET blocked_until = '-infinity'
        FROM unblocked u WHERE l.key = u.key AND u.booked AND l.blocked_until > '-infinity'";
}
