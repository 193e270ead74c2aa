use crate::sql;

/// What a claim's holder may write on.
macro_rules! held {
    () => {
        " WHERE number = ?1 AND epoch = ?2 AND lease_until > 0"
    };
}

macro_rules! list {
    ($of:literal) => {
        concat!(
            "SELECT * FROM webhook_events WHERE state = ?1 AND number < ?2",
            $of,
            " ORDER BY number DESC LIMIT ?3"
        )
    };
}

/// Those that came first, of a state and whatever else is asked for. `$of` names what an index is to be used for.
macro_rules! replay {
    ($of:literal) => {
        concat!(
            "UPDATE webhook_events SET state = 'waiting', ready_at = ?1, ended_at = NULL, attempts = 0, failures = 0,
                cause = NULL
            WHERE number IN (SELECT e.number FROM webhook_events e
                WHERE e.state = ?2 AND e.state <> 'waiting'",
            $of,
            " AND (?5 IS NULL OR e.id = ?5) AND (?6 IS NULL OR e.kind = ?6)
                AND (?7 IS NULL OR e.platform = ?7 AND e.app = ?8 AND e.account = ?9)
                AND (?10 IS NULL OR e.received_at >= ?10) AND (?11 IS NULL OR e.received_at < ?11)
                ORDER BY e.number LIMIT ?3)"
        )
    };
}

// Named where the planner, without statistics, would rather take the index of states.
sql::statements! {
    INSERT = "INSERT INTO webhook_events (platform, id, app, kind, account, occurred_at, received_at, state, ready_at,
            body)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 'waiting', ?7, ?8)
        ON CONFLICT (platform, id) DO NOTHING";
    /// After a place in the order in which they are claimed.
    READY = "SELECT * FROM webhook_events INDEXED BY webhook_events_ready
        WHERE state = 'waiting' AND ready_at <= ?1 AND lease_until <= ?2 AND (ready_at, number) > (?3, ?4)
        ORDER BY ready_at, number LIMIT ?5";
    CLAIM = "UPDATE webhook_events SET epoch = epoch + 1, attempts = attempts + 1, lease_until = ?2
        WHERE number IN (SELECT value FROM json_each(?1))";
    PUT_OFF = "UPDATE webhook_events SET ready_at = ?2 WHERE number = ?1";
    /// `?1` holds pairs of a number and an epoch.
    COMPLETE = "UPDATE webhook_events SET state = 'done', ended_at = ?2, attempts = 0, lease_until = 0
        FROM json_each(?1) c
        WHERE number = c.value ->> 0 AND epoch = c.value ->> 1 AND lease_until > 0
        RETURNING number, epoch";
    RENEW = concat!("UPDATE webhook_events SET lease_until = ?3", held!());
    RETRY = concat!("UPDATE webhook_events SET ready_at = ?3, lease_until = 0,
            attempts = CASE WHEN ?4 IS NULL THEN max(attempts - 1, 0) ELSE 0 END,
            failures = failures + (?4 IS NOT NULL), cause = coalesce(?4, cause)", held!());
    PARK = concat!("UPDATE webhook_events SET state = 'dead', ended_at = ?3, attempts = 0, lease_until = 0,
            failures = failures + 1, cause = ?4", held!());
    LIST = list!("");
    LIST_OF_PLATFORM = list!(" AND platform = ?4");
    REPLAY = replay!("");
    REPLAY_OF_PLATFORM = replay!(" AND e.platform = ?4");
    REPLAY_ONE = replay!(" AND e.platform = ?4 AND e.id = ?5");
    PURGE = "DELETE FROM webhook_events WHERE number IN (SELECT e.number FROM webhook_events e
        WHERE e.state = ?1 AND e.state <> 'waiting' AND e.ended_at < ?2 ORDER BY e.ended_at, e.number LIMIT ?3)";
    /// Counted rows of each kind, in its own column.
    BACKLOG = "SELECT count(*) AS ready, 0 AS later, 0 AS dead, coalesce(sum(lease_until > ?2), 0) AS held,
            min(received_at) AS oldest
        FROM webhook_events INDEXED BY webhook_events_ready WHERE state = 'waiting' AND ready_at <= ?1
        UNION ALL
        SELECT 0, count(*), 0, coalesce(sum(lease_until > ?2), 0), min(received_at)
        FROM webhook_events INDEXED BY webhook_events_ready WHERE state = 'waiting' AND ready_at > ?1
        UNION ALL
        SELECT 0, 0, count(*), 0, NULL FROM webhook_events WHERE state = 'dead'";
    NEXT_READY = "SELECT min(ready_at) AS next_ready FROM webhook_events INDEXED BY webhook_events_ready
        WHERE state = 'waiting'";
}
