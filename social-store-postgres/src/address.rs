//! The address of a database. It holds a password, so nothing of it is repeated in an error or a log but the names of
//! settings that somebody knows: any other may be a piece of a password that was cut.
//!
//! This is the only reader of one. The library below logs a setting that it does not know, with its value; it sees none.

mod setting;
#[cfg(test)]
mod tests;

use social_core::error::{Error, Result};
use sqlx::{ConnectOptions, postgres::PgConnectOptions};
use url::Url;

use setting::{Meaning, meaning};

/// More than there are statements, so that none is prepared twice on a connection.
const STATEMENTS: usize = 500;

/// An address that can be connected to.
pub(crate) struct Address {
    options: PgConnectOptions,
    /// It says itself that it leads to a pooler in transaction mode.
    pub(crate) is_pooler: bool,
}

impl Address {
    /// Reads `postgres://USER:PASSWORD@HOST:PORT/DATABASE?sslmode=verify-full`.
    pub(crate) fn parse(address: &str) -> Result<Self> {
        let mut url = Url::parse(address.trim()).map_err(|_| invalid())?;
        if !matches!(url.scheme(), "postgres" | "postgresql") {
            return Err(invalid());
        }
        check_parts(&url)?;
        let mut kept = Vec::new();
        let mut is_pooler = false;
        for (place, (key, value)) in (1..).zip(url.query_pairs()) {
            match meaning(place, &key, value.trim())? {
                Meaning::ChangesNothing => {}
                Meaning::Kept(key, value) => kept.push((key, value)),
                Meaning::Pooler => is_pooler = true,
            }
        }
        url.set_query(None);
        if !kept.is_empty() {
            url.query_pairs_mut().extend_pairs(kept);
        }
        let options = PgConnectOptions::from_url(&url).map_err(|_| invalid())?;
        let options = match options.get_application_name() {
            Some(_) => options,
            None => options.application_name("social"),
        };
        Ok(Self {
            options: options.disable_statement_logging(),
            is_pooler,
        })
    }

    /// To connect with.
    pub(crate) fn options(self, through_pooler: bool) -> PgConnectOptions {
        if through_pooler || self.is_pooler {
            self.options
                .statement_cache_capacity(0)
                .extra_float_digits(None)
        } else {
            self.options.statement_cache_capacity(STATEMENTS)
        }
    }
}

/// A password that is not escaped is cut where no password ends; nothing of such an address is named.
fn check_parts(url: &Url) -> Result<()> {
    let cut = url.fragment().is_some()
        || url.query().is_some_and(|query| query.contains('@'))
        || url.path().contains('@')
        || url.path().trim_start_matches('/').contains('/');
    if cut {
        return Err(refused(
            "url.escape",
            "the address of the database is cut in a wrong place: in a user, a password or the name of a database / is \
             written %2F, ? is %3F, # is %23 and @ is %40",
        ));
    }
    if url.host_str().is_some_and(|host| host.contains(',')) {
        return Err(refused(
            "url.host",
            "the address of the database names several hosts: give one, which always leads to the primary",
        ));
    }
    Ok(())
}

fn refused(rule: &'static str, message: impl Into<std::borrow::Cow<'static, str>>) -> Error {
    Error::invalid("url", rule, message)
}

fn invalid() -> Error {
    refused(
        "url.postgres",
        "this is not the address of a database: postgres://USER:PASSWORD@HOST:PORT/DATABASE",
    )
}
