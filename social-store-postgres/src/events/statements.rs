use crate::sql;

/// What [`super::row::event`] reads.
macro_rules! event {
    () => {
        "e.number, e.platform, e.app, e.event_id, e.kind, e.account, e.occurred_at, e.received_at, e.body, e.state,
            e.ready_at, e.attempts, e.failures, e.cause::text AS cause, e.ended_at"
    };
}

/// Every platform with events in the state `$1`, a seek for each; only `$2` if it is not null.
macro_rules! platforms {
    () => {
        "RECURSIVE named (platform) AS (
            (SELECT f.platform FROM social.webhook_events f WHERE f.state = $1 ORDER BY f.platform LIMIT 1)
            UNION ALL
            SELECT (SELECT f.platform FROM social.webhook_events f
                WHERE f.state = $1 AND f.platform > n.platform ORDER BY f.platform LIMIT 1)
            FROM named n WHERE n.platform IS NOT NULL),
        platforms AS (SELECT platform FROM named
            WHERE platform IS NOT NULL AND ($2::text IS NULL OR platform = $2))"
    };
}

/// Lets the first `$9` of the events that `$found` names wait again. Locks are taken in the order of numbers.
macro_rules! replay {
    ($found:expr) => {
        concat!(
            "WITH ",
            platforms!(),
            ", found AS MATERIALIZED (",
            $found,
            "), locked AS MATERIALIZED (SELECT e.number FROM social.webhook_events e
                JOIN (SELECT number FROM found ORDER BY number LIMIT $9) f ON f.number = e.number
                WHERE e.state = $1 AND e.state <> 'waiting' ORDER BY e.number FOR UPDATE OF e)
            UPDATE social.webhook_events e SET state = 'waiting', ready_at = $10, ended_at = NULL,
                attempts = 0, failures = 0, cause = NULL
            FROM locked WHERE e.number = locked.number"
        )
    };
}

/// The criteria of a replay, in a form that no index answers: each statement adds the one for its own.
macro_rules! wanted {
    () => {
        "e.state = $1 AND e.state <> 'waiting'
            AND ($3::bytea IS NULL OR e.event_id = $3)
            AND ($4::bytea IS NULL OR e.kind = $4)
            AND ($5::bytea IS NULL OR (e.account = $5 AND e.app = $6))
            AND ($7::timestamptz IS NULL OR e.received_at >= $7)
            AND ($8::timestamptz IS NULL OR e.received_at < $8)"
    };
}

/// Whether an event `e` is held.
macro_rules! held {
    () => {
        "coalesce(e.lease_until, '-infinity') > '-infinity'"
    };
}

sql::statements! {
    /// Numbers follow the order given, locks that of ids: groups in opposite orders do not wait for one another. A receiver
    /// whose clock is ahead hides nothing.
    INSERT = "WITH came AS MATERIALIZED (
            SELECT nextval('social.webhook_event_numbers') AS number, c.platform, c.app, c.event_id, c.kind, c.account,
                c.occurred_at, c.received_at, c.body, c.place
            FROM unnest($1::text[], $2::bytea[], $3::bytea[], $4::bytea[], $5::bytea[], $6::timestamptz[],
                $7::timestamptz[], $8::bytea[]) WITH ORDINALITY
                AS c (platform, app, event_id, kind, account, occurred_at, received_at, body, place)),
        kept AS (
            INSERT INTO social.webhook_events (number, platform, app, event_id, kind, account, occurred_at, received_at,
                body, ready_at)
            SELECT number, platform, app, event_id, kind, account, occurred_at, received_at, body,
                least(received_at, (SELECT social.clock()))
            FROM came ORDER BY platform COLLATE \"C\", event_id
            ON CONFLICT (platform, sha256(event_id)) DO NOTHING
            RETURNING number)
        SELECT came.place, came.number FROM kept JOIN came ON came.number = kept.number";
    FILL_IN = "UPDATE social.webhook_events e SET body = b.body
        FROM unnest($1::bigint[], $2::bytea[]) AS b (number, body) WHERE e.number = b.number";

    /// In the order in which events are ready, also among up to a thousand whose leases have lapsed; with more, those that
    /// lapsed first. Those are found by when they lapsed: an index gives that order, and no plan sorts all that are held.
    CLAIM = concat!("WITH clock AS MATERIALIZED (SELECT social.clock() AS now),
        free AS MATERIALIZED (
            SELECT f.number, f.ready_at FROM social.webhook_events f
            WHERE f.state = 'waiting' AND f.lease_until IS NULL AND f.ready_at <= $1
            ORDER BY f.ready_at, f.number LIMIT $3 FOR UPDATE SKIP LOCKED),
        lapsed AS MATERIALIZED (
            SELECT l.number, l.ready_at FROM social.webhook_events l
            WHERE l.number = ANY (ARRAY(SELECT w.number FROM social.webhook_events w
                    WHERE w.lease_until <= (SELECT now FROM clock) AND w.ready_at <= $1
                    ORDER BY w.lease_until LIMIT 1000))
                AND coalesce(l.lease_until, 'infinity') <= (SELECT now FROM clock)
            ORDER BY l.ready_at, l.number LIMIT $3 FOR UPDATE SKIP LOCKED),
        first AS (
            SELECT number FROM (SELECT number, ready_at FROM free UNION ALL SELECT number, ready_at FROM lapsed) ready
            ORDER BY ready_at, number LIMIT $3)
        UPDATE social.webhook_events e SET epoch = e.epoch + 1,
            lease_until = (SELECT now FROM clock) + $2 * interval '1 microsecond',
            attempts = least(e.attempts, 4294967294) + 1
        FROM first WHERE e.number = first.number
        RETURNING e.epoch, ", event!());
    /// One that could be claimed, locked or not.
    CLAIMABLE = "SELECT coalesce(
            (SELECT f.number FROM social.webhook_events f
                WHERE f.state = 'waiting' AND f.lease_until IS NULL AND f.ready_at <= $1
                ORDER BY f.ready_at, f.number LIMIT 1),
            (SELECT l.number FROM social.webhook_events l
                WHERE l.lease_until <= (SELECT social.clock()) AND l.ready_at <= $1
                ORDER BY l.lease_until LIMIT 1)) AS number";
    LOCK = "SELECT e.number FROM social.webhook_events e WHERE e.number = $1 FOR UPDATE";
    PUT_OFF = "UPDATE social.webhook_events SET lease_until = NULL, ready_at = $2 WHERE number = ANY($1)";
    /// That an event is held is asked in a way that no index answers: with the figures of a minute in which none was, a walk
    /// over all that are looks free.
    COMPLETE = concat!("UPDATE social.webhook_events e
        SET state = 'done', ended_at = $3, attempts = 0, lease_until = NULL
        WHERE e.number = ANY ($1) AND e.epoch = ($2::bigint[])[array_position($1::bigint[], e.number)] AND ", held!(), "
        RETURNING e.number, e.epoch");
    RENEW = concat!("UPDATE social.webhook_events e
        SET lease_until = (SELECT social.clock()) + $3 * interval '1 microsecond'
        WHERE e.number = $1 AND e.epoch = $2 AND ", held!());
    RETRY = concat!("UPDATE social.webhook_events e SET ready_at = $3, lease_until = NULL,
            attempts = CASE WHEN $4::json IS NULL THEN greatest(e.attempts - 1, 0) ELSE 0 END,
            failures = CASE WHEN $4::json IS NULL THEN failures ELSE least(failures, 4294967294) + 1 END,
            cause = coalesce($4::json, cause)
        WHERE e.number = $1 AND e.epoch = $2 AND ", held!());
    PARK = concat!("UPDATE social.webhook_events e SET state = 'dead', ended_at = $3, attempts = 0, lease_until = NULL,
            failures = least(failures, 4294967294) + 1, cause = $4::json
        WHERE e.number = $1 AND e.epoch = $2 AND ", held!());

    LIST = concat!("WITH ", platforms!(), "
        SELECT ", event!(), " FROM platforms p CROSS JOIN LATERAL (SELECT l.number FROM social.webhook_events l
            WHERE l.state = $1 AND l.platform = p.platform AND l.number < $3
            ORDER BY l.number DESC LIMIT $4) n
        JOIN social.webhook_events e ON e.number = n.number
        ORDER BY e.number DESC LIMIT $4");
    REPLAY = replay!(concat!("SELECT e.number FROM platforms p CROSS JOIN LATERAL (
            SELECT e.number FROM social.webhook_events e WHERE e.platform = p.platform AND ", wanted!(), "
            ORDER BY e.number LIMIT $9) e"));
    REPLAY_ID = replay!(concat!("SELECT e.number FROM platforms p JOIN social.webhook_events e
            ON e.platform = p.platform AND sha256(e.event_id) = sha256($3) WHERE ", wanted!()));
    REPLAY_ACCOUNT = replay!(concat!("SELECT e.number FROM social.webhook_events e
            WHERE sha256(e.account) = sha256($5) AND e.account IS NOT NULL
            AND e.platform IN (SELECT platform FROM platforms) AND ", wanted!()));
    REPLAY_RECEIVED = replay!(concat!("SELECT e.number FROM social.webhook_events e
            WHERE e.received_at >= coalesce($7::timestamptz, '-infinity')
            AND e.received_at < coalesce($8::timestamptz, 'infinity')
            AND e.platform IN (SELECT platform FROM platforms) AND ", wanted!()));
    /// Locks are taken in the order of numbers, as by a replay.
    PURGE = "WITH ended AS MATERIALIZED (
            SELECT e.number FROM social.webhook_events e
            WHERE e.state = $1 AND e.state <> 'waiting' AND e.ended_at < $2
            ORDER BY e.ended_at, e.number LIMIT $3),
        locked AS MATERIALIZED (
            SELECT e.number FROM ended JOIN social.webhook_events e ON e.number = ended.number
            WHERE e.state = $1 AND e.state <> 'waiting' AND e.ended_at < $2
            ORDER BY e.number FOR UPDATE OF e)
        DELETE FROM social.webhook_events e USING locked WHERE e.number = locked.number";
    BACKLOG = "WITH free AS (
            SELECT count(*) FILTER (WHERE ready_at <= $1) AS ready, count(*) AS waiting, min(received_at) AS oldest
            FROM social.webhook_events WHERE state = 'waiting' AND lease_until IS NULL),
        leased AS (
            SELECT count(*) FILTER (WHERE ready_at <= $1) AS ready, count(*) AS waiting, min(received_at) AS oldest,
                count(*) FILTER (WHERE lease_until > (SELECT social.clock())) AS held
            FROM social.webhook_events WHERE lease_until IS NOT NULL)
        SELECT free.ready + leased.ready AS ready, free.waiting + leased.waiting AS waiting, leased.held,
            least(free.oldest, leased.oldest) AS oldest,
            (SELECT count(*) FROM social.webhook_events WHERE state = 'dead') AS dead
        FROM free, leased";
    NEXT_READY = "SELECT least(
            (SELECT ready_at FROM social.webhook_events WHERE state = 'waiting' AND lease_until IS NULL
                ORDER BY ready_at LIMIT 1),
            (SELECT min(ready_at) FROM social.webhook_events WHERE lease_until IS NOT NULL)) AS next_ready";
}
