//! A transaction locks the lane in its first statement and reads posts in the next, which sees all that was committed
//! before the lock was granted. Only `SUBMIT` and `CLAIM` are one statement; they say why they may be.

use crate::sql;

/// What [`super::row::post`] reads, of a post `p` and its lane `l`.
macro_rules! post {
    () => {
        "p.id, p.owner, p.platform, l.app, l.account, p.idempotency_key, p.caption, p.request, p.step,
            p.effect::text AS effect, p.exposed, p.remote_ids, p.version, p.sealed, p.revision, p.state,
            p.outcome::text AS outcome, p.next_at, p.held_due_at, p.expires_at, p.settles_at IS NOT NULL AS started,
            p.started_at, p.restored_at, p.attempts, p.failures, p.failing_since, p.cancel_requested, p.cause::text AS cause, p.bytes_sent, p.bytes_total, p.created_at,
            p.began_at, p.settled_at,
            p.links::text AS links,
            p.notes::text AS notes"
    };
}

/// The columns that [`post!`] needs, of the one table they can be of.
macro_rules! kept {
    () => {
        "id, lane, owner, platform, idempotency_key, caption, request, step, effect, exposed, remote_ids, version, sealed, revision,
            state, outcome, next_at, held_due_at, expires_at, settles_at, started_at, restored_at, attempts, failures, failing_since,
            cancel_requested, cause, bytes_sent, bytes_total, created_at, began_at, settled_at,
            links,
            notes"
    };
}

/// A lane's first due post among the checkpoints this worker reads. Nearly always that is the first one at all;
/// otherwise it takes one seek for each version there is, so that any number of newer ones before it costs nothing.
/// It looks from `first_at` on, so that index entries of posts that are done cost nothing either before they are
/// vacuumed.
macro_rules! head {
    () => {
        "coalesce(
            (SELECT f.id FROM (SELECT p.id, p.version FROM social.posts p
                WHERE p.lane = l.id AND p.next_at BETWEEN l.first_at AND $3 ORDER BY p.next_at, p.id LIMIT 1) f
                WHERE f.version <= w.newest),
            (WITH RECURSIVE known (version) AS (
                (SELECT v.version FROM social.posts v WHERE v.lane = l.id AND v.next_at IS NOT NULL AND v.version >= 0
                    ORDER BY v.version LIMIT 1)
                UNION ALL
                SELECT (SELECT v.version FROM social.posts v
                    WHERE v.lane = l.id AND v.next_at IS NOT NULL AND v.version >= 0 AND v.version > known.version
                    ORDER BY v.version LIMIT 1)
                FROM known WHERE known.version < w.newest)
            SELECT h.id FROM known CROSS JOIN LATERAL (SELECT f.id, f.next_at FROM social.posts f
                WHERE f.lane = l.id AND f.version = known.version AND f.version >= 0 AND f.next_at BETWEEN l.first_at AND $3
                ORDER BY f.next_at, f.id LIMIT 1) h
            WHERE known.version <= w.newest ORDER BY h.next_at, h.id LIMIT 1))"
    };
}

/// The lanes to claim, as the rows `ready`: up to `$4`, longest ready first, each with its head.
macro_rules! ready_lanes {
    ($lock:literal) => {
        concat!(
            "wanted AS MATERIALIZED (
            SELECT w.platform, w.app, w.newest FROM unnest($1::text[], $5::text[], $2::bigint[]) AS w (platform, app, newest)),
        ready AS MATERIALIZED (
            SELECT c.lane_id, c.ready_at, c.fence, c.row_id, c.post, w.newest FROM wanted w CROSS JOIN LATERAL (
                SELECT l.id AS lane_id, l.ready_at, l.fence, l.row_id, h.post
                FROM social.lanes l CROSS JOIN LATERAL (SELECT ",
            head!(),
            " AS post OFFSET 0) h
                WHERE l.platform = w.platform AND l.app = w.app AND NOT l.held AND l.ready_at <= $3
                    AND l.lease_until <= (SELECT social.clock()) AND h.post IS NOT NULL
                ORDER BY l.ready_at, l.fence, l.row_id LIMIT $4 ",
            $lock,
            ") c
            ORDER BY c.ready_at, c.fence, c.row_id LIMIT $4)"
        )
    };
}

/// The first due time of a lane `l` whose row `post` is changed by the statement.
macro_rules! first {
    () => {
        "least(post.next_at, (SELECT o.next_at FROM social.posts o
            WHERE o.lane = post.lane AND o.id <> post.id AND o.next_at >= l.first_at
            ORDER BY o.next_at, o.id LIMIT 1))"
    };
}

/// The same of a lane none of whose posts the statement changes.
macro_rules! first_now {
    () => {
        "(SELECT p.next_at FROM social.posts p WHERE p.lane = l.id AND p.next_at IS NOT NULL
            ORDER BY p.next_at, p.id LIMIT 1)"
    };
}

/// When a lane was served, as the caller says: a caller whose clock is ahead must not take it away from the others.
macro_rules! served {
    ($now:literal) => {
        concat!(
            "least(",
            $now,
            ", greatest(l.ready_at, (SELECT social.clock())))"
        )
    };
}

/// What a caller says is now, and no later than it is: what is due at once must not wait for a caller's clock that is ahead.
macro_rules! by_now {
    ($now:literal) => {
        concat!("least(", $now, "::timestamptz, (SELECT social.clock()))")
    };
}

/// When a post is due whose owner says so at `$now`. What is due at once is not due later because the owner's clock is ahead.
macro_rules! due {
    ($due_at:literal, $now:literal) => {
        concat!(
            "CASE WHEN ",
            $due_at,
            "::timestamptz <= ",
            $now,
            "::timestamptz THEN ",
            by_now!($due_at),
            " ELSE ",
            $due_at,
            " END"
        )
    };
}

/// Keeps `post_ids` as the checkpoint's ids are now, if a checkpoint is written; `before` has those that were.
macro_rules! ids {
    ($ids:literal) => {
        concat!(
            "gone AS (DELETE FROM social.post_ids i USING before
            WHERE i.post = $1 AND i.remote_id = ANY (before.remote_ids) AND i.remote_id <> ALL (",
            $ids,
            "::text[])),
        ids AS (INSERT INTO social.post_ids (platform, app, remote_id, post)
            SELECT post.platform, (SELECT l.app FROM social.lanes l WHERE l.id = post.lane), n.id, post.id
            FROM post CROSS JOIN before CROSS JOIN unnest(",
            $ids,
            "::text[]) AS n (id) WHERE n.id <> ALL (before.remote_ids) ORDER BY n.id)"
        )
    };
}

/// Whether events wait to be applied to a post `p`.
macro_rules! told {
    () => {
        "EXISTS (SELECT FROM social.event_handed h WHERE h.post = p.id AND h.post IS NOT NULL)"
    };
}

/// When a post `p` is due after a record: at its time, or with `$28` when it would be without what it was told. That is not known
/// of what was told while nobody had begun the post; without an outcome it is due at the record's time then, and never at none.
macro_rules! as_untold {
    () => {
        "CASE WHEN NOT $28 THEN $6 WHEN $2 IS NULL THEN coalesce(p.due_untold, $6) ELSE p.due_untold END"
    };
}

/// The newest posts that fit, a seek for each state. `$posts` says whose.
macro_rules! list {
    ($posts:literal) => {
        concat!(
            "SELECT ",
            post!(),
            " FROM unnest($1::text[]) AS s (state) CROSS JOIN LATERAL (SELECT ",
            kept!(),
            " FROM social.posts i WHERE ",
            $posts,
            " AND i.owner = $2 AND i.state = s.state AND i.id < $3
                AND ($4::text IS NULL OR position(lower($4 COLLATE \"C\") IN lower(i.caption)) > 0)
                ORDER BY i.id DESC LIMIT $5) p
            CROSS JOIN LATERAL (SELECT l.app, l.account FROM social.lanes l WHERE l.id = p.lane OFFSET 0) l
            ORDER BY p.id DESC LIMIT $5"
        )
    };
}

/// Cancels the posts `p` that `$posts` says, with their lines, as the rows `post`.
macro_rules! cancel {
    ($posts:literal) => {
        concat!(
            "WITH post AS (UPDATE social.posts p SET cancel_requested = true, updated_at = now(),
                state = CASE p.state WHEN 'queued' THEN 'cancelled' ELSE p.state END,
                outcome = CASE p.state WHEN 'queued' THEN $3::json ELSE p.outcome END,
                settled_at = CASE p.state WHEN 'queued' THEN coalesce(p.settled_at, $2) ELSE p.settled_at END,
                next_at = CASE WHEN p.state <> 'queued' THEN least(p.next_at, ", by_now!("$2"), ")
                    WHEN ", told!(), " THEN ", by_now!("$2"), " END,
                due_untold = CASE WHEN p.state <> 'queued' THEN least(p.due_untold, ", by_now!("$2"), ") END
            WHERE ",
            $posts,
            " AND p.version < 65536 AND (p.state = 'queued' OR p.state = 'working' AND NOT p.cancel_requested)
            RETURNING p.id, p.lane, p.next_at, p.state, p.step),
        lines AS (INSERT INTO social.post_history (post, at, kind, step)
            SELECT post.id, $2, unnest(CASE post.state WHEN 'cancelled' THEN ARRAY['cancel_requested', 'settled']
                ELSE ARRAY['cancel_requested'] END), post.step FROM post)"
        )
    };
}

/// Every state of this release, as the index `posts_unknown` has them.
macro_rules! known {
    () => {
        "('queued', 'working', 'awaiting_user', 'cancelled', 'failed', 'published', 'undecided')"
    };
}

sql::statements! {
    /// One statement: it reads nothing but the lane's row, which it has locked.
    SUBMIT = concat!("WITH lane AS (
            INSERT INTO social.lanes AS l (row_id, app, platform, account, first_at) VALUES ($1, $2, $3, $4, ", due!("$5", "$18"), ")
            ON CONFLICT (row_id) DO UPDATE SET first_at = least(l.first_at, excluded.first_at)
            RETURNING l.id),
        post AS (INSERT INTO social.posts (id, lane, platform, owner, idempotency_key, fingerprint, caption, request, step,
                effect, exposed, remote_ids, version, sealed, next_at, expires_at, created_at, held_due_at)
            SELECT $6, lane.id, $3, $7, $8, $9, $10, $11, $12, $13::json, $20, $14, $15, $16, ", due!("$5", "$18"), ", $17, $18, $19 FROM lane
            WHERE NOT EXISTS (SELECT FROM social.post_ids i
                WHERE i.platform = $3 AND i.app = $2 AND i.remote_id = ANY ($14::text[]))
            ON CONFLICT DO NOTHING RETURNING id, remote_ids),
        ids AS (INSERT INTO social.post_ids (platform, app, remote_id, post)
            SELECT $3, $2, n.id, post.id FROM post CROSS JOIN unnest(post.remote_ids) AS n (id) ORDER BY n.id),
        media AS (INSERT INTO social.post_media (media, post)
            SELECT m.id, post.id FROM post CROSS JOIN unnest($21::text[]) AS m (id) ON CONFLICT DO NOTHING),
        line AS (INSERT INTO social.post_history (post, at, kind, step)
            SELECT post.id, $18, k.kind, $12
            FROM post CROSS JOIN unnest(CASE WHEN $19::timestamptz IS NULL THEN ARRAY['submitted']
                ELSE ARRAY['submitted', 'held'] END) WITH ORDINALITY AS k (kind, number)
            ORDER BY k.number)
        SELECT lane.id AS lane, post.id IS NOT NULL AS is_new FROM lane LEFT JOIN post ON true");
    EXISTING = concat!("SELECT p.fingerprint, ", post!(), " FROM social.posts p JOIN social.lanes l ON l.id = p.lane
        WHERE p.lane = (SELECT a.id FROM social.lanes a WHERE a.row_id = $1) AND p.idempotency_key = $2");
    ID_IS_TAKEN = "SELECT EXISTS (SELECT FROM social.posts WHERE id = $1) AS taken";
    FIRST = concat!("UPDATE social.lanes l SET first_at = ", first_now!(), " WHERE l.id = ANY($1)");
    HOLD = "INSERT INTO social.lanes AS l (row_id, app, platform, account, held) VALUES ($1, $2, $3, $4, true)
        ON CONFLICT (row_id) DO UPDATE SET held = true, held_for = NULL";
    RESUME = "UPDATE social.lanes SET held = false, held_for = NULL WHERE row_id = $1";
    LET_GO = "UPDATE social.lanes SET held = false, held_for = NULL WHERE id = $1";
    HELD_ACCOUNTS = "SELECT l.app, l.platform, l.account, l.held_for::text AS held_for FROM social.lanes l
        WHERE l.held AND l.ready_at IS NOT NULL AND l.row_id > $1 ORDER BY l.row_id LIMIT $2";
    /// What is kept held is never ready.
    /// In the order of the app's own index, from one lane to the next, as long as one may be ready before what was found: nearly
    /// always the first one is it, and no lane that has only newer posts is taken for one.
    NEXT_READY_OF_APP = concat!("WITH RECURSIVE walk (ready_at, fence, row_id, best) AS (
            SELECT '-infinity'::timestamptz, 0::bigint, ''::text COLLATE \"C\", NULL::timestamptz
            UNION ALL
            SELECT n.ready_at, n.fence, n.row_id, least(walk.best, n.first)
            FROM walk CROSS JOIN LATERAL (
                SELECT l.ready_at, l.fence, l.row_id,
                    (SELECT greatest(p.next_at, l.served_at) FROM social.posts p WHERE p.id = ", head!(), ") AS first
                FROM social.lanes l CROSS JOIN (SELECT $4::bigint AS newest) w
                WHERE l.platform = $1 AND l.app = $2 AND NOT l.held AND l.ready_at IS NOT NULL
                    AND l.ready_at < coalesce(walk.best, timestamptz '9999-12-31 00:00:00Z')
                    AND (l.ready_at, l.fence, l.row_id) > (walk.ready_at, walk.fence, walk.row_id)
                ORDER BY l.ready_at, l.fence, l.row_id LIMIT 1) n)
        SELECT min(best) AS next_ready FROM walk");
    NEXT_READY = "SELECT min(ready_at) AS next_ready FROM social.lanes
        WHERE NOT held AND ready_at IS NOT NULL AND ready_at < timestamptz '9999-12-31 00:00:00Z'";

    /// One statement: of a post that changed since it began it compares the due time and the version again, and it
    /// changes no due time.
    CLAIM = concat!("WITH ", ready_lanes!("FOR NO KEY UPDATE OF l SKIP LOCKED"), ",
        taken AS (UPDATE social.posts p SET attempts = least(p.attempts, 4294967294) + 1, updated_at = now(),
                began_at = CASE p.state WHEN 'queued' THEN $3 ELSE p.began_at END,
                state = CASE p.state WHEN 'queued' THEN 'working' ELSE p.state END
            FROM ready r WHERE p.id = r.post AND p.next_at <= $3 AND p.version <= r.newest
            RETURNING ", kept!(), "),
        served AS (UPDATE social.lanes l SET fence = l.fence + 1, served_at = ", served!("$3"), ", claimed = p.id,
                lease_until = (SELECT social.clock()) + $6 * interval '1 microsecond'
            FROM taken p WHERE l.id = p.lane
            RETURNING l.id, l.fence, l.app, l.account)
        SELECT l.id AS lane, l.fence,
            (extract(epoch FROM p.settles_at - (SELECT social.clock())) * 1000000)::bigint AS settles_in, ", post!(), "
        FROM taken p JOIN served l ON l.id = p.lane JOIN ready r ON r.post = p.id
        ORDER BY r.ready_at, r.fence, r.row_id");

    /// Lanes that could be claimed, locked or not.
    CLAIMABLE = concat!("WITH ", ready_lanes!(""), " SELECT ready.lane_id AS lane FROM ready");
    /// Whoever has the lane locked is about to end; if not, it is as if they held it.
    WAIT_BRIEFLY = "SELECT set_config('lock_timeout', '1s', true)";
    LANE = "SELECT l.id AS lane FROM social.lanes l WHERE l.id = $1 FOR NO KEY UPDATE";

    /// Locks the claim's lane, unless it was given back or taken over.
    HOLDING = "SELECT l.id AS lane, p.remote_ids, p.links IS NOT NULL AS is_there FROM social.lanes l JOIN social.posts p ON p.id = l.claimed
        WHERE l.row_id = $1 AND l.fence = $2 AND l.claimed = $3 FOR NO KEY UPDATE OF l";
    /// That a worker has begun it is asked in a way that no index answers: while few posts are on their way, a walk over all of
    /// them looks free.
    START = "WITH begun AS (UPDATE social.posts p SET updated_at = now(),
                settles_at = (SELECT social.clock()) + $2 * interval '1 microsecond', started_at = $3
            WHERE p.id = $1 AND coalesce(p.state, '') = 'working' AND p.settles_at IS NULL AND NOT p.cancel_requested
            RETURNING p.id),
        line AS (INSERT INTO social.post_history (post, at, kind, step, detail, error)
            SELECT begun.id, $3, $4, $5, $6::json, $7::json FROM begun)
        SELECT p.state, p.cancel_requested, p.settles_at IS NOT NULL AS started FROM social.posts p WHERE p.id = $1";
    RECORD = concat!("WITH before AS MATERIALIZED (SELECT p.remote_ids FROM social.posts p WHERE p.id = $1),
        post AS (UPDATE social.posts p SET updated_at = now(),
                state = coalesce($2, p.state), outcome = coalesce($3::json, p.outcome),
                settled_at = CASE WHEN $2 IS NULL THEN p.settled_at ELSE coalesce(p.settled_at, $4) END,
                next_at = CASE WHEN $5 AND p.cancel_requested OR NOT $29 AND ", told!(), "
                    THEN least(", as_untold!(), ", ", by_now!("$4"), ")
                    ELSE ", as_untold!(), " END,
                due_untold = CASE WHEN ", told!(), " THEN ", as_untold!(), " END,
                settles_at = CASE WHEN $7 THEN p.settles_at END,
                attempts = $8, failures = $9, failing_since = $25, cause = $10::json,
                bytes_sent = coalesce($11, p.bytes_sent), bytes_total = coalesce($12, p.bytes_total),
                step = coalesce($13, p.step), effect = coalesce($14::json, p.effect),
                exposed = coalesce($27, p.exposed), remote_ids = coalesce($15, p.remote_ids),
                version = coalesce($16, p.version), sealed = coalesce($17, p.sealed),
                notes = coalesce($30::json, p.notes),
                links = CASE WHEN $13 IS NULL THEN p.links ELSE $31::json END
            WHERE p.id = $1 RETURNING p.id, p.lane, p.platform, p.next_at, p.cancel_requested),
        ", ids!("$15"), ",
        lines AS (INSERT INTO social.post_history (post, at, kind, step, detail, error, notes)
            SELECT post.id, h.at, h.kind, h.step, h.detail::json, h.error::json, h.notes::json
            FROM post CROSS JOIN unnest($18::timestamptz[], $19::text[], $20::text[], $21::text[], $22::text[], $32::text[])
                WITH ORDINALITY AS h (at, kind, step, detail, error, notes, number)
            ORDER BY h.number),
        lane AS (UPDATE social.lanes l SET served_at = ", served!("$4"), ", held = l.held OR $23,
                held_for = CASE WHEN $23 THEN $26::json ELSE l.held_for END,
                lease_until = CASE WHEN $24 THEN l.lease_until ELSE '-infinity' END,
                claimed = CASE WHEN $24 THEN l.claimed END,
                first_at = ", first!(), "
            FROM post WHERE l.id = post.lane)
        SELECT post.cancel_requested FROM post");
    /// Whether another post of the claim's lane waits to be stopped, or any is to be told something, which needs no connection: of
    /// those that this worker reads.
    STOPPING = "SELECT EXISTS (SELECT FROM social.posts o JOIN social.lanes l ON l.id = o.lane
        WHERE l.row_id = $1 AND o.id <> $2 AND o.next_at <= $3 AND coalesce(o.state, '') = 'working' AND o.cancel_requested
            AND o.version + 0 <= $4)
        OR EXISTS (SELECT FROM social.lanes l JOIN social.event_handed h ON h.lane = l.id AND h.post IS NOT NULL
            JOIN social.posts o ON o.id = h.post WHERE l.row_id = $1 AND o.began_at IS NOT NULL AND o.version + 0 <= $4)
        AS stopping";
    /// The same of any post of an account, that is due.
    NEEDS_NO_CONNECTION = "SELECT EXISTS (SELECT FROM social.posts o JOIN social.lanes l ON l.id = o.lane
        WHERE l.row_id = $1 AND o.next_at <= $2 AND coalesce(o.state, '') = 'working' AND o.cancel_requested
            AND o.version + 0 <= $3)
        OR EXISTS (SELECT FROM social.lanes l JOIN social.event_handed h ON h.lane = l.id AND h.post IS NOT NULL
            JOIN social.posts o ON o.id = h.post
            WHERE l.row_id = $1 AND o.began_at IS NOT NULL AND o.next_at <= $2 AND o.version + 0 <= $3)
        AS needs_none";
    RENEW = "UPDATE social.lanes l SET lease_until = (SELECT social.clock()) + $4 * interval '1 microsecond'
        WHERE l.row_id = $1 AND l.fence = $2 AND l.claimed = $3";
    /// Undoes what the claim of `$3` did.
    PUT_OFF = concat!("WITH post AS (UPDATE social.posts p SET updated_at = now(), next_at = $2,
                attempts = greatest(p.attempts - 1, 0),
                state = CASE WHEN p.state = 'working' AND p.began_at = $3 THEN 'queued' ELSE p.state END,
                began_at = CASE WHEN p.state = 'working' AND p.began_at = $3 THEN NULL ELSE p.began_at END
            WHERE p.id = $1 RETURNING p.id, p.lane, p.next_at)
        UPDATE social.lanes l SET lease_until = '-infinity', claimed = NULL, first_at = ", first!(), "
        FROM post WHERE l.id = post.lane");
    RELEASE = concat!("WITH post AS (UPDATE social.posts p SET updated_at = now(), next_at = $2,
                attempts = coalesce($3, p.attempts)
            WHERE p.id = $1 RETURNING p.id, p.lane, p.next_at)
        UPDATE social.lanes l SET lease_until = '-infinity', claimed = NULL, first_at = ", first!(), "
        FROM post WHERE l.id = post.lane");

    /// What was handed over to the claimed post. Nothing where the claim does not hold any more.
    TOLD = "SELECT h.number, p.due_untold FROM social.lanes l JOIN social.posts p ON p.id = l.claimed
        JOIN social.event_handed h ON h.post = p.id AND h.post IS NOT NULL
        WHERE l.row_id = $1 AND l.fence = $2 AND l.claimed = $3 ORDER BY h.number LIMIT $4";
    /// They took effect with what is recorded.
    APPLY = "WITH gone AS (DELETE FROM social.event_handed h WHERE h.number = ANY ($2) AND h.post = $1 AND h.post IS NOT NULL
            RETURNING h.number, h.epoch, h.ready_at, h.received_at, h.failures, h.cause)
        INSERT INTO social.event_ends (number, state, ended_at, epoch, ready_at, failures, cause)
        SELECT number, 1, $3, epoch, nullif(ready_at, received_at), nullif(failures, 0), cause FROM gone";
    /// Whoever hands an event over to nobody holds this until it is written down, and the other way round: one of the two
    /// sees what the other wrote. Locks are taken in one order.
    LOCK_KEYS = "SELECT count(pg_advisory_xact_lock(k.key)) FROM (
        SELECT hashtextextended(n.key::text, 7) AS key FROM unnest($1::uuid[]) AS n (key) ORDER BY 1) k";
    GIVE = "UPDATE social.event_handed h SET post = $1, lane = $3 WHERE h.key = ANY ($2) AND h.post IS NULL";
    /// Of ids that a post has given up.
    FREE = "UPDATE social.event_handed h SET post = NULL, lane = NULL
        WHERE h.post = $1 AND h.post IS NOT NULL AND h.key = ANY ($2)";
    LANE_OF_KEY = "SELECT p.id, p.lane FROM social.post_ids i JOIN social.posts p ON p.id = i.post
        WHERE i.platform = $1 AND i.app = $2 AND i.remote_id = $3";
    HAND_OVER = "WITH g AS (DELETE FROM social.event_queue q
            WHERE q.number = $1 AND q.epoch = $2 AND coalesce(q.lease_until, '-infinity') > '-infinity'
            RETURNING q.number, q.epoch, q.subject, q.ready_at, q.received_at, q.failures, q.cause, q.platform),
        handed AS (INSERT INTO social.event_handed
                (number, key, post, lane, received_at, ready_at, epoch, failures, platform, cause)
            SELECT number, $3, $4, $5, received_at, ready_at, epoch, failures, platform, cause FROM g)
        SELECT (SELECT nullif(f.due, 'infinity') FROM social.event_queue f
            WHERE f.subject = g.subject AND f.subject IS NOT NULL AND f.number > g.number AND f.dead_at IS NULL
            ORDER BY f.number LIMIT 1) AS next
        FROM g";
    /// Makes the post due that an event was handed over to, and ends a hold of its lane. What nobody has begun is told when it
    /// begins, and what a newer release wrote by that: when that looks anyway, and now where it would not.
    TELL = concat!("WITH post AS (UPDATE social.posts p SET updated_at = now(),
                next_at = CASE WHEN p.version < 65536 AND p.state IN ", known!(), " THEN least(p.next_at, ", by_now!("$3"), ")
                    ELSE coalesce(p.next_at, ", by_now!("$3"), ") END,
                due_untold = CASE WHEN EXISTS (SELECT FROM social.event_handed h
                    WHERE h.post = p.id AND h.post IS NOT NULL AND h.number <> $2) THEN p.due_untold ELSE p.next_at END
            WHERE p.id = $1 AND p.began_at IS NOT NULL
            RETURNING p.id, p.lane, p.next_at, p.version < 65536 AND p.state IN ", known!(), " AS is_known)
        UPDATE social.lanes l SET held = l.held AND NOT post.is_known,
            held_for = CASE WHEN post.is_known THEN NULL ELSE l.held_for END, first_at = ", first!(), "
        FROM post WHERE l.id = post.lane");

    PURGE_HISTORY = "WITH old AS MATERIALIZED (SELECT h.post, h.id FROM social.post_history h
            JOIN social.posts p ON p.id = h.post
            WHERE h.at < $1 AND p.settled_at < $1 AND p.next_at IS NULL LIMIT $2)
        DELETE FROM social.post_history h USING old WHERE h.post = old.post AND h.id = old.id";

    OWNED = concat!("SELECT ", post!(), " FROM social.posts p JOIN social.lanes l ON l.id = p.lane
        WHERE p.id = $1 AND p.owner = $2");
    LIST = list!("true");
    LIST_OF_ACCOUNT = list!("i.lane = (SELECT a.id FROM social.lanes a WHERE a.row_id = $6)");
    HISTORY = "SELECT h.at, h.kind, h.step, h.detail::text AS detail, h.error::text AS error,
            h.notes::text AS notes
        FROM social.post_history h
        WHERE h.post = (SELECT p.id FROM social.posts p WHERE p.id = $1 AND p.owner = $2) ORDER BY h.id";
    /// From one state to the next, however many posts are in each.
    STATES = "WITH RECURSIVE there (state) AS (
            (SELECT p.state FROM social.posts p WHERE p.owner = $1 ORDER BY p.state LIMIT 1)
            UNION ALL
            SELECT (SELECT p.state FROM social.posts p WHERE p.owner = $1 AND p.state > there.state ORDER BY p.state LIMIT 1)
            FROM there WHERE there.state IS NOT NULL)
        SELECT there.state FROM there WHERE there.state IS NOT NULL";
    COUNT = "SELECT p.state, count(*) AS posts FROM social.posts p WHERE p.owner = $1 GROUP BY p.state";
    COUNT_OF_ACCOUNT = "SELECT p.state, count(*) AS posts FROM social.posts p
        WHERE p.owner = $1 AND p.lane = (SELECT a.id FROM social.lanes a WHERE a.row_id = $2) GROUP BY p.state";
    PENDING = "SELECT count(*) AS posts FROM social.posts p
        WHERE p.lane = (SELECT a.id FROM social.lanes a WHERE a.row_id = $1)
            AND p.state IN ('working', 'awaiting_user') AND p.began_at >= $2";
    REMOTE = concat!("SELECT ", post!(), " FROM social.post_ids i JOIN social.posts p ON p.id = i.post
        JOIN social.lanes l ON l.id = p.lane
        WHERE i.platform = $1 AND i.app = $2 AND i.remote_id = $3");

    /// Locks the lane of an owner's post. Neither ever changes.
    LANE_OF_POST = "SELECT l.id AS lane FROM social.lanes l
        WHERE l.id = (SELECT p.lane FROM social.posts p WHERE p.id = $1 AND p.owner = $2) FOR NO KEY UPDATE";
    LANE_OF_ACCOUNT = "SELECT l.id AS lane FROM social.lanes l WHERE l.row_id = $1 FOR NO KEY UPDATE";
    STATE = "SELECT p.state, p.version, p.links::text AS links FROM social.posts p WHERE p.id = $1";
    /// Answers where the post stood before.
    CANCEL = concat!(cancel!("p.id = $1"), ",
        lane AS (UPDATE social.lanes l SET first_at = ", first!(), " FROM post WHERE l.id = post.lane)
        SELECT p.state, p.version, p.lane FROM social.posts p WHERE p.id = $1");
    /// What has no outcome is due at some time. Answers how many there were.
    CANCEL_ACCOUNT = concat!(cancel!("p.lane = $1 AND p.next_at IS NOT NULL"), "
        SELECT (SELECT count(*) FROM post) + (SELECT count(*) FROM social.posts p
            WHERE p.lane = $1 AND p.state = 'working' AND p.cancel_requested) AS posts");
    /// What a newer release wrote stands as it is, with the owner's wish beside it: that is for every release.
    CANCEL_NEWER = concat!("WITH post AS (UPDATE social.posts p SET cancel_requested = true, updated_at = now()
            WHERE p.lane = $1 AND p.settled_at IS NULL AND NOT p.cancel_requested AND (p.version >= 65536
                OR p.state NOT IN ", known!(), ")
            RETURNING p.id, p.step),
        lines AS (INSERT INTO social.post_history (post, at, kind, step)
            SELECT post.id, $2, 'cancel_requested', post.step FROM post)
        SELECT count(*) AS posts FROM post");
    /// Nothing of a newer release.
    HASTEN = concat!("WITH post AS (UPDATE social.posts p SET next_at = least(p.next_at, ", by_now!("$2"), "),
                due_untold = least(p.next_at, ", by_now!("$2"), "), updated_at = now()
            WHERE p.id = $1 AND p.began_at IS NOT NULL AND p.version < 65536 RETURNING p.id, p.lane, p.next_at),
        lane AS (UPDATE social.lanes l SET first_at = ", first!(), " FROM post WHERE l.id = post.lane)
        SELECT post.id FROM post");
    SETTLE = concat!("WITH post AS (UPDATE social.posts p SET state = $2, outcome = $3::json,
                next_at = CASE WHEN ", told!(), " THEN ", by_now!("$4"), " END, due_untold = NULL,
                settled_at = coalesce(p.settled_at, $4), updated_at = now(),
                notes = $7::json
            WHERE p.id = $1 AND p.state = 'undecided'
            RETURNING p.id, p.lane, p.next_at, p.step),
        line AS (INSERT INTO social.post_history (post, at, kind, step, detail, error, notes)
            SELECT post.id, $4, 'settled', post.step, $6::json, $5::json, $7::json FROM post),
        lane AS (UPDATE social.lanes l SET claimed = nullif(l.claimed, post.id),
                lease_until = CASE l.claimed WHEN post.id THEN '-infinity' ELSE l.lease_until END,
                first_at = ", first!(), "
            FROM post WHERE l.id = post.lane)
        SELECT post.id FROM post");
    EDIT = concat!("WITH before AS MATERIALIZED (SELECT p.remote_ids FROM social.posts p WHERE p.id = $1),
        post AS (UPDATE social.posts p SET revision = p.revision + 1, updated_at = now(),
                next_at = CASE WHEN p.held_due_at IS NULL THEN ", due!("$3", "$5"), " ELSE p.next_at END,
                held_due_at = CASE WHEN p.held_due_at IS NOT NULL THEN ", due!("$3", "$5"), " END, expires_at = $4, caption = coalesce($6, p.caption), request = coalesce($7, p.request),
                step = coalesce($8, p.step), effect = coalesce($9::json, p.effect),
                exposed = coalesce($13, p.exposed), remote_ids = coalesce($10, p.remote_ids),
                version = coalesce($11, p.version), sealed = coalesce($12, p.sealed)
            WHERE p.id = $1 AND p.revision = $2 AND p.state = 'queued' AND p.version < 65536
            RETURNING ", kept!(), "),
        ", ids!("$10"), ",
        left_media AS (DELETE FROM social.post_media m USING post
            WHERE m.post = post.id AND m.media <> ALL ($14::text[])),
        media AS (INSERT INTO social.post_media (media, post)
            SELECT m.id, post.id FROM post CROSS JOIN unnest($14::text[]) AS m (id) ON CONFLICT DO NOTHING),
        line AS (INSERT INTO social.post_history (post, at, kind, step)
            SELECT post.id, $5, 'edited', post.step FROM post),
        lane AS (UPDATE social.lanes l SET first_at = ", first!(), "
            FROM post WHERE l.id = post.lane RETURNING l.id, l.app, l.account)
        SELECT ", post!(), " FROM post p JOIN lane l ON l.id = p.lane");

    /// Of posts that are not over.
    NEEDED_MEDIA = "SELECT m.id AS media FROM unnest($1::text[]) AS m (id)
        WHERE EXISTS (SELECT FROM social.post_media k JOIN social.posts p ON p.id = k.post
            WHERE k.media = m.id AND (p.settled_at IS NULL OR p.settled_at >= $2 OR p.next_at IS NOT NULL))";
    HELD = concat!("SELECT ", post!(), " FROM social.posts p
        CROSS JOIN LATERAL (SELECT l.app, l.account FROM social.lanes l WHERE l.id = p.lane OFFSET 0) l
        WHERE p.held_due_at IS NOT NULL AND p.state = 'queued' AND p.id > $2 ORDER BY p.id LIMIT $1");
    LANE_OF_HELD = "SELECT l.id AS lane FROM social.lanes l
        WHERE l.id = (SELECT p.lane FROM social.posts p WHERE p.id = $1) FOR NO KEY UPDATE";
    RELEASE_HELD = concat!("WITH post AS (UPDATE social.posts p SET next_at = p.held_due_at, held_due_at = NULL,
                updated_at = now()
            WHERE p.id = $1 AND p.state = 'queued' AND p.held_due_at IS NOT NULL
            RETURNING ", kept!(), "),
        line AS (INSERT INTO social.post_history (post, at, kind, step)
            SELECT post.id, $2, 'released', post.step FROM post),
        lane AS (UPDATE social.lanes l SET first_at = ", first!(), "
            FROM post WHERE l.id = post.lane RETURNING l.id, l.app, l.account)
        SELECT ", post!(), " FROM post p JOIN lane l ON l.id = p.lane");

    MISSED = concat!("SELECT p.id, p.lane FROM social.posts p
        WHERE p.expires_at < ", by_now!("$1"), " AND p.state IN ('queued', 'working') AND p.version < 65536 AND NOT p.exposed
            AND p.settles_at IS NULL AND p.restored_at IS NULL AND NOT p.cancel_requested AND p.held_due_at IS NULL
            AND p.links IS NULL
            AND (SELECT l.claimed FROM social.lanes l WHERE l.id = p.lane) IS DISTINCT FROM p.id
            AND (p.began_at IS NULL OR (SELECT (l.platform, l.app) IN (SELECT s.platform, s.app
                    FROM unnest($3::text[], $4::text[]) AS s (platform, app))
                FROM social.lanes l WHERE l.id = p.lane))
        ORDER BY p.expires_at, p.id LIMIT $2");
    /// Locks lanes in their order.
    LANES = "SELECT l.id AS lane FROM social.lanes l WHERE l.id = ANY($1) ORDER BY l.id FOR NO KEY UPDATE";
    EXPIRE = concat!("WITH post AS (UPDATE social.posts p SET state = 'failed', outcome = $3::json,
                next_at = CASE WHEN ", told!(), " THEN ", by_now!("$1"), " END, due_untold = NULL,
                settled_at = coalesce(p.settled_at, $1), updated_at = now()
            WHERE p.id = ANY($2) AND p.expires_at < ", by_now!("$1"), " AND p.state IN ('queued', 'working') AND p.version < 65536 AND NOT p.exposed
                AND p.settles_at IS NULL AND p.restored_at IS NULL AND NOT p.cancel_requested AND p.held_due_at IS NULL
                AND p.links IS NULL
                AND (SELECT l.claimed FROM social.lanes l WHERE l.id = p.lane) IS DISTINCT FROM p.id
                AND (p.began_at IS NULL OR (SELECT (l.platform, l.app) IN (SELECT s.platform, s.app
                        FROM unnest($5::text[], $6::text[]) AS s (platform, app))
                    FROM social.lanes l WHERE l.id = p.lane))
            RETURNING ", kept!(), "),
        lines AS (INSERT INTO social.post_history (post, at, kind, step, error)
            SELECT post.id, $1, 'settled', post.step, $4::json FROM post)
        SELECT ", post!(), " FROM post p JOIN social.lanes l ON l.id = p.lane ORDER BY p.expires_at, p.id");

    /// What is marked and was not written to since has its line.
    MARK_RESTORED = "WITH marked AS MATERIALIZED (SELECT p.id FROM social.posts p
            WHERE p.next_at IS NOT NULL AND p.state = 'working' AND p.restored_at IS NOT NULL AND p.settles_at IS NOT NULL),
        post AS (UPDATE social.posts p SET state = 'working', restored_at = $1, next_at = $1,
                began_at = coalesce(p.began_at, least(p.next_at, $1)),
                started_at = coalesce(p.started_at, p.began_at, least(p.next_at, $1)),
                settles_at = greatest(p.settles_at, (SELECT social.clock()) + $2 * interval '1 microsecond'),
                updated_at = now()
            WHERE p.next_at IS NOT NULL AND (p.state = 'working' OR p.state = 'queued' AND p.next_at <= $3)
            RETURNING p.id, p.lane, p.step),
        lines AS (INSERT INTO social.post_history (post, at, kind, step)
            SELECT post.id, $1, 'restored', post.step FROM post WHERE post.id NOT IN (SELECT m.id FROM marked m)),
        ended AS (UPDATE social.lanes l SET claimed = NULL, lease_until = '-infinity'
            FROM post WHERE l.id = post.lane AND l.claimed = post.id)
        SELECT count(*) AS posts FROM post";
    /// Where a post stands that only a newer release knows stays as it is; that the data were restored is for every release.
    MARK_NEWER = concat!("WITH post AS (UPDATE social.posts p SET restored_at = $1, updated_at = now()
            WHERE p.state NOT IN ", known!(), " AND p.settled_at IS NULL
            RETURNING p.id, p.step),
        lines AS (INSERT INTO social.post_history (post, at, kind, step)
            SELECT post.id, $1, 'restored', post.step FROM post)
        SELECT count(*) AS posts FROM post");
    HOLD_QUEUED = "WITH post AS (UPDATE social.posts p SET held_due_at = p.next_at, next_at = $2, updated_at = now()
            WHERE p.state = 'queued' AND p.next_at IS NOT NULL AND p.held_due_at IS NULL RETURNING p.id, p.step),
        lines AS (INSERT INTO social.post_history (post, at, kind, step)
            SELECT post.id, $1, 'held', post.step FROM post)
        SELECT count(*) AS posts FROM post";
    /// After a restore what was claimed in the life that is over holds nothing: every fence is above all that were given there.
    JUMP_FENCES = "UPDATE social.lanes SET fence = fence + 4294967296, claimed = NULL, lease_until = '-infinity'";
    FIRST_OF_ALL = concat!("UPDATE social.lanes l SET first_at = n.first_at
        FROM (SELECT l.id, ", first_now!(), " AS first_at FROM social.lanes l OFFSET 0) n
        WHERE l.id = n.id AND l.first_at IS DISTINCT FROM n.first_at");
}

/// Keeps everybody else from every lane, and waits for those who have one. SQL cannot PREPARE it, so it is no
/// statement of the list.
pub(crate) const LOCK_LANES: &str = "LOCK TABLE social.lanes IN EXCLUSIVE MODE";

#[cfg(test)]
mod tests {
    use social_core::store::PostState;

    #[test]
    fn every_state_of_this_release_is_known() {
        let words = PostState::ALL.map(|state| format!("'{}'", state.as_str()));
        assert_eq!(known!(), format!("({})", words.join(", ")));
    }
}
