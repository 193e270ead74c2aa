use crate::sql;

/// What [`super::row::verified`] reads.
macro_rules! event {
    () => {
        "e.number, e.platform, e.app, e.event_id, e.kind, e.sent_as, e.account, e.word, e.ids::text AS ids, e.occurred_at,
            e.received_at, e.body"
    };
}

/// What [`super::row::queued`] reads.
macro_rules! queued {
    () => {
        "CASE WHEN q.dead_at IS NULL THEN 'waiting' ELSE 'dead' END AS state, q.ready_at, q.attempts, q.failures,
            q.cause::text AS cause, q.dead_at AS ended_at, q.epoch"
    };
}

/// Whether an event `q` is held.
macro_rules! held {
    () => {
        "coalesce(q.lease_until, '-infinity') > '-infinity'"
    };
}

/// Whether a waiting event `q` is at or above a floor, known to this release, and the first of its subject.
macro_rules! in_turn {
    ($floor:literal, $words:literal) => {
        concat!(
            "q.dead_at IS NULL AND q.due >= coalesce(",
            $floor,
            "::timestamptz, '-infinity') AND q.word = ANY (",
            $words,
            "::text[])
            AND (q.subject IS NULL OR NOT EXISTS (SELECT FROM social.event_queue f
                WHERE f.subject = q.subject AND f.subject IS NOT NULL AND f.number < q.number AND f.dead_at IS NULL))"
        )
    };
}

/// Whether somebody may claim it now. `$1` is the caller's present.
macro_rules! claimable {
    ($floor:literal, $words:literal) => {
        concat!(
            in_turn!($floor, $words),
            " AND q.due <= greatest($1, (SELECT social.clock())) AND q.ready_at <= $1
            AND coalesce(q.lease_until, '-infinity') <= (SELECT social.clock())"
        )
    };
}

/// When the event is due whose turn it is once `g` has ended.
macro_rules! next {
    () => {
        "(SELECT nullif(f.due, 'infinity') FROM social.event_queue f
            WHERE f.subject = g.subject AND f.subject IS NOT NULL AND f.number > g.number AND f.dead_at IS NULL
            ORDER BY f.number LIMIT 1) AS next"
    };
}

macro_rules! list_queue {
    ($which:literal) => {
        concat!(
            "SELECT ",
            event!(),
            ", ",
            queued!(),
            " FROM social.event_queue q JOIN social.webhook_events e ON e.number = q.number
            WHERE q.dead_at ",
            $which,
            " AND q.number < $1 AND ($2::text IS NULL OR q.platform = $2)
            ORDER BY q.number DESC LIMIT $3"
        )
    };
}

/// The criteria of a replay. `$1` to `$8`, of what ended also its state `$10`; the index of a statement is asked for beside them.
macro_rules! wanted {
    () => {
        "($1::text IS NULL OR e.platform = $1)
            AND ($2::bytea IS NULL OR e.event_id = $2)
            AND ($3::bytea IS NULL OR e.kind = $3)
            AND ($4::bytea IS NULL OR (e.account = $4 AND e.app = $5))
            AND ($6::timestamptz IS NULL OR e.received_at >= $6)
            AND ($7::timestamptz IS NULL OR e.received_at < $7)"
    };
}

/// Lets the events of these numbers, which are done, wait again. Locks are taken in the order of numbers.
macro_rules! replay_done {
    ($found:expr) => {
        concat!(
            "WITH found AS MATERIALIZED (",
            $found,
            "), locked AS MATERIALIZED (SELECT d.number FROM social.event_ends d
                WHERE d.number = ANY (ARRAY(SELECT number FROM found ORDER BY number LIMIT $8))
                ORDER BY d.number FOR UPDATE),
            gone AS (DELETE FROM social.event_ends d WHERE d.number = ANY (ARRAY(SELECT number FROM locked))
                RETURNING d.number, d.epoch)
            INSERT INTO social.event_queue (number, due, ready_at, received_at, platform, word, subject, epoch)
            SELECT e.number, $9, $9, e.received_at, e.platform, e.word, e.subject, gone.epoch
            FROM gone JOIN social.webhook_events e ON e.number = gone.number"
        )
    };
}

sql::statements! {
    /// Whoever begins a window waits for those that hold this, and the other way round. In a message of its own: a statement
    /// that takes it has looked at the windows already.
    SHARE_IDS = "SELECT pg_advisory_xact_lock_shared(hashtextextended('social.event_ids', 0))";
    /// Numbers follow the order given, locks that of keys: groups in opposite orders do not wait for one another. A receiver
    /// whose clock is ahead hides nothing.
    INSERT = "WITH present AS MATERIALIZED (SELECT w.turn FROM social.event_windows w),
        came AS MATERIALIZED (
            SELECT nextval('social.webhook_event_numbers') AS number, c.key, c.platform, c.app, c.event_id, c.kind, c.sent_as,
                c.account, c.word, c.ids::json AS ids, c.subject, c.occurred_at, c.received_at, c.body, c.place
            FROM unnest($1::uuid[], $2::text[], $3::bytea[], $4::bytea[], $5::bytea[], $6::bytea[], $7::bytea[], $8::text[],
                $9::text[], $10::bigint[], $11::timestamptz[], $12::timestamptz[], $13::bytea[]) WITH ORDINALITY
                AS c (key, platform, app, event_id, kind, sent_as, account, word, ids, subject, occurred_at, received_at, body,
                    place)),
        new AS (
            INSERT INTO social.event_ids (key, turn, number)
            SELECT c.key, present.turn, c.number FROM came c CROSS JOIN present
            WHERE NOT EXISTS (SELECT FROM social.event_ids o WHERE o.key = c.key AND o.turn = present.turn - 1)
            ORDER BY c.key
            ON CONFLICT DO NOTHING RETURNING number),
        kept AS MATERIALIZED (SELECT c.number, c.platform, c.app, c.event_id, c.kind, c.sent_as, c.account,
                c.word, c.ids, c.subject, c.occurred_at, c.received_at, c.body, c.place
            FROM came c JOIN new ON new.number = c.number),
        logged AS (
            INSERT INTO social.webhook_events (number, platform, app, event_id, kind, sent_as, account, word, ids, subject,
                occurred_at, received_at, body)
            SELECT number, platform, app, event_id, kind, sent_as, account, word, ids, subject, occurred_at, received_at, body
            FROM kept ORDER BY number),
        waits AS (
            INSERT INTO social.event_queue (number, due, ready_at, received_at, platform, word, subject)
            SELECT number, least(received_at, (SELECT social.clock())), least(received_at, (SELECT social.clock())), received_at,
                platform, word, subject
            FROM kept ORDER BY number)
        SELECT place, number FROM kept";
    FILL_IN = "UPDATE social.webhook_events e SET body = b.body
        FROM unnest($1::bigint[], $2::bytea[]) AS b (number, body) WHERE e.number = b.number";

    /// In the order in which events are due. `$4` is a floor: entries of events that ended while somebody's old snapshot
    /// keeps them lie below it.
    CLAIM = concat!("WITH first AS MATERIALIZED (
            SELECT q.ctid AS tid FROM social.event_queue q WHERE ", claimable!("$4", "$5"), "
            ORDER BY q.due, q.number LIMIT $3 FOR NO KEY UPDATE SKIP LOCKED),
        clock AS MATERIALIZED (SELECT social.clock() + $2 * interval '1 microsecond' AS until)
        UPDATE social.event_queue q SET epoch = q.epoch + 1, attempts = least(q.attempts, 4294967294) + 1,
            lease_until = (SELECT until FROM clock), due = (SELECT until FROM clock)
        WHERE q.ctid = ANY (ARRAY(SELECT tid FROM first))
        RETURNING q.number, ", queued!());
    /// The other half of what was claimed. Planned for these numbers, it locks the tables that they are in and no others.
    EVENTS = concat!("SELECT ", event!(), " FROM social.webhook_events e WHERE e.number = ANY ($1)");
    /// One that could be claimed, locked or not.
    CLAIMABLE = concat!("SELECT q.number FROM social.event_queue q WHERE ", claimable!("$2", "$3"), "
        ORDER BY q.due, q.number LIMIT 1");
    LOCK = "SELECT q.number FROM social.event_queue q WHERE q.number = $1 FOR NO KEY UPDATE";
    PUT_OFF = "UPDATE social.event_queue q SET lease_until = NULL, ready_at = $2, due = $2 WHERE q.number = ANY ($1)";
    /// That an event is held is asked in a way that no index answers. `next` is for the floor of this process.
    COMPLETE = concat!("WITH g AS (
            DELETE FROM social.event_queue q
            WHERE q.number = ANY ($1) AND q.epoch = ($2::bigint[])[array_position($1::bigint[], q.number)] AND ", held!(), "
            RETURNING q.number, q.epoch, q.subject, q.ready_at, q.received_at, q.failures, q.cause),
        ends AS (INSERT INTO social.event_ends (number, state, ended_at, epoch, ready_at, failures, cause)
            SELECT number, 1, $3, epoch, nullif(ready_at, received_at), nullif(failures, 0), cause FROM g)
        SELECT g.number, g.epoch, ", next!(), " FROM g");
    RENEW = concat!("WITH clock AS MATERIALIZED (SELECT social.clock() + $3 * interval '1 microsecond' AS until)
        UPDATE social.event_queue q SET lease_until = (SELECT until FROM clock), due = (SELECT until FROM clock)
        WHERE q.number = $1 AND q.epoch = $2 AND ", held!());
    RETRY = concat!("UPDATE social.event_queue q SET ready_at = $3, due = $3, lease_until = NULL,
            attempts = CASE WHEN $4::json IS NULL THEN greatest(q.attempts - 1, 0) ELSE 0 END,
            failures = CASE WHEN $4::json IS NULL THEN q.failures ELSE least(q.failures, 4294967294) + 1 END,
            elsewhere = q.elsewhere AND $4::json IS NULL,
            cause = coalesce($4::json, q.cause)
        WHERE q.number = $1 AND q.epoch = $2 AND ", held!());
    DEFER = concat!("UPDATE social.event_queue q SET ready_at = $3, due = $3, lease_until = NULL, attempts = 0, elsewhere = true
        WHERE q.number = $1 AND q.epoch = $2 AND ", held!());
    PARK = concat!("WITH g AS (
            UPDATE social.event_queue q SET dead_at = $3, attempts = 0, lease_until = NULL,
                failures = least(q.failures, 4294967294) + 1, cause = $4::json
            WHERE q.number = $1 AND q.epoch = $2 AND ", held!(), "
            RETURNING q.number, q.subject)
        SELECT ", next!(), " FROM g");

    LIST_WAITING = list_queue!("IS NULL");
    LIST_DEAD = list_queue!("IS NOT NULL");
    LIST_HANDED = concat!("SELECT ", event!(), ", 'handed' AS state, q.ready_at, 0::bigint AS attempts, q.failures,
            q.cause::text AS cause, NULL::timestamptz AS ended_at, q.epoch
        FROM social.event_handed q JOIN social.webhook_events e ON e.number = q.number
        WHERE q.number < $1 AND ($2::text IS NULL OR q.platform = $2)
        ORDER BY q.number DESC LIMIT $3");
    /// `$4` is the state's number.
    LIST_ENDED = concat!("SELECT ", event!(), ", CASE d.state WHEN 1 THEN 'done' WHEN 2 THEN 'unmatched' END AS state, coalesce(d.ready_at, e.received_at) AS ready_at,
            0::bigint AS attempts, coalesce(d.failures, 0) AS failures, d.cause::text AS cause, d.ended_at, d.epoch
        FROM social.event_ends d JOIN social.webhook_events e ON e.number = d.number
        WHERE d.number < $1 AND ($2::text IS NULL OR e.platform = $2) AND d.state = $4
        ORDER BY d.number DESC LIMIT $3");
    REPLAY_DEAD = concat!("WITH found AS MATERIALIZED (
            SELECT q.number FROM social.event_queue q
            WHERE q.dead_at IS NOT NULL AND EXISTS (SELECT FROM social.webhook_events e WHERE e.number = q.number AND ",
                wanted!(), " OFFSET 0)
            ORDER BY q.number LIMIT $8),
        locked AS MATERIALIZED (SELECT q.number FROM social.event_queue q
            WHERE q.number = ANY (ARRAY(SELECT number FROM found)) AND coalesce(q.dead_at, 'infinity') < 'infinity'
            ORDER BY q.number FOR NO KEY UPDATE)
        UPDATE social.event_queue q SET dead_at = NULL, ready_at = $9, due = $9, attempts = 0, failures = 0, elsewhere = false,
            cause = NULL
        FROM locked WHERE q.number = locked.number");
    REPLAY_DONE = replay_done!(concat!("SELECT d.number FROM social.event_ends d
        JOIN social.webhook_events e ON e.number = d.number WHERE d.state = $10 AND ", wanted!(), " ORDER BY d.number LIMIT $8"));
    REPLAY_ACCOUNT = replay_done!(concat!("SELECT e.number FROM social.webhook_events e
        JOIN social.event_ends d ON d.number = e.number
        WHERE substring(sha256(e.account) FROM 1 FOR 8) = substring(sha256($4) FROM 1 FOR 8) AND e.account IS NOT NULL
            AND d.state = $10 AND ", wanted!()));
    REPLAY_RECEIVED = replay_done!(concat!("SELECT e.number FROM social.webhook_events e
        JOIN social.event_ends d ON d.number = e.number
        WHERE e.received_at >= coalesce($6::timestamptz, '-infinity')
            AND e.received_at < coalesce($7::timestamptz, 'infinity') AND d.state = $10 AND ", wanted!()));
    /// Row by row only where the present partition begins or later: those before are dropped whole, which costs next to
    /// nothing. Locks are taken in the order of numbers, as by a replay.
    PURGE_DONE = "WITH ended AS MATERIALIZED (
            SELECT d.number FROM social.event_ends d
            WHERE d.ended_at < $1 AND d.number >= (SELECT
                coalesce(pg_sequence_last_value('social.webhook_event_numbers'::regclass), 0) / 33554432 * 33554432)
            ORDER BY d.ended_at, d.number LIMIT $2),
        locked AS MATERIALIZED (SELECT d.number FROM social.event_ends d
            WHERE d.number = ANY (ARRAY(SELECT number FROM ended)) ORDER BY d.number FOR UPDATE),
        gone AS (DELETE FROM social.event_ends d WHERE d.number = ANY (ARRAY(SELECT number FROM locked)) RETURNING d.number)
        DELETE FROM social.webhook_events e WHERE e.number = ANY (ARRAY(SELECT number FROM gone))";
    PURGE_DEAD = "WITH died AS MATERIALIZED (
            SELECT q.number FROM social.event_queue q WHERE q.dead_at IS NOT NULL AND q.dead_at < $1
            ORDER BY q.dead_at, q.number LIMIT $2),
        locked AS MATERIALIZED (SELECT q.number FROM social.event_queue q
            WHERE q.number = ANY (ARRAY(SELECT number FROM died)) AND coalesce(q.dead_at, 'infinity') < $1
            ORDER BY q.number FOR UPDATE),
        gone AS (DELETE FROM social.event_queue q WHERE q.number = ANY (ARRAY(SELECT number FROM locked)) RETURNING q.number)
        DELETE FROM social.webhook_events e WHERE e.number = ANY (ARRAY(SELECT number FROM gone))";

    /// What a post gets meanwhile is locked, and passed over.
    SET_ASIDE = "WITH old AS MATERIALIZED (
            SELECT h.number FROM social.event_handed h WHERE h.post IS NULL AND h.received_at < $1
            ORDER BY h.received_at, h.number LIMIT $3 FOR UPDATE SKIP LOCKED),
        gone AS (DELETE FROM social.event_handed h WHERE h.number = ANY (ARRAY(SELECT number FROM old))
            RETURNING h.number, h.epoch, h.ready_at, h.received_at, h.failures, h.cause)
        INSERT INTO social.event_ends (number, state, ended_at, epoch, ready_at, failures, cause)
        SELECT number, 2, $2, epoch, nullif(ready_at, received_at), nullif(failures, 0), cause FROM gone";

    /// `next` as in a completion.
    SET_DEFERRED_ASIDE = concat!("WITH old AS MATERIALIZED (
            SELECT q.number FROM social.event_queue q
            WHERE q.elsewhere AND q.dead_at IS NULL AND q.received_at < $1 AND NOT ", held!(), "
            ORDER BY q.received_at, q.number LIMIT $3 FOR UPDATE SKIP LOCKED),
        g AS (DELETE FROM social.event_queue q WHERE q.number = ANY (ARRAY(SELECT number FROM old))
            RETURNING q.number, q.epoch, q.subject, q.ready_at, q.received_at, q.failures, q.cause),
        ends AS (INSERT INTO social.event_ends (number, state, ended_at, epoch, ready_at, failures, cause)
            SELECT number, 2, $2, epoch, nullif(ready_at, received_at), nullif(failures, 0), cause FROM g)
        SELECT ", next!(), " FROM g");

    KEEP_PARTITIONS = "SELECT social.keep_event_partitions(2)";
    DROP_PARTITION = "SELECT social.drop_event_partition($1) AS dropped";
    TURN_IDS = "SELECT social.turn_event_ids()";
    DROP_IDS = "SELECT social.drop_event_ids()";

    BACKLOG = "SELECT count(*) FILTER (WHERE known AND ready_at <= $1) AS ready,
            count(*) FILTER (WHERE known AND ready_at > $1) AS later,
            count(*) FILTER (WHERE known AND lease_until > (SELECT social.clock())) AS held,
            count(*) FILTER (WHERE NOT known) AS unknown,
            min(received_at) FILTER (WHERE known) AS oldest,
            (SELECT count(*) FROM social.event_queue WHERE dead_at IS NOT NULL) AS dead,
            (SELECT count(*) FROM social.event_handed WHERE number > -1) AS handed,
            (SELECT count(*) FILTER (WHERE post IS NULL) FROM social.event_handed WHERE number > -1) AS unmatched
        FROM (SELECT q.ready_at, q.lease_until, q.received_at, q.word = ANY ($2::text[]) AS known
            FROM social.event_queue q WHERE q.dead_at IS NULL) waiting";
    NEXT_READY = concat!("SELECT q.ready_at AS next_ready FROM social.event_queue q
        WHERE ", in_turn!("$1", "$2"), " AND q.lease_until IS NULL
        ORDER BY q.due LIMIT 1");
}
