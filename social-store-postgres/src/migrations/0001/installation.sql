-- `lease_until`, `settles_at` and the times of limits are on the database's clock, all others on the callers'.
-- `created_at` and `updated_at`, for people, are on the database's too.
-- `sealed` and `request` are ciphertext. Text of platforms that may hold what `text` refuses is `bytea`.
-- Text is compared by its bytes (COLLATE "C"): no ordering depends on the locale of a server or on its libraries.

-- The clock of leases and limits. Tests put one in its place that can be moved.
CREATE FUNCTION social.clock() RETURNS timestamptz LANGUAGE sql VOLATILE PARALLEL SAFE
    AS 'SELECT pg_catalog.clock_timestamp()';

CREATE TABLE social.installation (
    singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
    id uuid NOT NULL,
    key_check bytea,
    schema_version integer NOT NULL,
    incarnation text[] NOT NULL, -- as accepted last; what the function `incarnation` answered
    instance text COLLATE "C", -- the operator's name for the place where the data are at work
    lost_at timestamptz, -- when a life was last accepted that may lack the last writes
    -- The highest of any account that was erased: one that comes back goes on above them.
    removed_revision bigint NOT NULL DEFAULT 0,
    removed_epoch bigint NOT NULL DEFAULT 0,
    last_number bigint NOT NULL DEFAULT 0, -- of `TokenStore::next_number`
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);

-- Which life of the data this is: identifier of the cluster, timeline, oid of the database, oid of a table, and where
-- they are known the cluster's name, Neon's tenant and Neon's branch. A part that this server does not tell is null. It runs
-- as its owner, so that every role hears the same.
CREATE FUNCTION social.incarnation() RETURNS text[] LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    cluster text;
    timeline text;
BEGIN
    BEGIN
        cluster := (SELECT system_identifier FROM pg_control_system());
    EXCEPTION
        WHEN insufficient_privilege OR undefined_function OR feature_not_supported
            OR object_not_in_prerequisite_state THEN NULL;
    END;
    BEGIN
        -- Not the last checkpoint's, which is late by minutes after a promotion.
        IF NOT pg_is_in_recovery() THEN
            timeline := substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8);
        END IF;
    EXCEPTION
        WHEN insufficient_privilege OR undefined_function OR feature_not_supported
            OR object_not_in_prerequisite_state THEN NULL;
    END;
    RETURN ARRAY[
        cluster,
        timeline,
        (SELECT oid::text FROM pg_database WHERE datname = current_database()),
        'social.installation'::regclass::oid::text,
        nullif(current_setting('cluster_name', true), ''),
        nullif(current_setting('neon.tenant_id', true), ''),
        nullif(current_setting('neon.timeline_id', true), '')
    ];
END
$$;

-- How many values each key has sealed.
CREATE TABLE social.key_usage (
    key bytea PRIMARY KEY,
    seals bigint NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
