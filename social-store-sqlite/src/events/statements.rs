use crate::sql;

/// What [`super::row::event`] reads of an event `e`.
macro_rules! event {
    () => {
        "e.number, e.platform, e.id, e.app, e.kind, e.sent_as, e.account, e.word, e.ids, e.occurred_at, e.received_at, e.body"
    };
}

/// And of its row in the queue.
macro_rules! queued {
    () => {
        concat!(
            event!(),
            ", iif(q.dead_at IS NULL, 'waiting', 'dead') AS state, q.ready_at, q.attempts, q.failures, q.cause,
            q.dead_at AS ended_at, q.epoch, q.due"
        )
    };
}

/// And of its end.
macro_rules! ended {
    () => {
        concat!(
            event!(),
            ", CASE d.state WHEN 1 THEN 'done' WHEN 2 THEN 'unmatched' END AS state, d.ready_at, 0 AS attempts, d.failures, d.cause, d.ended_at, d.epoch"
        )
    };
}

/// What a claim's holder may write on.
macro_rules! held {
    () => {
        " WHERE number = ?1 AND epoch = ?2 AND lease_until > 0"
    };
}

/// Whether it is the turn of a waiting event `q`. `?1` holds the words of this release.
macro_rules! in_turn {
    () => {
        "q.dead_at IS NULL AND q.word IN (SELECT value FROM json_each(?1))
            AND (q.subject IS NULL OR NOT EXISTS (SELECT 1 FROM event_queue f INDEXED BY event_queue_subject
                WHERE f.subject = q.subject AND f.subject IS NOT NULL AND f.number < q.number AND f.dead_at IS NULL))"
    };
}

/// `?1` is a number, `?2` how many, `?3` a platform or nothing.
macro_rules! list_queue {
    ($which:literal) => {
        concat!(
            "SELECT ",
            queued!(),
            " FROM event_queue q ",
            $which,
            " CROSS JOIN webhook_events e ON e.number = q.number
            WHERE q.number < ?1 AND (?3 IS NULL OR q.platform = ?3)"
        )
    };
}

/// The numbers of those that came first. `$from` says among which.
macro_rules! replay {
    ($from:literal, $number:literal) => {
        concat!(
            "SELECT e.number FROM ",
            $from,
            " AND (?2 IS NULL OR e.platform = ?2) AND (?3 IS NULL OR e.id = ?3) AND (?4 IS NULL OR e.kind = ?4)
                AND (?5 IS NULL OR e.platform = ?5 AND e.app = ?6 AND e.account = ?7)
                AND (?8 IS NULL OR e.received_at >= ?8) AND (?9 IS NULL OR e.received_at < ?9)
            ORDER BY ",
            $number,
            " LIMIT ?1"
        )
    };
}

// Indexes are named where the planner, without statistics, might rather take another.
sql::statements! {
    WINDOW = "SELECT turn FROM event_windows WHERE singleton = 1";
    /// Writes nothing where the id is known.
    REMEMBER = "INSERT INTO event_ids (turn, key) SELECT ?1, ?2
        WHERE NOT EXISTS (SELECT 1 FROM event_ids WHERE turn = ?1 - 1 AND key = ?2)
        ON CONFLICT DO NOTHING";
    INSERT = "INSERT INTO webhook_events (platform, id, app, kind, sent_as, account, word, ids, subject, occurred_at,
            received_at, body)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)";
    WAIT = "INSERT INTO event_queue (number, due, ready_at, platform, word, subject, received_at)
        VALUES (?1, ?2, ?2, ?3, ?4, ?5, ?2)";

    /// After a place in the order in which they are due.
    READY = concat!("SELECT ", queued!(), " FROM event_queue q INDEXED BY event_queue_due
            CROSS JOIN webhook_events e ON e.number = q.number
        WHERE ", in_turn!(), " AND q.due <= max(?2, ?3) AND q.ready_at <= ?2 AND q.lease_until <= ?3
            AND (q.due, q.number) > (?4, ?5)
        ORDER BY q.due, q.number LIMIT ?6");
    CLAIM = "UPDATE event_queue SET epoch = epoch + 1, attempts = attempts + 1, lease_until = ?2, due = ?2
        WHERE number IN (SELECT value FROM json_each(?1))";
    PUT_OFF = "UPDATE event_queue SET ready_at = ?2, due = ?2, lease_until = 0 WHERE number = ?1";
    RENEW = concat!("UPDATE event_queue SET lease_until = ?3, due = ?3", held!());
    RETRY = concat!("UPDATE event_queue SET ready_at = ?3, due = ?3, lease_until = 0,
            attempts = CASE WHEN ?4 IS NULL THEN max(attempts - 1, 0) ELSE 0 END,
            failures = failures + (?4 IS NOT NULL), elsewhere = iif(?4 IS NULL, elsewhere, 0),
            cause = coalesce(?4, cause)", held!());
    DEFER = concat!("UPDATE event_queue SET ready_at = ?3, due = ?3, lease_until = 0, attempts = 0, elsewhere = 1", held!());
    PARK = concat!("UPDATE event_queue SET dead_at = ?3, attempts = 0, lease_until = 0, failures = failures + 1,
            cause = ?4", held!());
    /// `?1` holds pairs of a number and an epoch.
    COMPLETE = "INSERT INTO event_ends (number, state, ended_at, ready_at, epoch, failures, cause)
        SELECT q.number, 1, ?2, q.ready_at, q.epoch, q.failures, q.cause
        FROM json_each(?1) c CROSS JOIN event_queue q
            ON q.number = c.value ->> 0 AND q.epoch = c.value ->> 1 AND q.lease_until > 0
        WHERE true ON CONFLICT DO NOTHING RETURNING number, epoch";
    LEAVE_QUEUE = "DELETE FROM event_queue WHERE number IN (SELECT value FROM json_each(?1))";

    LIST_WAITING = concat!(list_queue!("NOT INDEXED"), " AND q.dead_at IS NULL ORDER BY q.number DESC LIMIT ?2");
    LIST_DEAD = concat!(list_queue!("INDEXED BY event_queue_dead"),
        " AND q.dead_at IS NOT NULL ORDER BY q.number DESC LIMIT ?2");
    LIST_HANDED = concat!("SELECT ", event!(), ", 'handed' AS state, h.ready_at, 0 AS attempts, h.failures, h.cause,
            NULL AS ended_at, h.epoch
        FROM event_handed h CROSS JOIN webhook_events e ON e.number = h.number
        WHERE h.number < ?1 AND (?3 IS NULL OR h.platform = ?3) ORDER BY h.number DESC LIMIT ?2");
    /// `?4` is the state's number.
    LIST_ENDED = concat!("SELECT ", ended!(), " FROM event_ends d CROSS JOIN webhook_events e ON e.number = d.number
        WHERE d.number < ?1 AND (?3 IS NULL OR e.platform = ?3) AND d.state = ?4 ORDER BY d.number DESC LIMIT ?2");

    DEAD_TO_REPLAY = replay!("event_queue q INDEXED BY event_queue_dead CROSS JOIN webhook_events e
        ON e.number = q.number WHERE q.dead_at IS NOT NULL AND q.number > 0", "q.number");
    DONE_TO_REPLAY = replay!("event_ends d CROSS JOIN webhook_events e ON e.number = d.number
        WHERE d.number > 0 AND d.state = ?10",
        "d.number");
    DONE_OF_ACCOUNT_TO_REPLAY = replay!("webhook_events e INDEXED BY webhook_events_account
        CROSS JOIN event_ends d ON d.number = e.number AND d.state = ?10
        WHERE e.account = ?7 AND e.account IS NOT NULL", "e.number");
    REPLAY_DEAD = "UPDATE event_queue SET dead_at = NULL, ready_at = ?2, due = ?2, attempts = 0, failures = 0, elsewhere = 0,
            cause = NULL
        WHERE number IN (SELECT value FROM json_each(?1))";
    REPLAY_DONE = "INSERT INTO event_queue (number, due, ready_at, platform, word, subject, received_at, epoch)
        SELECT e.number, ?2, ?2, e.platform, e.word, e.subject, e.received_at, d.epoch
        FROM json_each(?1) c CROSS JOIN webhook_events e ON e.number = c.value CROSS JOIN event_ends d ON d.number = e.number";
    LEAVE_ENDS = "DELETE FROM event_ends WHERE number IN (SELECT value FROM json_each(?1))";

    UNMATCHED = "SELECT number FROM event_handed INDEXED BY event_handed_came
        WHERE post IS NULL AND received_at < ?1 ORDER BY received_at, number LIMIT ?2";
    SET_ASIDE = "INSERT INTO event_ends (number, state, ended_at, ready_at, epoch, failures, cause)
        SELECT h.number, 2, ?2, h.ready_at, h.epoch, h.failures, h.cause
        FROM event_handed h WHERE h.number IN (SELECT value FROM json_each(?1)) ON CONFLICT DO NOTHING";
    DEFERRED = "SELECT number FROM event_queue INDEXED BY event_queue_elsewhere
        WHERE elsewhere = 1 AND dead_at IS NULL AND lease_until = 0 AND received_at < ?1
        ORDER BY received_at, number LIMIT ?2";
    SET_DEFERRED_ASIDE = "INSERT INTO event_ends (number, state, ended_at, ready_at, epoch, failures, cause)
        SELECT q.number, 2, ?2, q.ready_at, q.epoch, q.failures, q.cause
        FROM event_queue q WHERE q.number IN (SELECT value FROM json_each(?1)) ON CONFLICT DO NOTHING";
    LEAVE_HANDED = "DELETE FROM event_handed WHERE number IN (SELECT value FROM json_each(?1))";

    DONE_TO_PURGE = "SELECT number FROM event_ends WHERE ended_at < ?1 ORDER BY ended_at, number LIMIT ?2";
    DEAD_TO_PURGE = "SELECT number FROM event_queue INDEXED BY event_queue_died
        WHERE dead_at IS NOT NULL AND dead_at < ?1 ORDER BY dead_at, number LIMIT ?2";
    REMOVE = "DELETE FROM webhook_events WHERE number IN (SELECT value FROM json_each(?1))";

    TURN = "UPDATE event_windows SET turn = turn + 1, turned_at = ?1 WHERE singleton = 1 AND turned_at <= ?1 - ?2";
    /// A part of those whose windows are over.
    FORGET = "DELETE FROM event_ids WHERE (turn, key) IN (SELECT i.turn, i.key FROM event_ids i
        WHERE i.turn < (SELECT w.turn - 1 FROM event_windows w WHERE w.singleton = 1) ORDER BY i.turn, i.key LIMIT ?1)";

    BACKLOG = "SELECT coalesce(sum(known AND ready_at <= ?2), 0) AS ready, coalesce(sum(known AND ready_at > ?2), 0) AS later,
            coalesce(sum(known AND lease_until > ?3), 0) AS held, coalesce(sum(NOT known), 0) AS unknown,
            min(iif(known, received_at, NULL)) AS oldest,
            (SELECT count(*) FROM event_queue INDEXED BY event_queue_dead WHERE dead_at IS NOT NULL AND number > 0) AS dead,
            (SELECT count(*) FROM event_handed h WHERE h.number > 0) AS handed,
            (SELECT count(*) FROM event_handed u INDEXED BY event_handed_came
                WHERE u.post IS NULL AND u.received_at > -9223372036854775807) AS unmatched
        FROM (SELECT q.ready_at, q.lease_until, q.received_at, q.word IN (SELECT value FROM json_each(?1)) AS known
            FROM event_queue q INDEXED BY event_queue_due
            WHERE q.dead_at IS NULL AND q.due > -9223372036854775807)";
    NEXT_READY = concat!("SELECT q.ready_at AS next_ready FROM event_queue q INDEXED BY event_queue_due
        WHERE ", in_turn!(), " AND q.due > -9223372036854775807 AND q.lease_until = 0
        ORDER BY q.due LIMIT 1");
}
