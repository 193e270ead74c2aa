-- Posts, and one lane per account. Whoever changes a post locks its lane first, so that `first_at` is always right; of
-- several lanes the one with the lower id first.

-- The unit of claiming. Not bound to `accounts`, which may be kept in another store.
CREATE TABLE social.lanes (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    row_id text COLLATE "C" NOT NULL UNIQUE, -- AccountKey::row_id: app, platform and account
    app text COLLATE "C" NOT NULL,
    platform text COLLATE "C" NOT NULL,
    account text COLLATE "C" NOT NULL,
    held boolean NOT NULL DEFAULT false,
    held_for json, -- of a held one, what the platform refused; none: the account was not connected
    first_at timestamptz, -- the first `next_at` of its posts
    served_at timestamptz, -- it queues up behind lanes that were ready then
    ready_at timestamptz GENERATED ALWAYS AS
        (CASE WHEN first_at IS NOT NULL THEN greatest(first_at, served_at) END) STORED,
    fence bigint NOT NULL DEFAULT 0,
    lease_until timestamptz NOT NULL DEFAULT '-infinity',
    claimed uuid, -- the post that the claim of `fence` is about, until it is given back
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX lanes_ready ON social.lanes (ready_at) WHERE NOT held AND ready_at IS NOT NULL;
CREATE INDEX lanes_ready_app ON social.lanes (platform, app, ready_at, fence, row_id)
    WHERE NOT held AND ready_at IS NOT NULL;
CREATE INDEX lanes_held ON social.lanes (row_id) WHERE held AND ready_at IS NOT NULL;

CREATE TABLE social.posts (
    id uuid PRIMARY KEY,
    lane bigint NOT NULL REFERENCES social.lanes (id) ON DELETE CASCADE,
    platform text COLLATE "C" NOT NULL,
    owner text COLLATE "C" NOT NULL, -- who submitted it, whoever the account belongs to now
    idempotency_key text COLLATE "C" NOT NULL,
    fingerprint bytea NOT NULL CHECK (octet_length(fingerprint) = 32),
    caption text COLLATE "C" NOT NULL,
    request bytea NOT NULL,
    step text COLLATE "C" NOT NULL,
    effect json NOT NULL,
    exposed boolean NOT NULL DEFAULT false, -- a post may exist on the platform
    remote_ids text[] COLLATE "C" NOT NULL DEFAULT '{}',
    version bigint NOT NULL CHECK (version >= 0), -- of the checkpoint; 65,536 and more when a release wrote it whose words those before it do not know
    sealed bytea NOT NULL,
    revision bigint NOT NULL DEFAULT 1,
    state text COLLATE "C" NOT NULL DEFAULT 'queued',
    outcome json,
    next_at timestamptz,
    due_untold timestamptz, -- when it would be due without the events that wait in `event_handed`
    held_due_at timestamptz, -- of a queued post that waits for an operator's word: due then, and `next_at` never comes
    expires_at timestamptz,
    settles_at timestamptz, -- set while a `Once` step was started and has no known outcome
    started_at timestamptz, -- when the last one was
    restored_at timestamptz, -- the data were restored since: more may have been done of it than is written here
    attempts bigint NOT NULL DEFAULT 0,
    failures bigint NOT NULL DEFAULT 0,
    failing_since timestamptz,
    cancel_requested boolean NOT NULL DEFAULT false,
    cause json,
    bytes_sent bigint,
    bytes_total bigint,
    created_at timestamptz NOT NULL,
    began_at timestamptz,
    settled_at timestamptz,
    updated_at timestamptz NOT NULL DEFAULT now(),
    links json, -- posts of the request that are there while more of it is to be done; none: NULL
    notes json, -- what is to know beside the outcome
    UNIQUE (lane, idempotency_key),
    -- Infinity has no form in the program, and no difference to another time.
    CONSTRAINT posts_times_are_finite CHECK (
        isfinite(least(next_at, due_untold, expires_at, settles_at, started_at, restored_at, failing_since, created_at, began_at,
            settled_at))
        AND isfinite(greatest(next_at, due_untold, expires_at, settles_at, started_at, restored_at, failing_since, created_at, began_at,
            settled_at)))
);

CREATE INDEX posts_due ON social.posts (lane, next_at, id) WHERE next_at IS NOT NULL;
-- A lane's head among the checkpoints that a worker can read, however many newer ones stand before it. A condition that
-- every row meets keeps it from statements that do not name it: of few rows it looks as good to them as the index before.
CREATE INDEX posts_due_version ON social.posts (lane, version, next_at, id) WHERE next_at IS NOT NULL AND version >= 0;
CREATE INDEX posts_held ON social.posts (id) WHERE held_due_at IS NOT NULL AND state = 'queued';
CREATE INDEX posts_missed ON social.posts (expires_at, id)
    WHERE expires_at IS NOT NULL AND state IN ('queued', 'working') AND NOT exposed AND links IS NULL;
CREATE INDEX posts_pending ON social.posts (lane, began_at) WHERE state IN ('working', 'awaiting_user');
CREATE INDEX posts_owner ON social.posts (owner, state, id);
-- What only a newer release knows; nothing, but after a rollback.
CREATE INDEX posts_unknown ON social.posts (id)
    WHERE state NOT IN ('queued', 'working', 'awaiting_user', 'cancelled', 'failed', 'published', 'undecided');
CREATE INDEX posts_lane ON social.posts (lane, owner, state, id);

-- What `posts.remote_ids` says, to be found by.
CREATE TABLE social.post_ids (
    platform text COLLATE "C" NOT NULL,
    app text COLLATE "C" NOT NULL,
    remote_id text COLLATE "C" NOT NULL,
    post uuid NOT NULL REFERENCES social.posts (id) ON DELETE CASCADE,
    PRIMARY KEY (platform, app, remote_id)
);

CREATE INDEX post_ids_post ON social.post_ids (post);

-- Which files of the media store a post needs. They stay when it is over; whether it is, the post says.
CREATE TABLE social.post_media (
    media text COLLATE "C" NOT NULL,
    post uuid NOT NULL REFERENCES social.posts (id) ON DELETE CASCADE,
    PRIMARY KEY (media, post)
);

CREATE INDEX post_media_post ON social.post_media (post);

-- `detail` and `error` may quote a platform: as JSON they hold every character.
CREATE TABLE social.post_history (
    post uuid NOT NULL REFERENCES social.posts (id) ON DELETE CASCADE,
    id bigint GENERATED ALWAYS AS IDENTITY,
    at timestamptz NOT NULL,
    kind text COLLATE "C" NOT NULL,
    step text COLLATE "C" NOT NULL,
    detail json,
    error json,
    notes json, -- of the outcome that the line tells of
    PRIMARY KEY (post, id)
);

-- Some bytes for each hundred pages, and it grows at its end: for what is purged by age.
CREATE INDEX post_history_at ON social.post_history USING brin (at);
