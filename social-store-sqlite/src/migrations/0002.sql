-- Times as in 0001. `lease_until`, `at`, `lapses_at` and `blocked_until` are on the store's own clock.

-- That clock; see `clock.rs`. It begins where the wall clock is, and then counts the time that passes.
ALTER TABLE installation ADD COLUMN clock INTEGER NOT NULL DEFAULT 0; -- as of the last transaction that wrote
ALTER TABLE installation ADD COLUMN clock_wall INTEGER NOT NULL DEFAULT 0; -- the wall clock then
ALTER TABLE installation ADD COLUMN clock_away INTEGER NOT NULL DEFAULT 0; -- how much further the clock of limits was
ALTER TABLE installation ADD COLUMN clock_by TEXT; -- the boot clock that it was read from
ALTER TABLE installation ADD COLUMN clock_turn INTEGER NOT NULL DEFAULT 0; -- how often that became another
UPDATE installation SET clock = CAST(round(unixepoch('subsec') * 1000) AS INTEGER) * 1000;
UPDATE installation SET clock_wall = clock;

CREATE TABLE clocks (
    boot TEXT NOT NULL PRIMARY KEY,
    began INTEGER NOT NULL, -- what the store's clock said when this boot clock began
    away INTEGER NOT NULL,
    turn INTEGER NOT NULL -- in which that was found
) STRICT, WITHOUT ROWID;

-- The life of the data, and what tells one from another; see `life.rs`.
ALTER TABLE installation ADD COLUMN life TEXT;
ALTER TABLE installation ADD COLUMN accepted TEXT;
ALTER TABLE installation ADD COLUMN instance TEXT; -- the operator's name for the place where the data are at work
ALTER TABLE installation ADD COLUMN lost_at INTEGER; -- a life was last accepted that may lack the last writes
ALTER TABLE installation ADD COLUMN writes INTEGER NOT NULL DEFAULT 0; -- transactions that wrote, also kept beside the file
ALTER TABLE installation ADD COLUMN is_beside INTEGER NOT NULL DEFAULT 0; -- `life` is known to stand beside the file
ALTER TABLE installation ADD COLUMN inode INTEGER;
ALTER TABLE installation ADD COLUMN born INTEGER; -- nanoseconds since 1970
-- The highest of any account that was removed: one that comes back goes on above.
ALTER TABLE installation ADD COLUMN removed_revision INTEGER NOT NULL DEFAULT 0;
ALTER TABLE installation ADD COLUMN removed_epoch INTEGER NOT NULL DEFAULT 0;

CREATE TABLE key_usage (
    key BLOB NOT NULL PRIMARY KEY CHECK (length(key) = 8),
    seals INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

ALTER TABLE posts ADD COLUMN revision INTEGER NOT NULL DEFAULT 1;

-- Of a queued post that waits for an operator's word: due then, and `next_at` never comes.
ALTER TABLE posts ADD COLUMN held_due_at INTEGER;

CREATE INDEX posts_held ON posts (id) WHERE held_due_at IS NOT NULL AND state = 'queued';
CREATE INDEX posts_pending ON posts (lane, began_at) WHERE state IN ('awaiting_user', 'working');

CREATE INDEX post_history_at ON post_history (at);

-- When it would be due without the events that wait in `event_handed`.
ALTER TABLE posts ADD COLUMN due_untold INTEGER;

-- Events are kept in four places, so that a claim moves no body: what came and is never changed again, what waits and is
-- small, what was handed over to posts, and how it ended.
CREATE TABLE webhook_events (
    number INTEGER PRIMARY KEY AUTOINCREMENT, -- never given twice: a claim names its event by it
    platform TEXT NOT NULL,
    id TEXT NOT NULL,
    app TEXT NOT NULL,
    kind TEXT NOT NULL,
    sent_as TEXT,
    account TEXT,
    word TEXT NOT NULL, -- what it is about,
    ids TEXT, -- which one,
    subject INTEGER, -- and a digest of both within which events keep their order
    occurred_at INTEGER,
    received_at INTEGER NOT NULL,
    body BLOB NOT NULL -- last, so that the rest is read without it
) STRICT;

CREATE INDEX webhook_events_account ON webhook_events (account, number) WHERE account IS NOT NULL;

-- What waits, and dead letters.
CREATE TABLE event_queue (
    number INTEGER PRIMARY KEY,
    due INTEGER NOT NULL, -- `ready_at`, or `lease_until`; the end of time where nothing but another row makes it due
    ready_at INTEGER NOT NULL,
    lease_until INTEGER NOT NULL DEFAULT 0, -- 0 when no claim holds
    platform TEXT NOT NULL,
    word TEXT NOT NULL,
    subject INTEGER,
    received_at INTEGER NOT NULL,
    epoch INTEGER NOT NULL DEFAULT 0,
    attempts INTEGER NOT NULL DEFAULT 0,
    failures INTEGER NOT NULL DEFAULT 0,
    dead_at INTEGER,
    elsewhere INTEGER NOT NULL DEFAULT 0 CHECK (elsewhere IN (0, 1)), -- nobody who looked could handle it
    cause TEXT
) STRICT;

-- What a claim and the backlog read, without the rows.
CREATE INDEX event_queue_due ON event_queue (due, number, ready_at, lease_until, subject, word, received_at, dead_at)
    WHERE dead_at IS NULL;
CREATE INDEX event_queue_subject ON event_queue (subject, number, dead_at) WHERE subject IS NOT NULL AND dead_at IS NULL;
CREATE INDEX event_queue_dead ON event_queue (number, dead_at) WHERE dead_at IS NOT NULL;
CREATE INDEX event_queue_elsewhere ON event_queue (received_at, number)
    WHERE elsewhere = 1 AND dead_at IS NULL;
CREATE INDEX event_queue_died ON event_queue (dead_at, number) WHERE dead_at IS NOT NULL;

-- What was handed over to a post and is not applied yet, or to none so far. No claim looks at it, however many wait.
CREATE TABLE event_handed (
    number INTEGER PRIMARY KEY,
    key BLOB NOT NULL CHECK (length(key) = 16), -- a digest of platform, app and the post's id there
    post BLOB REFERENCES posts (id) ON DELETE SET NULL,
    lane INTEGER, -- the post's
    received_at INTEGER NOT NULL,
    ready_at INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    failures INTEGER NOT NULL,
    platform TEXT NOT NULL,
    cause TEXT
) STRICT;

CREATE INDEX event_handed_post ON event_handed (post, number) WHERE post IS NOT NULL;
CREATE INDEX event_handed_lane ON event_handed (lane) WHERE post IS NOT NULL;
CREATE INDEX event_handed_key ON event_handed (key) WHERE post IS NULL;
CREATE INDEX event_handed_came ON event_handed (received_at, number) WHERE post IS NULL;

CREATE TABLE event_ends (
    number INTEGER PRIMARY KEY,
    state INTEGER NOT NULL, -- 1 done, 2 unmatched
    ended_at INTEGER NOT NULL,
    ready_at INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    failures INTEGER NOT NULL,
    cause TEXT
) STRICT;

CREATE INDEX event_ends_ended ON event_ends (ended_at, number);

-- An id is known from the window in which it came to the end of the next.
CREATE TABLE event_windows (
    singleton INTEGER NOT NULL PRIMARY KEY CHECK (singleton = 1),
    turn INTEGER NOT NULL,
    turned_at INTEGER NOT NULL -- on the store's own clock
) STRICT;

INSERT INTO event_windows (singleton, turn, turned_at) SELECT 1, 1, clock FROM installation;

CREATE TABLE event_ids (
    turn INTEGER NOT NULL,
    key BLOB NOT NULL CHECK (length(key) = 16), -- a digest of platform, app and id
    PRIMARY KEY (turn, key)
) STRICT, WITHOUT ROWID;

-- Keys that the platform has blocked.
CREATE TABLE limits (
    key TEXT NOT NULL PRIMARY KEY,
    blocked_until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX limits_blocked ON limits (blocked_until);

CREATE TABLE bookings (
    number INTEGER PRIMARY KEY, -- in the order in which they were asked for
    key TEXT NOT NULL,
    holder TEXT, -- nobody, when the platform counted it
    at INTEGER NOT NULL CHECK (at >= 0), -- when it was granted, or is promised
    granted INTEGER NOT NULL CHECK (granted IN (0, 1)), -- a place in the queue until then
    units INTEGER NOT NULL CHECK (units > 0),
    lapses_at INTEGER NOT NULL CHECK (lapses_at >= at) -- when it leaves the window it was booked in
) STRICT;

-- What counts in a window that slides, and in one that ends.
CREATE INDEX bookings_key ON bookings (key, at, granted, number, units);
CREATE INDEX bookings_ending ON bookings (key, lapses_at, granted, number, units, at);
CREATE INDEX bookings_holder ON bookings (key, holder, granted, at, number, lapses_at);
CREATE UNIQUE INDEX bookings_place ON bookings (key, holder) WHERE granted = 0;
CREATE INDEX bookings_lapsed ON bookings (lapses_at, number);
