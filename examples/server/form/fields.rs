//! What was sent.

use std::collections::BTreeMap;
use std::fmt;

/// The form's text fields as they were sent, kept for showing them again. Of a name that was sent
/// twice the first value counts.
#[derive(Clone, Default)]
pub(crate) struct FormFields(BTreeMap<String, String>);

impl fmt::Debug for FormFields {
    /// Shows names only: an address may be a signed one.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl FormFields {
    /// From pairs, as a decoder yields them.
    pub(crate) fn from_pairs(pairs: impl IntoIterator<Item = (String, String)>) -> Self {
        let mut fields = Self::default();
        for (name, value) in pairs {
            fields.0.entry(name).or_insert(value);
        }
        fields
    }

    /// These fields, and of `other` those that are not among them.
    pub(crate) fn or(mut self, other: Self) -> Self {
        for (name, value) in other.0 {
            self.0.entry(name).or_insert(value);
        }
        self
    }

    /// The value, or nothing.
    pub(crate) fn value(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }

    /// Whether a box was ticked: browsers send a name only then.
    pub(crate) fn ticked(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    fn number(&self, name: &str) -> Option<u64> {
        self.value(name).parse().ok()
    }

    /// What the browser could read of the chosen file (sent with a check instead of the file).
    /// None without a name and a size.
    pub(crate) fn file_facts(&self) -> Option<FileFacts> {
        let name = self.value("file_name");
        (!name.is_empty()).then_some(())?;
        Some(FileFacts {
            name: name.to_owned(),
            size: self.number("file_size")?,
            duration_ms: self.number("duration_ms"),
        })
    }
}

/// What is known of the chosen file before it is examined.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FileFacts {
    /// The name the browser gave. Only its ending is looked at.
    pub(crate) name: String,
    /// In bytes.
    pub(crate) size: u64,
    /// In milliseconds, where it could be read.
    pub(crate) duration_ms: Option<u64>,
}

impl FileFacts {
    /// Browsers and this server do not measure a length to the same millisecond.
    const LENGTHS_DIFFER_BY: u64 = 500;

    /// Whether both are about the same file.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        let lengths = self.duration_ms.zip(other.duration_ms);
        self.name == other.name
            && self.size == other.size
            && lengths.is_none_or(|(one, two)| one.abs_diff(two) <= Self::LENGTHS_DIFFER_BY)
    }
}
