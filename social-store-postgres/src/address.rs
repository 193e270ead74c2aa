//! The address of a database. It holds a password, so nothing of it is repeated in an error or a log.

use social_core::error::{Error, Result};
use sqlx::{ConnectOptions, postgres::PgConnectOptions};
use url::Url;

/// The settings that are known. The library below logs one that is not, with its value.
const SETTINGS: [&str; 18] = [
    "application_name",
    "dbname",
    "host",
    "hostaddr",
    "options",
    "password",
    "port",
    "ssl-ca",
    "ssl-cert",
    "ssl-key",
    "ssl-mode",
    "ssl-root-cert",
    "sslcert",
    "sslkey",
    "sslmode",
    "sslrootcert",
    "statement-cache-capacity",
    "user",
];

/// More than there are statements, so that none is prepared twice on a connection.
const STATEMENTS: usize = 500;

/// Reads `postgres://USER:PASSWORD@HOST:PORT/DATABASE?sslmode=verify-full`.
pub(crate) fn parse(address: &str, through_pooler: bool) -> Result<PgConnectOptions> {
    let url = Url::parse(address).map_err(|_| invalid())?;
    if !matches!(url.scheme(), "postgres" | "postgresql") {
        return Err(invalid());
    }
    let known = |key: &str| SETTINGS.contains(&key) || key.starts_with("options[");
    if url.query_pairs().any(|(key, _)| !known(&key)) {
        return Err(Error::invalid(
            "url",
            "url.setting",
            "the address of the database has a setting that is not known; in a password, ? is written %3F and # %23",
        ));
    }
    let options = PgConnectOptions::from_url(&url).map_err(|_| invalid())?;
    let options = match options.get_application_name() {
        Some(_) => options,
        None => options.application_name("social"),
    };
    let options = options.disable_statement_logging();
    Ok(if through_pooler {
        options.statement_cache_capacity(0).extra_float_digits(None)
    } else {
        options.statement_cache_capacity(STATEMENTS)
    })
}

fn invalid() -> Error {
    Error::invalid(
        "url",
        "url.postgres",
        "this is not the address of a database: postgres://USER:PASSWORD@HOST:PORT/DATABASE",
    )
}

#[cfg(test)]
mod tests {
    use social_core::error::ErrorKind;

    use super::parse;

    #[test]
    fn reads_an_address() {
        let options = parse(
            "postgres://me:p%3Fw@db.example:6000/social?sslmode=require",
            false,
        );
        let options = options.unwrap();
        assert_eq!(options.get_host(), "db.example");
        assert_eq!(options.get_port(), 6_000);
        assert_eq!(options.get_database(), Some("social"));
        assert_eq!(options.get_application_name(), Some("social"));
    }

    #[test]
    fn refuses_what_is_none_and_repeats_nothing() {
        for address in [
            "",
            "SECRET",
            "mysql://me:SECRET@host/db",
            "https://me:SECRET@host/db",
            "postgres://me:SEC?RET@host/db",
            "postgres://me:SECRET@host/db?passwrod=SECRET",
            "postgres://me:SECRET@host/db?sslmode=SECRET",
            "postgres://me:SECRET@host:port/db",
        ] {
            let error = parse(address, false).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Invalid, "{error:?}");
            let said = format!("{error:?} {error}");
            assert!(!said.contains("SEC") && !said.contains("RET"), "{said}");
        }
    }
}
