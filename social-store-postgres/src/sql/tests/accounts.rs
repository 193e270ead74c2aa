use super::Plan;

/// A fifth of the accounts is dead and expired; one in forty of the others is due.
pub(super) const FILL: &str = "
    INSERT INTO social.accounts (id, platform, app, account, owner, route,
        login_app,
        consent,
        principal,
        name, aliases, scopes, status, sealed, connected_at, expires_at, refresh_due_at,
        grant_ends_at,
        revision)
    SELECT 'row-' || i, CASE WHEN i % 3 = 0 THEN 'other' ELSE 'example' END, 'app', 'account-' || i,
        'owner-' || (i / 10), 'web',
        'app',
        'consent',
        'person-' || (i / 10),
        'Name', ARRAY['alias-' || i], ARRAY['read'],
        CASE WHEN i % 5 = 0 THEN 'disconnected' ELSE 'connected' END, CASE WHEN i % 5 > 0 THEN ''::bytea END, now(),
        now() + (hashint4(i) % 86400) * interval '1 second',
        now() - interval '1 day' + (hashint4(i + 1) % 1728000 + 1728000) * interval '1 second',
        now() + (hashint4(i + 2) % 86400) * interval '1 second', 1
    FROM generate_series(1, 200000) AS i;
    INSERT INTO social.account_aliases (platform, alias, account)
    SELECT platform, aliases[1], id FROM social.accounts;
    INSERT INTO social.logins (state_hash, browser_hash, owner, connector, redirect_uri, sealed, expires_at)
    SELECT decode(md5(i::text) || md5(i::text), 'hex'), decode(repeat('00', 32), 'hex'), 'owner', 'example/app/web', '', '',
        now() + i * interval '1 second'
    FROM generate_series(1, 20000) AS i;
    INSERT INTO social.offers (id, owner, connector, sealed, expires_at)
    SELECT md5(i::text)::uuid, 'owner', 'example/app/web', '', now() + i * interval '1 second'
    FROM generate_series(1, 20000) AS i;
";

/// No refresh is due.
pub(super) const QUIET: &str = "
    UPDATE social.accounts SET refresh_due_at = NULL";

const fn plan(
    statement: (&'static str, &'static str),
    with: &'static str,
    indexes: &'static [&'static str],
) -> Plan {
    Plan {
        statement,
        with,
        indexes,
        sorts: 0,
    }
}

const RECORD: &str = "'row-77', 'example', 'owner', 'web', 'app', 'consent', 'person', 'Name', ARRAY['alias-1'], ARRAY['read'],
    'connected', NULL, '', now(), now(), now(), NULL, now(), 1, 1, 1";

pub(super) const PLANS: &[Plan] = &[
    plan(
        ("logins", "PEEK"),
        "repeat('0', 32)::bytea, now()",
        &["logins_pkey"],
    ),
    plan(
        ("logins", "TAKE"),
        "repeat('0', 32)::bytea, now()",
        &["logins_pkey"],
    ),
    plan(
        ("logins", "OFFER"),
        "gen_random_uuid(), 'owner', now()",
        &["offers_pkey"],
    ),
    plan(
        ("logins", "REMOVE_OFFER"),
        "gen_random_uuid(), 'owner'",
        &["offers_pkey"],
    ),
    plan(("logins", "PURGE_LOGINS"), "now()", &["logins_expiry"]),
    plan(("logins", "PURGE_OFFERS"), "now()", &["offers_expiry"]),
    plan(("tokens", "LOAD"), "'row-77'", &["accounts_pkey"]),
    plan(("tokens", "BEGIN_AT"), "'row-77'", &["accounts_pkey"]),
    plan(
        ("tokens", "UPDATE"),
        RECORD,
        &["accounts_pkey", "account_aliases_account"],
    ),
    plan(
        ("tokens", "REMOVE"),
        "'row-77', 'owner-7'",
        &["accounts_pkey"],
    ),
    Plan {
        // An owner's few accounts.
        sorts: 1,
        ..plan(("tokens", "LIST"), "'owner-77'", &["accounts_owner"])
    },
    plan(
        ("tokens", "FIND"),
        "'example', 'app', 'alias-77'",
        &[
            "accounts_platform_account_app_key",
            "account_aliases_pkey",
            "accounts_pkey",
        ],
    ),
    plan(
        ("tokens", "OF_PRINCIPAL"),
        "'example', 'app', 'person-77'",
        &["accounts_principal"],
    ),
    plan(
        ("tokens", "HELD"),
        "'row-77', 'owner-7'",
        &["accounts_pkey"],
    ),
    plan(("tokens", "CLAIM"), "'row-77', 1000", &["accounts_pkey"]),
    plan(
        ("tokens", "CLAIM_DUE"),
        "now(), 1000, 50",
        &["accounts_due"],
    ),
    plan(
        ("tokens", "CLAIM_DUE_OF_LOGIN"),
        "now(), 1000, 50, 'other', 'app', 'web'",
        &["accounts_due_login"],
    ),
    plan(
        ("tokens", "SUSPECT"),
        "'row-77', 1, now()",
        &["accounts_pkey"],
    ),
    plan(
        ("tokens", "CONDEMN"),
        "'row-77', 1, 'disconnected', NULL",
        &["accounts_pkey"],
    ),
    plan(
        ("tokens", "RELEASE"),
        "'row-77', 1, 1, now(), true",
        &["accounts_pkey"],
    ),
    plan(("tokens", "EXPIRING"), "now(), 50", &["accounts_expiring"]),
    plan(("tokens", "ENDING"), "now(), 50", &["accounts_ending"]),
    plan(("tokens", "NEXT_DUE"), "", &["accounts_due"]),
    plan(
        ("tokens", "NEXT_DUE_OF_LOGIN"),
        "'other', 'app', 'web'",
        &["accounts_due_login"],
    ),
    plan(
        ("tokens", "CONNECTED"),
        "'example', 'app', now() - interval '1 hour', 'account-77', 50",
        &["accounts_connected"],
    ),
    plan(
        ("tokens", "CONNECTED"),
        "'example', 'app', NULL, '', 50",
        &["accounts_connected"],
    ),
];
