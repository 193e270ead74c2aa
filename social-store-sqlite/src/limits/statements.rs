use crate::sql;

/// When the `OFFSET`th latest of those that count was granted or is promised: granted ones, and places before
/// `$number`. `?2` is the beginning of the window, `?3` beyond all times.
macro_rules! regained {
    ($number:expr) => {
        concat!(
            "(SELECT b.at FROM bookings b
                WHERE b.key = ?1 AND b.at > ?2 AND b.at < ?3 AND (b.granted = 1 OR b.number < ",
            $number,
            ") ORDER BY b.at DESC LIMIT 1 OFFSET ?4) AS regained"
        )
    };
}

macro_rules! of_key {
    () => {
        "(SELECT l.blocked_until FROM limits l WHERE l.key = ?1) AS blocked_until,
        EXISTS (SELECT 1 FROM bookings d WHERE d.key = ?1 AND d.at >= ?3) AS damaged"
    };
}

macro_rules! place {
    () => {
        "(SELECT p.number FROM bookings p WHERE p.key = ?1 AND p.holder = ?5 AND p.granted = 0 AND p.at > ?2)"
    };
}

sql::statements! {
    /// What a holder finds.
    STANDING = concat!("SELECT EXISTS (SELECT 1 FROM bookings h
            WHERE h.key = ?1 AND h.holder = ?5 AND h.granted = 1 AND h.at > ?2 AND h.at < ?3) AS has, ",
        place!(), " AS place,
        (SELECT o.number FROM bookings o WHERE o.key = ?1 AND o.holder = ?5 AND o.granted = 0 AND o.at <= ?2) AS lapsed, ",
        regained!(concat!("coalesce(", place!(), ", 9223372036854775807)")), ", ", of_key!());
    /// What a newcomer finds.
    USAGE = concat!("SELECT count(*) FILTER (WHERE c.granted = 1) AS used,
            count(*) FILTER (WHERE c.granted = 0) AS waiting, ",
        regained!("9223372036854775807"), ", ", of_key!(), "
        FROM bookings c WHERE c.key = ?1 AND c.at > ?2 AND c.at < ?3");
    ASK = "INSERT INTO bookings (key, holder, at, granted, lapses_at) VALUES (?1, ?2, ?3, ?4, ?5)";
    DROP_PLACE = "DELETE FROM bookings WHERE number = ?1";
    ASK_AGAIN = "UPDATE bookings SET at = ?2, granted = ?3, lapses_at = ?4 WHERE number = ?1";
    REFUND = "DELETE FROM bookings
        WHERE number = (SELECT p.number FROM bookings p WHERE p.key = ?1 AND p.holder = ?2 AND p.granted = 0)
            OR number = (SELECT g.number FROM bookings g WHERE g.key = ?1 AND g.holder = ?2 AND g.granted = 1
                ORDER BY g.at DESC, g.number DESC LIMIT 1)";
    USED = "SELECT count(*) AS used FROM bookings WHERE key = ?1 AND at > ?2 AND at < ?3 AND granted = 1";
    OBSERVE = "INSERT INTO bookings (key, holder, at, granted, lapses_at)
        WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < ?4)
        SELECT ?1, NULL, ?2, 1, ?3 FROM n";
    BLOCK = "INSERT INTO limits (key, blocked_until) VALUES (?1, ?2)
        ON CONFLICT (key) DO UPDATE SET blocked_until = max(blocked_until, excluded.blocked_until)";
    UNBLOCK = "DELETE FROM limits WHERE key = ?1 AND blocked_until > ?2";
    BLOCKS = "SELECT key, blocked_until FROM limits WHERE blocked_until > ?1 ORDER BY blocked_until DESC LIMIT ?2";
    PURGE = "DELETE FROM bookings WHERE number IN (
        SELECT b.number FROM bookings b WHERE b.lapses_at <= ?1 ORDER BY b.lapses_at, b.number LIMIT ?2)";
    PURGE_BLOCKS = "DELETE FROM limits WHERE blocked_until <= ?1";
}
