use std::{
    fmt,
    ops::{Deref, DerefMut},
};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Fields that a platform sent and that have no place of their own here, by its own names.
///
/// Its `Debug` tells how many there are and nothing else: nobody knows what is in them.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct More(Map<String, Value>);

impl Deref for More {
    type Target = Map<String, Value>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl DerefMut for More {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.0
    }
}

impl From<Map<String, Value>> for More {
    fn from(fields: Map<String, Value>) -> Self {
        Self(fields)
    }
}

impl From<More> for Map<String, Value> {
    fn from(more: More) -> Self {
        more.0
    }
}

impl fmt::Debug for More {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} fields", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[derive(Debug, Serialize, Deserialize)]
    struct Answer {
        known: u8,
        #[serde(flatten)]
        more: More,
    }

    #[test]
    fn fields_pass_through_and_are_not_shown() {
        let sent = json!({ "known": 1, "token": "sesame", "big": 7_710_285_988_550_234_014_u64 });
        let read: Answer = serde_json::from_value(sent.clone()).unwrap();
        assert_eq!(read.more["token"], "sesame");
        assert_eq!(format!("{read:?}"), "Answer { known: 1, more: 2 fields }");
        assert_eq!(serde_json::to_value(&read).unwrap(), sent);
    }
}
