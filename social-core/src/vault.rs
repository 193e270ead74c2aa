//! The vault: what is stored of a secret is sealed, and bound to its place.

use uuid::Uuid;

/// Where a sealed value stands. A value opened in any other place is refused.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Place<'a> {
    /// The table.
    pub table: &'a str,
    /// The row.
    pub row: &'a str,
    /// The field.
    pub field: &'a str,
}

impl<'a> Place<'a> {
    /// Names a field of a row of a table.
    pub const fn new(table: &'a str, row: &'a str, field: &'a str) -> Self {
        Self { table, row, field }
    }
}

/// Names an installation in the associated data.
pub(crate) type InstallationId = Uuid;
