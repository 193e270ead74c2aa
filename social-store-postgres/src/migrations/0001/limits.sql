-- A key has a row while it has bookings or a block. Whoever changes its bookings holds the row's lock.
CREATE TABLE social.limits (
    key text COLLATE "C" PRIMARY KEY,
    blocked_until timestamptz NOT NULL DEFAULT '-infinity'
);

CREATE INDEX limits_blocked ON social.limits (blocked_until) WHERE blocked_until > '-infinity';

CREATE TABLE social.bookings (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, -- in the order in which they were asked for
    key text COLLATE "C" NOT NULL,
    holder text COLLATE "C", -- nobody, when the platform counted it
    units bigint NOT NULL CHECK (units > 0),
    at timestamptz NOT NULL, -- when it was granted, or is promised
    granted boolean NOT NULL,
    lapses_at timestamptz NOT NULL -- when it leaves the window it was booked in
);

-- What counts in a window that slides, and in one that ends.
CREATE INDEX bookings_window ON social.bookings (key, at, number);
CREATE INDEX bookings_ending ON social.bookings (key, lapses_at, number);
CREATE INDEX bookings_holder ON social.bookings (key, holder, at, number) WHERE holder IS NOT NULL;
CREATE INDEX bookings_lapsed ON social.bookings (lapses_at, number);
