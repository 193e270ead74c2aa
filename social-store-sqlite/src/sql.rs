//! How statements are written down: constants, listed, so that a test can prepare every one of them.

/// Declares the statements of a module, and `ALL` of them for tests.
macro_rules! statements {
    ($($(#[doc = $doc:literal])* $name:ident = $sql:expr;)*) => {
        $($(#[doc = $doc])* pub(crate) const $name: &str = $sql;)*

        #[cfg(test)]
        pub(crate) const ALL: &[(&str, &str)] = &[$((stringify!($name), $name)),*];
    };
}

pub(crate) use statements;

statements! {
    /// Waits for the one right to write, up to the busy timeout.
    BEGIN = "BEGIN IMMEDIATE";
    COMMIT = "COMMIT";
    ROLLBACK = "ROLLBACK";
    /// SQLite's clock, with a resolution of a millisecond, and how many rows this connection has changed.
    CLOCK = "SELECT CAST(round(unixepoch('subsec') * 1000) AS INTEGER) * 1000 AS clock, total_changes() AS changes";
}

#[cfg(test)]
mod tests;
