-- `lease_until`, `settles_at` and the times of limits are on the database's clock, all others on the callers'.
-- `sealed` and `request` are ciphertext. Text of platforms that may hold what `text` refuses is `bytea`.

-- The clock of leases and limits. Tests put one in its place that can be moved.
CREATE FUNCTION social.clock() RETURNS timestamptz LANGUAGE sql VOLATILE PARALLEL SAFE
    AS 'SELECT pg_catalog.clock_timestamp()';

CREATE TABLE social.installation (
    singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
    id uuid NOT NULL,
    key_check bytea,
    schema_version integer NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
