-- Events are kept in four places, so that a claim moves no body and a purge drops whole tables: what came and is never
-- changed again, what waits and is small, what was handed over to posts, and how it ended. Which ids are known is kept apart, and not for ever.

CREATE SEQUENCE social.webhook_event_numbers;

-- What came. Ids, kinds and accounts are as long as platforms like, so the index holds a part of a digest.
CREATE TABLE social.webhook_events (
    number bigint NOT NULL, -- in the order of arrival
    platform text COLLATE "C" NOT NULL,
    app bytea NOT NULL,
    event_id bytea NOT NULL,
    kind bytea NOT NULL,
    sent_as bytea,
    account bytea,
    word text COLLATE "C" NOT NULL, -- what it is about,
    ids json, -- which one,
    subject bigint, -- and a digest of both within which events keep their order
    occurred_at timestamptz,
    received_at timestamptz NOT NULL,
    body bytea NOT NULL,
    PRIMARY KEY (number)
) PARTITION BY RANGE (number); -- 2^25 numbers each. By number, which needs no clock; and none is the default: see below

ALTER SEQUENCE social.webhook_event_numbers OWNED BY social.webhook_events.number;

CREATE INDEX webhook_events_account ON social.webhook_events (substring(sha256(account) FROM 1 FOR 8), number)
    WHERE account IS NOT NULL;
-- Some bytes for each hundred pages, and it grows at its end.
CREATE INDEX webhook_events_received ON social.webhook_events USING brin (received_at);

-- How it ended. What is null is as it was when the event came.
CREATE TABLE social.event_ends (
    number bigint NOT NULL,
    ended_at timestamptz NOT NULL,
    epoch bigint NOT NULL,
    ready_at timestamptz,
    failures bigint,
    cause json,
    state smallint NOT NULL, -- 1 done, 2 unmatched
    PRIMARY KEY (number)
) PARTITION BY RANGE (number);

CREATE INDEX event_ends_ended ON social.event_ends (ended_at, number);

-- What waits, and dead letters.
CREATE TABLE social.event_queue (
    number bigint PRIMARY KEY,
    due timestamptz NOT NULL, -- `ready_at`, or `lease_until`; infinity where nothing but another row makes it due
    ready_at timestamptz NOT NULL,
    lease_until timestamptz, -- while the claim of `epoch` was not ended
    received_at timestamptz NOT NULL,
    subject bigint,
    epoch bigint NOT NULL DEFAULT 0,
    attempts bigint NOT NULL DEFAULT 0,
    failures bigint NOT NULL DEFAULT 0,
    dead_at timestamptz,
    elsewhere boolean NOT NULL DEFAULT false, -- nobody who looked could handle it
    platform text COLLATE "C" NOT NULL,
    word text COLLATE "C" NOT NULL,
    cause json,
    CHECK (lease_until IS NULL OR dead_at IS NULL)
) WITH (fillfactor = 70);

CREATE INDEX event_queue_due ON social.event_queue (due, number) WHERE dead_at IS NULL;
CREATE INDEX event_queue_subject ON social.event_queue (subject, number) WHERE subject IS NOT NULL AND dead_at IS NULL;
CREATE INDEX event_queue_dead ON social.event_queue (number) WHERE dead_at IS NOT NULL;
CREATE INDEX event_queue_elsewhere ON social.event_queue (received_at, number) WHERE elsewhere AND dead_at IS NULL;
CREATE INDEX event_queue_died ON social.event_queue (dead_at, number) WHERE dead_at IS NOT NULL;

-- What was handed over to a post and is not applied yet, or to none so far. No claim looks at it, however many wait.
CREATE TABLE social.event_handed (
    number bigint PRIMARY KEY,
    key uuid NOT NULL, -- a digest of platform, app and the post's id there
    post uuid REFERENCES social.posts (id) ON DELETE SET NULL, -- whoever writes it holds the post's lane,
    lane bigint, -- which this is
    received_at timestamptz NOT NULL,
    ready_at timestamptz NOT NULL,
    epoch bigint NOT NULL,
    failures bigint NOT NULL,
    platform text COLLATE "C" NOT NULL,
    cause json
) WITH (fillfactor = 70);

CREATE INDEX event_handed_post ON social.event_handed (post, number) WHERE post IS NOT NULL;
CREATE INDEX event_handed_lane ON social.event_handed (lane) WHERE post IS NOT NULL;
CREATE INDEX event_handed_key ON social.event_handed (key) WHERE post IS NULL;
CREATE INDEX event_handed_came ON social.event_handed (received_at, number) WHERE post IS NULL;

-- Every row is gone within seconds. What is dead goes by count, not by a share of the table, before it slows down the claims.
ALTER TABLE social.event_queue SET (
    autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000, autovacuum_vacuum_cost_delay = 0,
    autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 20000);
ALTER TABLE social.event_handed SET (
    autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000, autovacuum_vacuum_cost_delay = 0,
    autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 20000);

-- An id is known from the window in which it came to the end of the next. A window is dropped whole.
CREATE TABLE social.event_windows (
    singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
    turn integer NOT NULL,
    turned_at timestamptz NOT NULL
);
INSERT INTO social.event_windows (turn, turned_at) VALUES (1, social.clock());

CREATE TABLE social.event_ids (
    key uuid NOT NULL, -- a digest of platform, app and id
    turn integer NOT NULL,
    number bigint NOT NULL,
    PRIMARY KEY (key, turn)
) PARTITION BY LIST (turn);
CREATE TABLE social.event_ids_0 PARTITION OF social.event_ids FOR VALUES IN (0);
CREATE TABLE social.event_ids_1 PARTITION OF social.event_ids FOR VALUES IN (1);

-- What follows makes and drops tables for roles that may not. Making and dropping are apart: in one transaction the lock
-- that a drop needs would be held while the other waits. ATTACH takes no lock that an insertion waits for, as CREATE TABLE
-- PARTITION OF does. There is no default partition, which would have to be read for each new one: an insertion that finds none
-- makes it and goes again.

CREATE FUNCTION social.keep_event_partitions(ahead integer) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    size CONSTANT bigint := 33554432;
    present bigint;
    name text;
    made integer := 0;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('social.keep_event_partitions', 0));
    SELECT last_value / size INTO present FROM social.webhook_event_numbers;
    FOR part IN present .. present + ahead LOOP
        FOREACH name IN ARRAY ARRAY['webhook_events', 'event_ends'] LOOP
            CONTINUE WHEN to_regclass(format('social.%I', name || '_p' || part)) IS NOT NULL;
            EXECUTE format('CREATE TABLE social.%I (LIKE social.%I INCLUDING ALL)', name || '_p' || part, name);
            EXECUTE format('ALTER TABLE social.%I ATTACH PARTITION social.%I FOR VALUES FROM (%s) TO (%s)',
                name, name || '_p' || part, part * size, (part + 1) * size);
            made := made + 1;
        END LOOP;
    END LOOP;
    RETURN made;
END
$$;

-- Whether nothing of a partition waits or is dead, and all of it ended before `before`.
CREATE FUNCTION social.event_partition_is_over(part bigint, before timestamptz) RETURNS boolean
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    size CONSTANT bigint := 33554432;
    ended timestamptz;
BEGIN
    IF EXISTS (SELECT FROM social.event_queue WHERE number >= part * size AND number < (part + 1) * size)
        OR EXISTS (SELECT FROM social.event_handed WHERE number >= part * size AND number < (part + 1) * size) THEN
        RETURN false;
    END IF;
    EXECUTE format('SELECT max(ended_at) FROM social.%I', 'event_ends_p' || part) INTO ended;
    RETURN coalesce(ended < before, true);
END
$$;

-- Drops the first full partition that is over, if there is one: what keeps one of them keeps no other. It is looked at again
-- under the locks that a drop takes: a replay may have come in between.
CREATE FUNCTION social.drop_event_partition(before timestamptz) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '2s'
AS $$
DECLARE
    size CONSTANT bigint := 33554432;
    present bigint;
    part bigint;
BEGIN
    SELECT last_value / size INTO present FROM social.webhook_event_numbers;
    FOR part IN SELECT substring(c.relname FROM '_p(\d+)$')::bigint AS found
        FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = 'social.webhook_events'::regclass
        ORDER BY found LOOP
        EXIT WHEN part >= present;
        CONTINUE WHEN NOT social.event_partition_is_over(part, before);
        LOCK TABLE social.event_ends, social.webhook_events IN ACCESS EXCLUSIVE MODE;
        CONTINUE WHEN NOT social.event_partition_is_over(part, before);
        EXECUTE format('DROP TABLE social.%I', 'event_ends_p' || part);
        EXECUTE format('DROP TABLE social.%I', 'webhook_events_p' || part);
        RETURN true;
    END LOOP;
    RETURN false;
END
$$;

-- Begins the next window when the present one is four days old. Whoever inserts holds the lock shared, so that nobody still
-- writes into the one before: without it, ids were kept twice in neighbouring windows.
CREATE FUNCTION social.turn_event_ids() RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '2s'
AS $$
DECLARE
    next integer;
BEGIN
    SELECT turn + 1 INTO next FROM social.event_windows WHERE turned_at <= social.clock() - interval '4 days' FOR UPDATE;
    IF next IS NULL THEN
        RETURN false;
    END IF;
    EXECUTE format('CREATE TABLE social.%I (LIKE social.event_ids INCLUDING ALL)', 'event_ids_' || next);
    EXECUTE format('ALTER TABLE social.event_ids ATTACH PARTITION social.%I FOR VALUES IN (%s)', 'event_ids_' || next, next);
    PERFORM pg_advisory_xact_lock(hashtextextended('social.event_ids', 0));
    UPDATE social.event_windows SET turn = next, turned_at = social.clock();
    RETURN true;
END
$$;

-- Drops the windows that are over.
CREATE FUNCTION social.drop_event_ids() RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '2s'
AS $$
DECLARE
    old text;
    dropped integer := 0;
BEGIN
    FOR old IN SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid, social.event_windows w
        WHERE i.inhparent = 'social.event_ids'::regclass AND substring(c.relname FROM '_(\d+)$')::integer < w.turn - 1 LOOP
        EXECUTE format('DROP TABLE social.%I', old);
        dropped := dropped + 1;
    END LOOP;
    RETURN dropped;
END
$$;

-- They run as their owner: not for everybody who may look at the schema.
REVOKE EXECUTE ON FUNCTION social.keep_event_partitions(integer), social.drop_event_partition(timestamptz),
    social.event_partition_is_over(bigint, timestamptz), social.turn_event_ids(), social.drop_event_ids() FROM PUBLIC;

SELECT social.keep_event_partitions(2);
