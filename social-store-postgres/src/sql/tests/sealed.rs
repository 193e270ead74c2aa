use super::Plan;

/// The tables are filled by those they belong to.
pub(super) const FILL: &str = "";

const fn plan(
    statement: &'static str,
    with: &'static str,
    index: &'static [&'static str],
    sorts: usize,
) -> Plan {
    Plan {
        statement: ("sealed", statement),
        with,
        indexes: index,
        sorts,
    }
}

const ID: &str = "'00000000-0000-7000-8000-000000000001', 'prefix', 50";
const HASH: &str =
    "'0000000000000000000000000000000000000000000000000000000000000001', 'prefix', 50";
const VALUES: &str = "ARRAY['row-77', 'row-78'], ARRAY[''::bytea, ''], ARRAY['new'::bytea, 'new']";

/// A page walks over its table in the order of the key; the values of a reseal are sorted.
pub(super) const PLANS: &[Plan] = &[
    plan("LOGINS", HASH, &["logins_pkey"], 0),
    plan("OFFERS", ID, &["offers_pkey"], 0),
    plan("POST_REQUESTS", ID, &["posts_pkey"], 0),
    plan("POST_STATES", ID, &["posts_pkey"], 0),
    plan("TOKENS", "'row-77', 'prefix', 50", &["accounts_pkey"], 0),
    plan("RESEAL_LOGINS", VALUES, &["logins_pkey"], 1),
    plan("RESEAL_OFFERS", VALUES, &["offers_pkey"], 1),
    plan("RESEAL_POST_REQUESTS", VALUES, &["posts_pkey"], 1),
    plan("RESEAL_FREE_POST_STATES", VALUES, &["posts_pkey"], 1),
    plan("RESEAL_TOKENS", VALUES, &["accounts_pkey"], 1),
    plan("RESEAL_FREE_TOKENS", VALUES, &["accounts_pkey"], 1),
];
