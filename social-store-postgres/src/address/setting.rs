//! What stands behind the `?` of an address: settings that count here, settings that change nothing here, and what to do
//! about the others.

use std::net::IpAddr;

use social_core::error::{Error, Result};

use super::refused;

/// What a setting does here.
pub(super) enum Meaning {
    /// It is said by the store itself, or is what the store does anyway.
    ChangesNothing,
    /// To be connected with, as it is.
    Kept(String, String),
    /// The address leads to a pooler in transaction mode.
    Pooler,
}

/// What the setting at this place does, or why it cannot be used. An empty one counts as not given, if it is one.
pub(super) fn meaning(place: usize, key: &str, value: &str) -> Result<Meaning> {
    match known(key, value) {
        None => unknown(place, key),
        Some(_) if value.is_empty() => Ok(Meaning::ChangesNothing),
        Some(meaning) => meaning,
    }
}

/// Nothing for a setting that is not known.
fn known(key: &str, value: &str) -> Option<Result<Meaning>> {
    Some(match key {
        "application_name" | "dbname" | "host" | "options" | "password" | "ssl-ca" | "ssl-cert"
        | "ssl-key" | "ssl-root-cert" | "sslcert" | "sslkey" | "user" => kept(key, value),
        "hostaddr" => kept_if(key, value, value.parse::<IpAddr>().is_ok(), "an address"),
        "port" => kept_if(key, value, value.parse::<u16>().is_ok(), "a port"),
        "sslmode" | "ssl-mode" => kept_if(key, value, is_ssl_mode(value), SSL_MODES),
        // The authorities that everybody trusts, as they are unless a file is named; libpq then looks at the name as well.
        "sslrootcert" if value == "system" => kept("sslmode", "verify-full"),
        "sslrootcert" => kept(key, value),
        "channel_binding" => match value {
            "disable" | "prefer" => Ok(Meaning::ChangesNothing),
            _ => cannot(
                key,
                "cannot be met by this program: leave it out, and give sslmode=verify-full, which lets nobody stand in \
                 between either",
            ),
        },
        // How long a connection is waited for is said by the store's own setting.
        "connect_timeout" | "pool_timeout" => {
            nothing_if(key, value.parse::<u32>().is_ok(), "whole seconds")
        }
        "connection_limit" => nothing_if(key, value.parse::<u32>().is_ok(), "a number"),
        // The store prepares as many statements as it has.
        "statement-cache-capacity" => nothing_if(key, value.parse::<u32>().is_ok(), "a number"),
        "gssencmode" => match value {
            "disable" | "prefer" => Ok(Meaning::ChangesNothing),
            _ => cannot(
                key,
                "cannot be met by this program: leave it out, and give sslmode",
            ),
        },
        "pgbouncer" => match value {
            "true" | "1" | "yes" | "on" => Ok(Meaning::Pooler),
            "false" | "0" | "no" | "off" => Ok(Meaning::ChangesNothing),
            _ => cannot(key, "is neither true nor false"),
        },
        // A word for the provider's own statistics.
        "supa" => Ok(Meaning::ChangesNothing),
        "target_session_attrs" => match value {
            "any" | "primary" | "read-write" => Ok(Meaning::ChangesNothing),
            _ => cannot(
                key,
                "leads to a standby, where nothing can be written: leave it out, and give the address of the primary",
            ),
        },
        _ if is_server_setting(key) => kept(key, value),
        _ => return None,
    })
}

const SSL_MODES: &str = "one of disable, allow, prefer, require, verify-ca and verify-full";

fn is_ssl_mode(value: &str) -> bool {
    let known = [
        "disable",
        "allow",
        "prefer",
        "require",
        "verify-ca",
        "verify-full",
    ];
    known.iter().any(|known| value.eq_ignore_ascii_case(known))
}

/// `options[NAME]`, a setting of the session.
fn is_server_setting(key: &str) -> bool {
    let name = key
        .strip_prefix("options[")
        .and_then(|rest| rest.strip_suffix(']'));
    name.is_some_and(is_name)
}

/// Whether this can be the name of a setting of the server.
fn is_name(key: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte);
    (1..=40).contains(&key.len()) && key.bytes().all(plain)
}

fn kept(key: &str, value: &str) -> Result<Meaning> {
    Ok(Meaning::Kept(key.to_owned(), value.to_owned()))
}

fn kept_if(key: &str, value: &str, holds: bool, what: &str) -> Result<Meaning> {
    if holds {
        kept(key, value)
    } else {
        is_not(key, what)
    }
}

fn nothing_if(key: &str, holds: bool, what: &str) -> Result<Meaning> {
    if holds {
        Ok(Meaning::ChangesNothing)
    } else {
        is_not(key, what)
    }
}

fn is_not(key: &str, what: &str) -> Result<Meaning> {
    cannot(key, &format!("is not {what}"))
}

/// `key` is a known name.
fn cannot(key: &str, why: &str) -> Result<Meaning> {
    Err(of(&format!("{key} in the address of the database {why}")))
}

/// Settings of other programs for the same address, which are named when they are refused.
const OF_OTHERS: [&str; 26] = [
    "client_encoding",
    "currentSchema",
    "fallback_application_name",
    "gsslib",
    "keepalives",
    "keepalives_count",
    "keepalives_idle",
    "keepalives_interval",
    "krbsrvname",
    "load_balance_hosts",
    "max_protocol_version",
    "min_protocol_version",
    "passfile",
    "pool_max_conns",
    "replication",
    "require_auth",
    "requirepeer",
    "schema",
    "service",
    "socket_timeout",
    "sslaccept",
    "sslcrl",
    "sslidentity",
    "sslnegotiation",
    "sslpassword",
    "tcp_user_timeout",
];

/// Not even a plain word is repeated: behind a `&` that is not escaped it is the rest of a password.
fn unknown(place: usize, key: &str) -> Result<Meaning> {
    let named = OF_OTHERS.contains(&key).then(|| key.to_owned());
    let setting = named.unwrap_or_else(|| format!("setting {place} behind the ?"));
    Err(of(&format!(
        "{setting} in the address of the database is none that this program knows: leave it out, or look at its name (in a \
         password, ? is written %3F and & is %26)"
    )))
}

fn of(message: &str) -> Error {
    refused("url.setting", message.to_owned())
}
