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
}

#[cfg(test)]
mod tests;
