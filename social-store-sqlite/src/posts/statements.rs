use crate::sql;

/// What [`super::row::post`] reads.
macro_rules! post {
    () => {
        "p.*, l.app, l.account"
    };
}

/// A lane's first due post among the checkpoints this worker reads: one seek for each version there is, so that any
/// number of newer ones before it costs nothing.
macro_rules! head {
    () => {
        "(WITH RECURSIVE known (version) AS (
            SELECT min(v.version) FROM posts v WHERE v.lane = l.id AND v.next_at IS NOT NULL
            UNION ALL
            SELECT (SELECT min(v.version) FROM posts v
                WHERE v.lane = l.id AND v.next_at IS NOT NULL AND v.version > known.version)
            FROM known WHERE known.version < ?4)
        SELECT h.id FROM known CROSS JOIN posts h ON h.id = (SELECT f.id FROM posts f
            WHERE f.lane = l.id AND f.version = known.version AND f.next_at <= ?2
            ORDER BY f.next_at, f.id LIMIT 1)
        WHERE known.version <= ?4
        ORDER BY h.next_at, h.id LIMIT 1)"
    };
}

/// The newest posts that fit, a seek for each state. `$posts` says whose.
macro_rules! list {
    ($posts:literal) => {
        concat!(
            "SELECT ",
            post!(),
            " FROM json_each(?1) s CROSS JOIN posts p ON p.id IN (SELECT i.id FROM posts i WHERE ",
            $posts,
            " AND i.owner = ?2 AND i.state = s.value AND i.id < ?3
                AND (?4 IS NULL OR instr(lower(i.caption), lower(?4)) > 0)
                ORDER BY i.id DESC LIMIT ?5)
            CROSS JOIN lanes l ON l.id = p.lane
            ORDER BY p.id DESC LIMIT ?5"
        )
    };
}

macro_rules! ready {
    () => {
        "UPDATE lanes SET ready_at = (SELECT max(p.next_at, coalesce(lanes.served_at, p.next_at))
            FROM posts p WHERE p.lane = lanes.id AND p.next_at IS NOT NULL ORDER BY p.next_at LIMIT 1)
        WHERE "
    };
}

/// When a lane `l` is ready whose first post is `p`.
macro_rules! ready_for {
    () => {
        "max(p.next_at, coalesce(l.served_at, p.next_at))"
    };
}

/// Posts without outcome that were begun or due, which another copy of the data may have sent: lane by lane, because what
/// has no outcome is due at some time, and few posts are.
macro_rules! begun_or_due {
    () => {
        "FROM lanes l CROSS JOIN posts p ON p.lane = l.id AND p.next_at IS NOT NULL
        WHERE (p.state = 'working' OR p.state = 'queued' AND p.next_at <= ?1)"
    };
}

/// Queued, and not kept held yet.
macro_rules! queued {
    () => {
        "FROM lanes l CROSS JOIN posts p ON p.lane = l.id AND p.next_at IS NOT NULL
        WHERE p.state = 'queued' AND p.held_due_at IS NULL"
    };
}

/// Every state of this release, as the index `posts_unknown` has them.
macro_rules! known {
    () => {
        "('queued', 'working', 'awaiting_user', 'cancelled', 'failed', 'published', 'undecided')"
    };
}

sql::statements! {
    KEEP_LANE = "INSERT INTO lanes (row_id, app, platform, account) VALUES (?1, ?2, ?3, ?4)
        ON CONFLICT (row_id) DO NOTHING";
    LANE = "SELECT id FROM lanes WHERE row_id = ?1";
    /// A lane is ready when its first post is due, and not before it was last served.
    READY = concat!(ready!(), "id = ?1");
    ALL_READY = concat!(ready!(), "id IN (SELECT value FROM json_each(?1))");
    HOLD = "UPDATE lanes SET held = 1, held_for = NULL WHERE row_id = ?1";
    RESUME = "UPDATE lanes SET held = 0, held_for = NULL WHERE row_id = ?1";
    LET_GO = "UPDATE lanes SET held = 0, held_for = NULL WHERE id = ?1";
    HELD_ACCOUNTS = "SELECT app, platform, account, held_for FROM lanes
        WHERE held = 1 AND ready_at IS NOT NULL AND row_id > ?1 ORDER BY row_id LIMIT ?2";
    /// What is kept held is never ready.
    /// From one lane to the next, as long as one may be ready before what was found: nearly always the first one is it, and no
    /// lane that has only newer posts is taken for one.
    NEXT_READY_OF_APP = concat!("WITH RECURSIVE walk (ready_at, fence, row_id, best) AS (
            SELECT -9223372036854775807, 0, '', NULL
            UNION ALL
            SELECT l.ready_at, l.fence, l.row_id, coalesce(min(walk.best, ", ready_for!(), "), walk.best, ", ready_for!(), ")
            FROM walk CROSS JOIN lanes l ON l.id = (SELECT n.id FROM lanes n
                WHERE n.platform = ?1 AND n.app = ?3 AND n.held = 0 AND n.ready_at IS NOT NULL
                    AND (n.ready_at, n.fence, n.row_id) > (walk.ready_at, walk.fence, walk.row_id)
                ORDER BY n.ready_at, n.fence, n.row_id LIMIT 1)
            LEFT JOIN posts p ON p.id = ", head!(), "
            WHERE l.ready_at < coalesce(walk.best, 253402214400000000))
        SELECT min(best) AS next_ready FROM walk");
    NEXT_READY = "SELECT min(ready_at) AS next_ready FROM lanes
        WHERE held = 0 AND ready_at IS NOT NULL AND ready_at < 253402214400000000";

    EXISTING = concat!("SELECT ", post!(), " FROM posts p JOIN lanes l ON l.id = p.lane
        WHERE p.lane = (SELECT a.id FROM lanes a WHERE a.row_id = ?1) AND p.idempotency_key = ?2");
    INSERT = "INSERT INTO posts (id, lane, platform, owner, idempotency_key, fingerprint, caption, request, step, effect,
            exposed, remote_ids, version, sealed, state, next_at, expires_at, created_at, held_due_at)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, 'queued', ?15, ?16, ?17, ?18)";
    KEEP_MEDIA = "INSERT OR IGNORE INTO post_media (media, post) SELECT value, ?1 FROM json_each(?2)";
    LEAVE_MEDIA = "DELETE FROM post_media WHERE post = ?1 AND media NOT IN (SELECT value FROM json_each(?2))";
    /// Of posts that are not over.
    NEEDED_MEDIA = "SELECT value AS media FROM json_each(?1)
        WHERE EXISTS (SELECT 1 FROM post_media k CROSS JOIN posts p ON p.id = k.post
            WHERE k.media = json_each.value AND (p.settled_at IS NULL OR p.settled_at >= ?2 OR p.next_at IS NOT NULL))";
    NOTE = "INSERT INTO post_history (post, at, kind, step, detail, error, notes)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";

    READY_LANES = concat!("SELECT l.id AS lane, l.row_id, l.ready_at, l.fence, p.id AS post
        FROM lanes l CROSS JOIN posts p ON p.id = ", head!(), "
        WHERE l.held = 0 AND l.platform = ?1 AND l.app = ?6 AND l.ready_at <= ?2 AND l.lease_until <= ?3
        ORDER BY l.ready_at, l.fence, l.row_id LIMIT ?5");
    CLAIM_LANE = "UPDATE lanes SET fence = fence + 1, served_at = ?2, lease_until = ?3, claimed = ?4
        WHERE id = ?1 RETURNING fence";
    CLAIM_POST = "UPDATE posts SET attempts = attempts + 1,
            began_at = CASE WHEN state = 'queued' THEN ?2 ELSE began_at END,
            state = CASE WHEN state = 'queued' THEN 'working' ELSE state END
        WHERE id = ?1";
    POST = concat!("SELECT ", post!(), " FROM posts p JOIN lanes l ON l.id = p.lane WHERE p.id = ?1");
    PUT_OFF = "UPDATE posts SET next_at = ?2 WHERE id = ?1";

    /// The claim's lane and post, unless it was given back or taken over.
    HOLDING = "SELECT l.id AS lane, p.state, p.cancel_requested, p.settles_at IS NOT NULL AS started,
            p.links IS NOT NULL AS is_there
        FROM posts p JOIN lanes l ON l.id = p.lane
        WHERE p.id = ?1 AND l.fence = ?2 AND l.claimed = ?1";
    START = "UPDATE posts SET settles_at = ?2, started_at = ?3 WHERE id = ?1";
    RECORD = "UPDATE posts SET attempts = ?8, failures = ?2, failing_since = ?9, cause = ?3, next_at = ?4,
            settles_at = CASE WHEN ?5 THEN settles_at END,
            bytes_sent = coalesce(?6, bytes_sent), bytes_total = coalesce(?7, bytes_total),
            notes = coalesce(?10, notes)
        WHERE id = ?1";
    /// Events that wait to be applied make it due.
    STILL_TOLD = "UPDATE posts SET due_untold = next_at, next_at = min(coalesce(next_at, ?2), ?2)
        WHERE id = ?1 AND EXISTS (SELECT 1 FROM event_handed h INDEXED BY event_handed_post
            WHERE h.post = ?1 AND h.post IS NOT NULL)";
    /// What was handed over to the claimed post. Nothing where the claim does not hold any more.
    TOLD = "SELECT h.number AS told, e.*, p.due_untold FROM lanes l CROSS JOIN posts p ON p.id = l.claimed
        CROSS JOIN event_handed h INDEXED BY event_handed_post ON h.post = p.id AND h.post IS NOT NULL
        LEFT JOIN webhook_events e ON e.number = h.number
        WHERE l.row_id = ?1 AND l.fence = ?2 AND l.claimed = ?3 ORDER BY h.number LIMIT ?4";
    /// They took effect with what is recorded. `?2` holds their numbers.
    APPLY = "INSERT INTO event_ends (number, state, ended_at, ready_at, epoch, failures, cause)
        SELECT h.number, 1, ?3, h.ready_at, h.epoch, h.failures, h.cause
        FROM event_handed h INDEXED BY event_handed_post
        WHERE h.post = ?1 AND h.post IS NOT NULL AND h.number IN (SELECT value FROM json_each(?2)) ON CONFLICT DO NOTHING";
    LEAVE_HANDED = "DELETE FROM event_handed INDEXED BY event_handed_post
        WHERE post = ?1 AND post IS NOT NULL AND number IN (SELECT value FROM json_each(?2))";
    /// What came before the post had the id is its from now on.
    GIVE = "UPDATE event_handed INDEXED BY event_handed_key SET post = ?1, lane = ?3 WHERE key = ?2 AND post IS NULL";
    /// Of an id that a post has given up.
    FREE = "UPDATE event_handed INDEXED BY event_handed_post SET post = NULL, lane = NULL
        WHERE post = ?1 AND post IS NOT NULL AND key = ?2";
    LANE_OF_POST = "SELECT p.lane, l.platform, l.app FROM posts p CROSS JOIN lanes l ON l.id = p.lane WHERE p.id = ?1";
    /// It is due when it would be without the events that it was told. That is not known of what was told while nobody had begun
    /// the post; without an outcome (`?2`) it is due at the record's time then, and never at none.
    DUE_AS_UNTOLD = "UPDATE posts SET next_at = coalesce(due_untold, CASE WHEN ?2 THEN next_at END) WHERE id = ?1";
    OF_ID = "SELECT i.post AS id, p.lane FROM post_ids i CROSS JOIN posts p ON p.id = i.post
        WHERE i.platform = ?1 AND i.app = ?2 AND i.remote_id = ?3";
    HAND_OVER = "INSERT INTO event_handed (number, key, post, lane, received_at, ready_at, epoch, failures, platform,
            cause)
        SELECT q.number, ?3, ?4, ?5, q.received_at, q.ready_at, q.epoch, q.failures, q.platform, q.cause
        FROM event_queue q WHERE q.number = ?1 AND q.epoch = ?2 AND q.lease_until > 0";
    LEAVE_QUEUE_FOR_POST = "DELETE FROM event_queue WHERE number = ?1";
    /// Makes the post due that an event was handed over to. What a newer release wrote is for that to tell: when it looks anyway,
    /// and now where it would not.
    TELL = concat!("UPDATE posts SET next_at = CASE WHEN version < 65536 AND state IN ", known!(), "
                THEN min(coalesce(next_at, ?3), ?3) ELSE coalesce(next_at, ?3) END,
            due_untold = CASE WHEN EXISTS (SELECT 1 FROM event_handed h INDEXED BY event_handed_post
                WHERE h.post = ?1 AND h.post IS NOT NULL AND h.number <> ?2) THEN due_untold ELSE next_at END
        WHERE id = ?1 AND began_at IS NOT NULL RETURNING version < 65536 AND state IN ", known!(), " AS is_known");
    IDS = "SELECT remote_ids FROM posts WHERE id = ?1";
    CHECKPOINT = "UPDATE posts SET step = ?2, effect = ?3, exposed = ?4, remote_ids = ?5, version = ?6, sealed = ?7,
            links = ?8
        WHERE id = ?1";
    FORGET_IDS = "DELETE FROM post_ids WHERE post = ?1";
    KEEP_IDS = "INSERT INTO post_ids (platform, app, remote_id, post)
        SELECT l.platform, l.app, i.value, p.id
        FROM posts p CROSS JOIN lanes l ON l.id = p.lane CROSS JOIN json_each(p.remote_ids) i WHERE p.id = ?1";
    OUTCOME = "UPDATE posts SET state = ?2, outcome = ?3, settled_at = coalesce(settled_at, ?4) WHERE id = ?1";
    SERVED = "UPDATE lanes SET served_at = ?2 WHERE id = ?1";
    /// Not while another post waits to be stopped, or any is to be told something, which needs no connection: of those that
    /// this worker reads.
    HOLD_LANE = "UPDATE lanes SET held = 1, held_for = ?2 WHERE id = ?1 AND NOT EXISTS (SELECT 1
        FROM posts o INDEXED BY posts_pending WHERE o.lane = ?1 AND o.state IN ('awaiting_user', 'working')
            AND o.state = 'working' AND o.cancel_requested = 1 AND o.next_at <= ?4 AND o.id <> ?3 AND +o.version <= ?5)
        AND NOT EXISTS (SELECT 1 FROM event_handed h INDEXED BY event_handed_lane CROSS JOIN posts o ON o.id = h.post
            WHERE h.lane = ?1 AND h.post IS NOT NULL AND o.began_at IS NOT NULL AND +o.version <= ?5)";
    /// The same of any post of an account, that is due.
    NEEDS_NO_CONNECTION = "SELECT EXISTS (SELECT 1 FROM lanes l CROSS JOIN posts o INDEXED BY posts_pending ON o.lane = l.id
        WHERE l.row_id = ?1 AND o.state IN ('awaiting_user', 'working') AND o.state = 'working' AND o.cancel_requested = 1
            AND o.next_at <= ?2 AND +o.version <= ?3)
        OR EXISTS (SELECT 1 FROM lanes l CROSS JOIN event_handed h INDEXED BY event_handed_lane
                ON h.lane = l.id AND h.post IS NOT NULL
            CROSS JOIN posts o ON o.id = h.post
            WHERE l.row_id = ?1 AND o.began_at IS NOT NULL AND +o.next_at <= ?2 AND +o.version <= ?3) AS needs_none";
    RENEW = "UPDATE lanes SET lease_until = ?2 WHERE id = ?1";
    GIVE_BACK = "UPDATE lanes SET lease_until = 0, claimed = NULL WHERE id = ?1";
    /// After a restore what was claimed in the life that is over holds nothing: every fence is above all that were given there.
    JUMP_FENCES = "UPDATE lanes SET fence = fence + 4294967296, claimed = NULL, lease_until = 0";
    RELEASE = "UPDATE posts SET attempts = 0, next_at = ?2 WHERE id = ?1";

    PURGE_HISTORY = "DELETE FROM post_history WHERE id IN (SELECT h.id FROM post_history h INDEXED BY post_history_at
        CROSS JOIN posts p ON p.id = h.post
        WHERE h.at < ?1 AND p.settled_at < ?1 AND p.next_at IS NULL LIMIT ?2)";

    OWNED = concat!("SELECT ", post!(), " FROM posts p JOIN lanes l ON l.id = p.lane
        WHERE p.id = ?1 AND p.owner = ?2");
    LIST = list!("1");
    LIST_OF_ACCOUNT = list!("i.lane = (SELECT a.id FROM lanes a WHERE a.row_id = ?6)");
    HISTORY = "SELECT h.* FROM posts p CROSS JOIN post_history h ON h.post = p.id
        WHERE p.id = ?1 AND p.owner = ?2 ORDER BY h.id";
    /// From one state to the next, however many posts are in each.
    STATES = "WITH RECURSIVE there (state) AS (
            SELECT min(p.state) FROM posts p WHERE p.owner = ?1
            UNION ALL
            SELECT (SELECT min(p.state) FROM posts p WHERE p.owner = ?1 AND p.state > there.state)
            FROM there WHERE there.state IS NOT NULL)
        SELECT there.state FROM there WHERE there.state IS NOT NULL";
    COUNT = "SELECT state, count(*) AS posts FROM posts WHERE owner = ?1 GROUP BY state";
    COUNT_OF_ACCOUNT = "SELECT state, count(*) AS posts FROM posts
        WHERE owner = ?1 AND lane = (SELECT a.id FROM lanes a WHERE a.row_id = ?2) GROUP BY state";
    REMOTE = concat!("SELECT ", post!(), " FROM post_ids i CROSS JOIN posts p ON p.id = i.post
        CROSS JOIN lanes l ON l.id = p.lane
        WHERE i.platform = ?1 AND i.app = ?2 AND i.remote_id = ?3");

    STANDING = "SELECT lane, state, version, step, revision, cancel_requested, links
        FROM posts WHERE id = ?1 AND owner = ?2";
    EDIT = "UPDATE posts SET revision = revision + 1, expires_at = ?3,
            next_at = CASE WHEN held_due_at IS NULL THEN ?2 ELSE next_at END,
            held_due_at = CASE WHEN held_due_at IS NOT NULL THEN ?2 END
        WHERE id = ?1";
    /// Every id is longer than nothing: said so that the index is sought, not walked.
    HELD = concat!("SELECT ", post!(), " FROM posts p JOIN lanes l ON l.id = p.lane
        WHERE p.held_due_at IS NOT NULL AND p.state = 'queued' AND p.id > ?2 ORDER BY p.id LIMIT ?1");
    RELEASE_HELD = "UPDATE posts SET next_at = held_due_at, held_due_at = NULL
        WHERE id = ?1 AND state = 'queued' AND held_due_at IS NOT NULL";
    CONTENT = "UPDATE posts SET caption = ?2, request = ?3 WHERE id = ?1";
    REQUEST_CANCEL = "UPDATE posts SET cancel_requested = 1,
            next_at = CASE WHEN state = 'working' THEN min(coalesce(next_at, ?2), ?2) ELSE next_at END,
            due_untold = CASE WHEN state = 'working' THEN min(coalesce(due_untold, ?2), ?2) END
        WHERE id = ?1";
    /// Nothing of a newer release.
    HASTEN = "UPDATE posts SET next_at = min(coalesce(next_at, ?2), ?2), due_untold = min(coalesce(next_at, ?2), ?2)
        WHERE id = ?1 AND began_at IS NOT NULL AND version < 65536";
    SETTLE = "UPDATE posts SET state = ?2, outcome = ?3, settled_at = coalesce(settled_at, ?4), next_at = NULL,
            notes = ?5
        WHERE id = ?1";
    END_CLAIM = "UPDATE lanes SET lease_until = 0, claimed = NULL WHERE id = ?1 AND claimed = ?2";
    PENDING = "SELECT count(*) AS posts FROM posts
        WHERE lane = (SELECT a.id FROM lanes a WHERE a.row_id = ?1) AND began_at >= ?2
            AND state IN ('awaiting_user', 'working')";
    LANES_TO_MARK = concat!("SELECT json_group_array(DISTINCT p.lane) AS lanes ", begun_or_due!());
    NOTE_RESTORED = concat!("INSERT INTO post_history (post, at, kind, step)
        SELECT p.id, ?2, 'restored', p.step ", begun_or_due!(), "
            AND (p.restored_at IS NULL OR p.settles_at IS NULL)
        ORDER BY p.id");
    END_MARKED_CLAIMS = concat!("UPDATE lanes SET lease_until = 0, claimed = NULL
        WHERE claimed IN (SELECT p.id ", begun_or_due!(), ")");
    MARK_RESTORED = concat!("UPDATE posts SET state = 'working', restored_at = ?2, next_at = ?2,
            began_at = coalesce(began_at, min(next_at, ?2)), started_at = coalesce(started_at, began_at, min(next_at, ?2)),
            settles_at = max(coalesce(settles_at, ?3), ?3)
        WHERE id IN (SELECT p.id ", begun_or_due!(), ")");
    QUEUED_LANES = concat!("SELECT json_group_array(DISTINCT p.lane) AS lanes ", queued!());
    NOTE_HELD = concat!("INSERT INTO post_history (post, at, kind, step)
        SELECT p.id, ?1, 'held', p.step ", queued!(), " ORDER BY p.id");
    HOLD_QUEUED = concat!("UPDATE posts SET held_due_at = next_at, next_at = ?1 WHERE id IN (SELECT p.id ", queued!(), ")");
    /// What has no outcome is due at some time.
    UNSETTLED = "SELECT count(*) AS posts FROM posts
        WHERE lane = ?1 AND next_at IS NOT NULL AND +version < 65536 AND state IN ('queued', 'working')";
    /// Both lines of a post at once and posts in order: half of the pages that one kind after the other would touch.
    NOTE_CANCELS = "INSERT INTO post_history (post, at, kind, step)
        SELECT p.id, ?2, k.column1, p.step
        FROM posts p CROSS JOIN (VALUES ('cancel_requested'), ('settled')) k
        WHERE p.lane = ?1 AND p.next_at IS NOT NULL AND +p.version < 65536 AND p.state IN ('queued', 'working')
            AND CASE k.column1 WHEN 'settled' THEN p.state = 'queued' ELSE p.cancel_requested = 0 END
        ORDER BY p.id, k.column1";
    CANCEL_QUEUED = "UPDATE posts SET state = 'cancelled', outcome = ?3, cancel_requested = 1, due_untold = NULL,
            next_at = CASE WHEN EXISTS (SELECT 1 FROM event_handed h INDEXED BY event_handed_post
                WHERE h.post = posts.id AND h.post IS NOT NULL) THEN ?2 END,
            settled_at = coalesce(settled_at, ?2)
        WHERE lane = ?1 AND next_at IS NOT NULL AND +version < 65536 AND state = 'queued'";
    CANCEL_WORKING = "UPDATE posts SET cancel_requested = 1, next_at = min(next_at, ?2),
            due_untold = min(coalesce(due_untold, ?2), ?2)
        WHERE lane = ?1 AND next_at IS NOT NULL AND +version < 65536 AND state = 'working' AND cancel_requested = 0";
    /// What a newer release wrote stands as it is, with the owner's wish beside it: that is for every release.
    NOTE_CANCELS_OF_NEWER = concat!("INSERT INTO post_history (post, at, kind, step)
        SELECT p.id, ?2, 'cancel_requested', p.step FROM posts p
        WHERE p.lane = ?1 AND p.settled_at IS NULL AND p.cancel_requested = 0 AND (p.version >= 65536
            OR p.state NOT IN ", known!(), ")");
    CANCEL_NEWER = concat!("UPDATE posts SET cancel_requested = 1
        WHERE lane = ?1 AND settled_at IS NULL AND cancel_requested = 0 AND (version >= 65536
            OR state NOT IN ", known!(), ")");
    /// Where a post stands that only a newer release knows stays as it is; that the data were restored is for every release.
    NOTE_NEWER_RESTORED = concat!("INSERT INTO post_history (post, at, kind, step)
        SELECT p.id, ?1, 'restored', p.step FROM posts p
        WHERE p.state NOT IN ", known!(), " AND p.settled_at IS NULL ORDER BY p.id");
    MARK_NEWER = concat!("UPDATE posts SET restored_at = ?1
        WHERE state NOT IN ", known!(), " AND settled_at IS NULL");
    MISSED = "SELECT p.id, p.lane, p.step, p.state, p.revision FROM posts p CROSS JOIN lanes l ON l.id = p.lane
        WHERE p.expires_at < ?1 AND p.state IN ('queued', 'working') AND +p.version < 65536 AND p.exposed = 0
            AND p.settles_at IS NULL AND p.restored_at IS NULL AND p.cancel_requested = 0 AND p.held_due_at IS NULL AND l.claimed IS NOT p.id
            AND p.links IS NULL
            AND (p.began_at IS NULL OR EXISTS (SELECT 1 FROM json_each(?3) s
                WHERE s.value ->> 0 = l.platform AND s.value ->> 1 = l.app))
        ORDER BY p.expires_at, p.id LIMIT ?2";
}

#[cfg(test)]
mod tests {
    use social_core::store::PostState;

    #[test]
    fn every_state_of_this_release_is_known() {
        let words = PostState::ALL.map(|state| format!("'{}'", state.as_str()));
        assert_eq!(known!(), format!("({})", words.join(", ")));
    }
}
