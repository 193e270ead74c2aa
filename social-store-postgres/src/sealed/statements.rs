use crate::sql;

/// The hash, id or text that a row's name stands for; null when it stands for none.
macro_rules! parse {
    (hash, $name:literal) => {
        concat!(
            "CASE WHEN ",
            $name,
            " ~ '^[0-9a-f]{64}$' THEN decode(",
            $name,
            ", 'hex') END"
        )
    };
    (id, $name:literal) => {
        concat!(
            "CASE WHEN ",
            $name,
            " ~ '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$' THEN ",
            $name,
            "::uuid END"
        )
    };
    (text, $name:literal) => {
        $name
    };
}

macro_rules! name {
    (hash, $key:literal) => {
        concat!("encode(s.", $key, ", 'hex')")
    };
    ($kind:ident, $key:literal) => {
        concat!("s.", $key, "::text")
    };
}

macro_rules! least {
    (hash) => {
        "''::bytea"
    };
    (id) => {
        "'00000000-0000-0000-0000-000000000000'::uuid"
    };
    (text) => {
        "''::text"
    };
}

/// A page in the order of the table's key, of rows after `$1` if it is not null, whose value does not begin with `$2`.
macro_rules! page {
    ($table:literal, $key:literal $kind:ident, $column:literal) => {
        concat!(
            "SELECT ",
            name!($kind, $key),
            " AS row, s.",
            $column,
            " AS sealed
            FROM social.",
            $table,
            " s
            WHERE s.",
            $key,
            " >= coalesce(",
            parse!($kind, "$1::text"),
            ", ",
            least!($kind),
            ")
                AND s.",
            $key,
            " IS DISTINCT FROM ",
            parse!($kind, "$1::text"),
            "
                AND substring(s.",
            $column,
            " FROM 1 FOR length($2::bytea)) <> $2
            ORDER BY s.",
            $key,
            " LIMIT $3"
        )
    };
}

/// Replaces those whose bytes are still the old ones. `$locked` says what becomes of a row that somebody writes.
macro_rules! reseal {
    ($table:literal, $key:literal $kind:ident, $column:literal $(, $locked:literal)?) => {
        concat!(
            "WITH same AS MATERIALIZED (
                SELECT s.",
            $key,
            " AS key, g.new
                FROM unnest($1::text[], $2::bytea[], $3::bytea[]) AS g (row, old, new)
                JOIN social.",
            $table,
            " s ON s.",
            $key,
            " = ",
            parse!($kind, "g.row"),
            "
                WHERE s.",
            $column,
            " = g.old
                ORDER BY s.",
            $key,
            " FOR NO KEY UPDATE OF s", $(" ", $locked,)? ")
            UPDATE social.",
            $table,
            " s SET ",
            $column,
            " = same.new FROM same WHERE s.",
            $key,
            " = same.key"
        )
    };
}

sql::statements! {
    LOGINS = page!("logins", "state_hash" hash, "sealed");
    OFFERS = page!("offers", "id" id, "sealed");
    POST_REQUESTS = page!("posts", "id" id, "request");
    POST_STATES = page!("posts", "id" id, "sealed");
    /// A disconnected account has none, which is unlike nothing.
    TOKENS = page!("accounts", "id" text, "sealed");

    RESEAL_LOGINS = reseal!("logins", "state_hash" hash, "sealed");
    RESEAL_OFFERS = reseal!("offers", "id" id, "sealed");
    RESEAL_POST_REQUESTS = reseal!("posts", "id" id, "request");
    RESEAL_POST_STATES = reseal!("posts", "id" id, "sealed");
    RESEAL_TOKENS = reseal!("accounts", "id" text, "sealed");

    RESEAL_FREE_LOGINS = reseal!("logins", "state_hash" hash, "sealed", "SKIP LOCKED");
    RESEAL_FREE_OFFERS = reseal!("offers", "id" id, "sealed", "SKIP LOCKED");
    RESEAL_FREE_POST_REQUESTS = reseal!("posts", "id" id, "request", "SKIP LOCKED");
    RESEAL_FREE_POST_STATES = reseal!("posts", "id" id, "sealed", "SKIP LOCKED");
    RESEAL_FREE_TOKENS = reseal!("accounts", "id" text, "sealed", "SKIP LOCKED");
}
