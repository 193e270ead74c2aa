-- Times are microseconds since 1970, UTC. `lease_until` and `settles_at` are on the store's own clock, all others on
-- the callers'. `sealed` and `request` are ciphertext.

CREATE TABLE installation (
    singleton INTEGER PRIMARY KEY CHECK (singleton = 1),
    id BLOB NOT NULL CHECK (length(id) = 16),
    key_check BLOB,
    schema_version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    last_number INTEGER NOT NULL DEFAULT 0 -- of `TokenStore::next_number`
) STRICT;

-- A disconnected account keeps its row, without tokens.
CREATE TABLE accounts (
    id TEXT NOT NULL PRIMARY KEY, -- AccountKey::row_id
    app TEXT NOT NULL, -- the space of the account's id
    platform TEXT NOT NULL,
    account TEXT NOT NULL,
    owner TEXT NOT NULL,
    route TEXT NOT NULL,
    login_app TEXT NOT NULL, -- of the route, and of the tokens
    consent TEXT NOT NULL,
    principal TEXT,
    name TEXT NOT NULL,
    aliases TEXT NOT NULL,
    scopes TEXT NOT NULL,
    status TEXT NOT NULL,
    status_detail TEXT,
    sealed BLOB,
    connected_at INTEGER NOT NULL,
    expires_at INTEGER,
    refresh_due_at INTEGER,
    grant_ends_at INTEGER, -- after this only the person helps
    suspected_at INTEGER,
    consent_number INTEGER NOT NULL DEFAULT 0, -- with the next column TokenOrder
    refresh_number INTEGER NOT NULL DEFAULT 0,
    revision INTEGER NOT NULL,
    epoch INTEGER NOT NULL DEFAULT 0,
    lease_until INTEGER NOT NULL DEFAULT 0,
    unknown_attempts INTEGER NOT NULL DEFAULT 0,
    UNIQUE (app, platform, account)
) STRICT;

CREATE INDEX accounts_owner ON accounts (owner, platform, name, id);
CREATE INDEX accounts_due ON accounts (refresh_due_at, id)
    WHERE status = 'connected' AND refresh_due_at IS NOT NULL;
CREATE INDEX accounts_due_login ON accounts (platform, login_app, route, refresh_due_at, id)
    WHERE status = 'connected' AND refresh_due_at IS NOT NULL;
CREATE INDEX accounts_connected ON accounts (platform, app, connected_at, account) WHERE status = 'connected';
CREATE INDEX accounts_principal ON accounts (platform, login_app, principal)
    WHERE principal IS NOT NULL;
CREATE INDEX accounts_expiring ON accounts (expires_at, id)
    WHERE status = 'connected' AND expires_at IS NOT NULL;
CREATE INDEX accounts_ending ON accounts (grant_ends_at, id)
    WHERE status = 'connected' AND grant_ends_at IS NOT NULL;

-- What `accounts.aliases` says, to be found by.
CREATE TABLE account_aliases (
    platform TEXT NOT NULL,
    alias TEXT NOT NULL,
    account TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    PRIMARY KEY (platform, alias, account)
) STRICT, WITHOUT ROWID;

CREATE INDEX account_aliases_account ON account_aliases (account);

CREATE TABLE logins (
    state_hash BLOB NOT NULL PRIMARY KEY CHECK (length(state_hash) = 32),
    browser_hash BLOB NOT NULL CHECK (length(browser_hash) = 32),
    owner TEXT NOT NULL,
    connector TEXT NOT NULL,
    redirect_uri TEXT NOT NULL,
    sealed BLOB NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX logins_expiry ON logins (expires_at);

CREATE TABLE offers (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    owner TEXT NOT NULL,
    connector TEXT NOT NULL,
    sealed BLOB NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX offers_expiry ON offers (expires_at);

-- One per account with posts; the unit of claiming. Not bound to `accounts`, which may be kept in another store.
CREATE TABLE lanes (
    id INTEGER PRIMARY KEY,
    row_id TEXT NOT NULL UNIQUE, -- AccountKey::row_id
    app TEXT NOT NULL,
    platform TEXT NOT NULL,
    account TEXT NOT NULL,
    held INTEGER NOT NULL DEFAULT 0 CHECK (held IN (0, 1)),
    held_for TEXT, -- JSON; of a held one, what the platform refused; none: the account was not connected
    served_at INTEGER, -- it queues up behind lanes that were ready then
    ready_at INTEGER, -- the later of the first `next_at` of its posts and `served_at`
    fence INTEGER NOT NULL DEFAULT 0,
    lease_until INTEGER NOT NULL DEFAULT 0,
    claimed BLOB, -- the post that the claim of `fence` is about, until it is given back
    UNIQUE (app, platform, account)
) STRICT;

CREATE INDEX lanes_ready ON lanes (ready_at) WHERE held = 0 AND ready_at IS NOT NULL;
CREATE INDEX lanes_ready_app ON lanes (platform, app, ready_at, fence, row_id)
    WHERE held = 0 AND ready_at IS NOT NULL;
CREATE INDEX lanes_held ON lanes (row_id) WHERE held = 1 AND ready_at IS NOT NULL;

CREATE TABLE posts (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    lane INTEGER NOT NULL REFERENCES lanes (id) ON DELETE CASCADE,
    platform TEXT NOT NULL,
    owner TEXT NOT NULL, -- who submitted it, whoever the account belongs to now
    idempotency_key TEXT NOT NULL,
    fingerprint BLOB NOT NULL CHECK (length(fingerprint) = 32),
    caption TEXT NOT NULL,
    request BLOB NOT NULL,
    step TEXT NOT NULL,
    effect TEXT NOT NULL,
    exposed INTEGER NOT NULL DEFAULT 0 CHECK (exposed IN (0, 1)), -- a post may exist on the platform
    remote_ids TEXT NOT NULL DEFAULT '[]', -- JSON
    version INTEGER NOT NULL, -- of the checkpoint; 65,536 and more when a release wrote it whose words those before it do not know
    sealed BLOB NOT NULL,
    state TEXT NOT NULL,
    outcome TEXT,
    next_at INTEGER,
    expires_at INTEGER,
    settles_at INTEGER, -- set while a `Once` step was started and has no known outcome
    started_at INTEGER, -- when the last one was
    restored_at INTEGER, -- the data were restored since: more may have been done of it than is written here
    attempts INTEGER NOT NULL DEFAULT 0,
    failures INTEGER NOT NULL DEFAULT 0,
    failing_since INTEGER,
    cancel_requested INTEGER NOT NULL DEFAULT 0 CHECK (cancel_requested IN (0, 1)),
    cause TEXT,
    bytes_sent INTEGER,
    bytes_total INTEGER,
    created_at INTEGER NOT NULL,
    began_at INTEGER,
    settled_at INTEGER,
    links TEXT, -- posts of the request that are there while more of it is to be done; none: NULL
    notes TEXT, -- what is to know beside the outcome
    UNIQUE (lane, idempotency_key)
) STRICT;

CREATE INDEX posts_due ON posts (lane, next_at, id) WHERE next_at IS NOT NULL;
-- A lane's head among the checkpoints that a worker can read, however many newer ones stand before it.
CREATE INDEX posts_due_version ON posts (lane, version, next_at, id) WHERE next_at IS NOT NULL;
CREATE INDEX posts_missed ON posts (expires_at, id)
    WHERE expires_at IS NOT NULL AND state IN ('queued', 'working') AND exposed = 0 AND links IS NULL;
CREATE INDEX posts_owner ON posts (owner, state, id);
-- What only a newer release knows; nothing, but after a rollback.
CREATE INDEX posts_unknown ON posts (id)
    WHERE state NOT IN ('queued', 'working', 'awaiting_user', 'cancelled', 'failed', 'published', 'undecided');
CREATE INDEX posts_lane ON posts (lane, owner, state, id);

-- What `posts.remote_ids` says, to be found by.
CREATE TABLE post_ids (
    platform TEXT NOT NULL,
    app TEXT NOT NULL,
    remote_id TEXT NOT NULL,
    post BLOB NOT NULL REFERENCES posts (id) ON DELETE CASCADE,
    PRIMARY KEY (platform, app, remote_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX post_ids_post ON post_ids (post);

-- Which files of the media store a post needs. They stay when it is over; whether it is, the post says.
CREATE TABLE post_media (
    media TEXT NOT NULL,
    post BLOB NOT NULL REFERENCES posts (id) ON DELETE CASCADE,
    PRIMARY KEY (media, post)
) STRICT, WITHOUT ROWID;

CREATE INDEX post_media_post ON post_media (post);

CREATE TABLE post_history (
    id INTEGER PRIMARY KEY,
    post BLOB NOT NULL REFERENCES posts (id) ON DELETE CASCADE,
    at INTEGER NOT NULL,
    kind TEXT NOT NULL,
    step TEXT NOT NULL,
    detail TEXT,
    error TEXT,
    notes TEXT -- of the outcome that the line tells of
) STRICT;

CREATE INDEX post_history_post ON post_history (post, id);
