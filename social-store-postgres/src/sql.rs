//! How statements are written down: constants, listed, so that a test can prepare every one of them.
//!
//! Every table and function is named with the schema `social.`, which is replaced when the store is opened on another
//! schema; see [`crate::db::Db::query`]. `social.clock()` is the database's clock, on which leases are measured; it is
//! read as `(SELECT social.clock())`, once a statement. Columns are named, never `*`: PostgreSQL refuses a statement that
//! was prepared before another process, of a later version, added one.

/// Declares the statements of a module, and `ALL` of them for tests.
macro_rules! statements {
    ($($(#[doc = $doc:literal])* $name:ident = $sql:expr;)*) => {
        $($(#[doc = $doc])* pub(crate) const $name: &str = $sql;)*

        #[cfg(test)]
        pub(crate) const ALL: &[(&str, &str)] = &[$((stringify!($name), $name)),*];
    };
}

pub(crate) use statements;

/// The schema that statements are written for.
pub(crate) const SCHEMA: &str = "social";

#[cfg(test)]
mod tests;
