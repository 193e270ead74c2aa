-- A disconnected account keeps its row, without tokens.
CREATE TABLE social.accounts (
    id text COLLATE "C" PRIMARY KEY, -- AccountKey::row_id
    platform text COLLATE "C" NOT NULL,
    app text COLLATE "C" NOT NULL, -- the space of the account's id
    account text COLLATE "C" NOT NULL,
    owner text COLLATE "C" NOT NULL,
    route text COLLATE "C" NOT NULL,
    login_app text COLLATE "C" NOT NULL, -- of the route, and of the tokens
    consent text COLLATE "C" NOT NULL,
    principal text COLLATE "C",
    name text COLLATE "C" NOT NULL,
    aliases text[] NOT NULL,
    scopes text[] NOT NULL,
    status text COLLATE "C" NOT NULL,
    status_detail text COLLATE "C",
    sealed bytea,
    connected_at timestamptz NOT NULL,
    expires_at timestamptz,
    refresh_due_at timestamptz,
    grant_ends_at timestamptz, -- after this only the person helps
    suspected_at timestamptz,
    consent_number bigint NOT NULL DEFAULT 0, -- with the next column TokenOrder
    refresh_number bigint NOT NULL DEFAULT 0,
    revision bigint NOT NULL DEFAULT 0,
    epoch bigint NOT NULL DEFAULT 0,
    lease_until timestamptz NOT NULL DEFAULT '-infinity', -- that while nobody holds it
    unknown_attempts integer NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (platform, account, app)
) WITH (
    -- Room for the heap-only update of a claim.
    fillfactor = 85,
    -- Saves leave dead entries at the head of the due indexes. By the usual fifth of a large table there would be
    -- hundreds of thousands of them to step over before somebody cleans up.
    autovacuum_vacuum_scale_factor = 0.01,
    autovacuum_analyze_scale_factor = 0.05
);

-- Ciphertext does not compress.
ALTER TABLE social.accounts ALTER COLUMN sealed SET STORAGE EXTERNAL;

-- Not the name, which may be too long for an index; an owner's accounts are few.
CREATE INDEX accounts_owner ON social.accounts (owner);

-- No index holds the lease: a claim is then a heap-only update, which touches a fifth of the pages. The price is that a
-- claim looks at the rows that others hold and that are due before its own; workers hold few at a time.
CREATE INDEX accounts_due ON social.accounts (refresh_due_at)
    WHERE status = 'connected' AND refresh_due_at IS NOT NULL;
CREATE INDEX accounts_due_login ON social.accounts (platform, login_app, route, refresh_due_at)
    WHERE status = 'connected' AND refresh_due_at IS NOT NULL;
-- What looks for a single account does not say the second condition: as long as nobody has counted rows it would take this index.
CREATE INDEX accounts_connected ON social.accounts (platform, app, connected_at, account)
    WHERE status = 'connected' AND connected_at > '-infinity';
CREATE INDEX accounts_principal ON social.accounts (platform, login_app, principal)
    WHERE principal IS NOT NULL;
CREATE INDEX accounts_expiring ON social.accounts (expires_at)
    WHERE status = 'connected' AND expires_at IS NOT NULL;
CREATE INDEX accounts_ending ON social.accounts (grant_ends_at)
    WHERE status = 'connected' AND grant_ends_at IS NOT NULL;

-- What `accounts.aliases` says, to be found by.
CREATE TABLE social.account_aliases (
    platform text COLLATE "C" NOT NULL,
    alias text COLLATE "C" NOT NULL,
    account text COLLATE "C" NOT NULL REFERENCES social.accounts (id) ON DELETE CASCADE,
    PRIMARY KEY (platform, alias, account)
);

CREATE INDEX account_aliases_account ON social.account_aliases (account);

CREATE TABLE social.logins (
    state_hash bytea PRIMARY KEY CHECK (octet_length(state_hash) = 32),
    browser_hash bytea NOT NULL CHECK (octet_length(browser_hash) = 32),
    owner text COLLATE "C" NOT NULL,
    connector text COLLATE "C" NOT NULL,
    redirect_uri text COLLATE "C" NOT NULL,
    sealed bytea NOT NULL,
    expires_at timestamptz NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX logins_expiry ON social.logins (expires_at);

CREATE TABLE social.offers (
    id uuid PRIMARY KEY,
    owner text COLLATE "C" NOT NULL,
    connector text COLLATE "C" NOT NULL,
    sealed bytea NOT NULL,
    expires_at timestamptz NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX offers_expiry ON social.offers (expires_at);
