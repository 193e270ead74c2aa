use crate::sql;

// `$by` tells which bookings are in the window: those whose `$by` is after `?2` and before `?3`, which is beyond all
// times. For a sliding window it is `at`, and `?2` the window's beginning; for one that ends `lapses_at`, and `?2` is now.

/// Who is ahead of `$number`: what is granted, and places before it.
macro_rules! ahead {
    ($by:literal, $number:expr) => {
        concat!(
            "b.key = ?1 AND b.",
            $by,
            " > ?2 AND b.",
            $by,
            " < ?3 AND (b.granted = 1 OR b.number < ",
            $number,
            ")"
        )
    };
}

/// The last `$by` that leaves more than `?4` units ahead.
macro_rules! regained {
    ($by:literal, $number:expr) => {
        concat!(
            "(SELECT max(running.ends) FROM (
                SELECT b.",
            $by,
            " AS ends, sum(b.units) OVER (ORDER BY b.",
            $by,
            " DESC ROWS UNBOUNDED PRECEDING) AS units
                FROM bookings b WHERE ",
            ahead!($by, $number),
            ") running
            WHERE running.units > ?4) AS regained"
        )
    };
}

/// Whether no more than `?4` units are ahead in the window that ends after `$eve`, its last moments.
macro_rules! fits {
    ($number:expr, $eve:literal) => {
        concat!(
            "(SELECT coalesce(sum(b.units), 0) <= ?4 FROM bookings b WHERE ",
            ahead!("lapses_at", $number),
            " AND (b.granted = 1 OR b.at < ",
            $eve,
            ")) AS fits"
        )
    };
}

macro_rules! of_key {
    ($by:literal) => {
        concat!(
            "(SELECT l.blocked_until FROM limits l WHERE l.key = ?1) AS blocked_until,
            EXISTS (SELECT 1 FROM bookings d WHERE d.key = ?1 AND d.",
            $by,
            " >= ?3) AS damaged"
        )
    };
}

macro_rules! place {
    ($by:literal) => {
        concat!("(SELECT p.number FROM bookings p WHERE p.key = ?1 AND p.holder = ?5 AND p.granted = 0 AND p.", $by, " > ?2)")
    };
}

macro_rules! before {
    ($by:literal) => {
        concat!("coalesce(", place!($by), ", 9223372036854775807)")
    };
}

// `$held` is `$by` of what the holder has, of which the index on holders finds a few rows.
macro_rules! standing {
    ($by:literal, $held:literal, $fits:expr) => {
        concat!(
            "SELECT EXISTS (SELECT 1 FROM bookings h
            WHERE h.key = ?1 AND h.holder = ?5 AND h.granted = 1 AND ",
            $held,
            " > ?2 AND ",
            $held,
            " < ?3) AS has, ",
            place!($by),
            " AS place,
            (SELECT o.number FROM bookings o
                WHERE o.key = ?1 AND o.holder = ?5 AND o.granted = 0 AND o.",
            $by,
            " <= ?2) AS lapsed, ",
            $fits,
            ", ",
            regained!($by, before!($by)),
            ", ",
            of_key!($by)
        )
    };
}

macro_rules! usage {
    ($by:literal, $fits:expr) => {
        concat!("SELECT min(coalesce(sum(c.units) FILTER (WHERE c.granted = 1), 0), 4294967295) AS used,
                count(*) FILTER (WHERE c.granted = 0) AS waiting, ",
            $fits, ", ", regained!($by, "9223372036854775807"), ", ", of_key!($by), "
            FROM bookings c WHERE c.key = ?1 AND c.", $by, " > ?2 AND c.", $by, " < ?3")
    };
}

macro_rules! used {
    ($by:literal) => {
        concat!(
            "SELECT min(coalesce(sum(units), 0), 4294967295) AS used
            FROM bookings WHERE key = ?1 AND ",
            $by,
            " > ?2 AND ",
            $by,
            " < ?3 AND granted = 1"
        )
    };
}

sql::statements! {
    /// What a holder finds.
    STANDING = standing!("at", "h.at", "0 AS fits");
    STANDING_OF_ENDING = standing!("lapses_at", "+h.lapses_at", fits!(before!("lapses_at"), "?6"));
    /// What a newcomer finds.
    USAGE = usage!("at", "0 AS fits");
    USAGE_OF_ENDING = usage!("lapses_at", fits!("9223372036854775807", "?5"));
    ASK = "INSERT INTO bookings (key, holder, at, granted, lapses_at, units) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    DROP_PLACE = "DELETE FROM bookings WHERE number = ?1";
    ASK_AGAIN = "UPDATE bookings SET at = ?2, granted = ?3, lapses_at = ?4, units = ?5 WHERE number = ?1";
    REFUND = "DELETE FROM bookings
        WHERE number = (SELECT p.number FROM bookings p WHERE p.key = ?1 AND p.holder = ?2 AND p.granted = 0)
            OR number = (SELECT g.number FROM bookings g WHERE g.key = ?1 AND g.holder = ?2 AND g.granted = 1
                ORDER BY g.at DESC, g.number DESC LIMIT 1)";
    USED = used!("at");
    USED_OF_ENDING = used!("lapses_at");
    OBSERVE = "INSERT INTO bookings (key, holder, at, granted, lapses_at, units) VALUES (?1, NULL, ?2, 1, ?3, ?4)";
    BLOCK = "INSERT INTO limits (key, blocked_until) VALUES (?1, ?2)
        ON CONFLICT (key) DO UPDATE SET blocked_until = max(blocked_until, excluded.blocked_until)";
    UNBLOCK = "DELETE FROM limits WHERE key = ?1 AND blocked_until > ?2";
    BLOCKS = "SELECT key, blocked_until FROM limits WHERE blocked_until > ?1 ORDER BY blocked_until DESC LIMIT ?2";
    PURGE = "DELETE FROM bookings WHERE number IN (
        SELECT b.number FROM bookings b WHERE b.lapses_at <= ?1 ORDER BY b.lapses_at, b.number LIMIT ?2)";
    PURGE_BLOCKS = "DELETE FROM limits WHERE blocked_until <= ?1";
}
