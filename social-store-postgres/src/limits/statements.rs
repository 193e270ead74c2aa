use crate::sql;

/// The time from which the bookings of `$asked`, with `key`, `most`, `per`, `now`, `blocked_until` and `place`, leave
/// room: that at which the last but `most` of those that count leaves the window.
macro_rules! earliest {
    ($asked:literal) => {
        concat!(
            "SELECT a.key, a.per, a.now, a.mine, greatest(a.now, a.blocked_until,
                CASE WHEN a.most = 0 THEN a.now + a.per ELSE (
                    SELECT c.at + a.per FROM (
                        SELECT b.at, sum(b.units) OVER (ORDER BY b.at DESC, b.number DESC ROWS UNBOUNDED PRECEDING) AS units
                        FROM social.bookings b
                        WHERE b.key = a.key AND b.at > a.now - a.per AND (b.granted OR b.number < a.place)) c
                    WHERE c.units >= a.most ORDER BY c.at DESC LIMIT 1) END) AS earliest
            FROM ",
            $asked,
            " a"
        )
    };
}

sql::statements! {
    /// Locks the rows of keys, in their order, and makes those that are missing.
    LOCK = "INSERT INTO social.limits AS l (key) SELECT DISTINCT k COLLATE \"C\" FROM unnest($1::text[]) AS k ORDER BY 1
        ON CONFLICT (key) DO UPDATE SET blocked_until = l.blocked_until WHERE false";
    /// Locks those that are there.
    LOCK_KNOWN = "SELECT key FROM social.limits WHERE key = ANY($1) ORDER BY key FOR NO KEY UPDATE";
    /// Under the locks of all keys. A place that lapsed is lost: who comes back then, comes last.
    BOOK = concat!("WITH clock AS MATERIALIZED (SELECT social.clock() AS now),
        asked AS MATERIALIZED (
            SELECT a.key, a.most, a.micros * interval '1 microsecond' AS per, a.once, l.blocked_until, clock.now
            FROM unnest($2::text[], $3::bigint[], $4::bigint[], $5::boolean[]) AS a (key, most, micros, once)
            JOIN social.limits l ON l.key = a.key CROSS JOIN clock),
        wanted AS MATERIALIZED (
            SELECT a.key, a.most, a.per, a.blocked_until, a.now, p.number AS mine, coalesce(p.number, 9223372036854775807) AS place
            FROM asked a LEFT JOIN LATERAL (
                SELECT b.number FROM social.bookings b
                WHERE b.key = a.key AND b.holder = $1 AND NOT b.granted AND b.at > a.now - a.per
                ORDER BY b.at LIMIT 1) p ON true
            WHERE NOT a.once OR NOT EXISTS (
                SELECT FROM social.bookings b
                WHERE b.key = a.key AND b.holder = $1 AND b.granted AND b.at > a.now - a.per)),
        timed AS MATERIALIZED (", earliest!("wanted"), "),
        verdict AS MATERIALIZED (SELECT max(earliest) AS at FROM timed),
        kept AS (
            UPDATE social.bookings b SET at = v.at, granted = v.at = t.now, lapses_at = v.at + t.per
            FROM timed t CROSS JOIN verdict v WHERE b.number = t.mine),
        lost AS (
            DELETE FROM social.bookings b USING timed t
            WHERE t.mine IS NULL AND b.key = t.key AND b.holder = $1 AND NOT b.granted),
        added AS (
            INSERT INTO social.bookings (key, holder, at, granted, lapses_at)
            SELECT t.key, $1, v.at, v.at = t.now, v.at + t.per FROM timed t CROSS JOIN verdict v WHERE t.mine IS NULL)
        SELECT (extract(epoch FROM v.at - clock.now) * 1000000)::bigint AS wait FROM verdict v CROSS JOIN clock");

    /// Takes places in the queue, and the latest grant of each key.
    REFUND = "WITH latest AS MATERIALIZED (
            SELECT g.number FROM unnest($1::text[]) AS k (key) CROSS JOIN LATERAL (
                SELECT b.number FROM social.bookings b WHERE b.key = k.key AND b.holder = $2 AND b.granted
                ORDER BY b.at DESC, b.number DESC LIMIT 1) g)
        DELETE FROM social.bookings b WHERE b.key = ANY($1) AND b.holder = $2
            AND (NOT b.granted OR b.number IN (SELECT number FROM latest))";
    OBSERVE = "INSERT INTO social.bookings (key, units, at, granted, lapses_at)
        SELECT $1, $3 - c.used, clock.now, true, clock.now + p.per
        FROM (SELECT social.clock() AS now) clock, (SELECT $2 * interval '1 microsecond' AS per) p
        CROSS JOIN LATERAL (
            SELECT coalesce(sum(b.units), 0) AS used FROM social.bookings b
            WHERE b.key = $1 AND b.granted AND b.at > clock.now - p.per) c
        WHERE c.used < $3";
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
            SELECT $1::text COLLATE \"C\" AS key, $2::bigint AS most, $3 * interval '1 microsecond' AS per,
                clock.now, NULL::bigint AS mine, 9223372036854775807 AS place,
                coalesce((SELECT l.blocked_until FROM social.limits l WHERE l.key = $1), '-infinity') AS blocked_until
            FROM (SELECT social.clock() AS now) clock)
        SELECT (extract(epoch FROM t.earliest - t.now) * 1000000)::bigint AS wait, c.used, c.waiting
        FROM (", earliest!("asked"), ") t
        CROSS JOIN LATERAL (
            SELECT coalesce(sum(b.units) FILTER (WHERE b.granted), 0)::bigint AS used,
                count(*) FILTER (WHERE NOT b.granted) AS waiting
            FROM social.bookings b WHERE b.key = t.key AND b.at > t.now - t.per) c");

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
    /// What the platform counted may go in part.
    PURGE = "WITH lapsed AS MATERIALIZED (
            SELECT p.number, p.units, sum(p.units) OVER (ORDER BY p.lapses_at, p.number ROWS UNBOUNDED PRECEDING) AS total
            FROM (SELECT b.number, b.key, b.units, b.lapses_at FROM social.bookings b
                WHERE b.lapses_at <= (SELECT social.clock()) ORDER BY b.lapses_at, b.number LIMIT $2) p
            WHERE p.key = ANY($1)),
        gone AS (DELETE FROM social.bookings b USING lapsed l WHERE b.number = l.number AND l.total <= $2),
        less AS (
            UPDATE social.bookings b SET units = l.total - $2
            FROM lapsed l WHERE b.number = l.number AND l.total > $2 AND l.total - l.units < $2)
        SELECT coalesce(least(max(total), $2), 0)::bigint AS purged FROM lapsed";
    /// Under the locks of these keys: forgets those that stand for nothing, and blocks that ended.
    TIDY = "WITH unblocked AS MATERIALIZED (
            SELECT l.key, EXISTS (SELECT FROM social.bookings b WHERE b.key = l.key) AS booked
            FROM social.limits l WHERE l.key = ANY($1) AND l.blocked_until <= (SELECT social.clock())),
        gone AS (DELETE FROM social.limits l USING unblocked u WHERE l.key = u.key AND NOT u.booked)
        UPDATE social.limits l SET blocked_until = '-infinity'
        FROM unblocked u WHERE l.key = u.key AND u.booked AND l.blocked_until > '-infinity'";
}
