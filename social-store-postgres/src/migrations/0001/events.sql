CREATE SEQUENCE social.webhook_event_numbers;

-- What platforms sent. Ids, kinds and accounts are as long as platforms like, so indexes hold their digests.
CREATE TABLE social.webhook_events (
    number bigint PRIMARY KEY, -- in the order of arrival
    platform text COLLATE "C" NOT NULL,
    app bytea NOT NULL,
    event_id bytea NOT NULL,
    kind bytea NOT NULL,
    account bytea,
    occurred_at timestamptz,
    received_at timestamptz NOT NULL,
    body bytea NOT NULL,
    state text COLLATE "C" NOT NULL DEFAULT 'waiting' CHECK (state IN ('dead', 'done', 'waiting')),
    ready_at timestamptz NOT NULL,
    lease_until timestamptz, -- while the claim of `epoch` was not ended
    epoch bigint NOT NULL DEFAULT 0,
    attempts bigint NOT NULL DEFAULT 0,
    failures bigint NOT NULL DEFAULT 0,
    cause json,
    ended_at timestamptz,
    CHECK (lease_until IS NULL OR state = 'waiting'),
    CHECK ((ended_at IS NULL) = (state = 'waiting'))
);

ALTER SEQUENCE social.webhook_event_numbers OWNED BY social.webhook_events.number;

CREATE UNIQUE INDEX webhook_events_id ON social.webhook_events (platform, sha256(event_id));
-- Claims read the two that follow. An event that is held is in the second only, so that nobody walks over it.
CREATE INDEX webhook_events_free ON social.webhook_events (ready_at, number) INCLUDE (received_at)
    WHERE state = 'waiting' AND lease_until IS NULL;
CREATE INDEX webhook_events_leased ON social.webhook_events (lease_until) INCLUDE (ready_at, received_at)
    WHERE lease_until IS NOT NULL;
CREATE INDEX webhook_events_list ON social.webhook_events (state, platform, number);
CREATE INDEX webhook_events_ended ON social.webhook_events (state, ended_at, number) WHERE state <> 'waiting';
CREATE INDEX webhook_events_received ON social.webhook_events (state, received_at) WHERE state <> 'waiting';
CREATE INDEX webhook_events_account ON social.webhook_events (sha256(account))
    WHERE account IS NOT NULL AND state <> 'waiting';

-- Every event is written three times within seconds: dead versions go early, before they slow down the claims.
ALTER TABLE social.webhook_events SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_insert_scale_factor = 0.05);
