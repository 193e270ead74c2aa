use std::{fmt, time::Duration};

use chrono::{DateTime, Utc};

use crate::error::{Error, Result};

/// Names one life of the data: a restored backup, a clone or a promoted replica has another one, though it is the same
/// installation. What it consists of is the store's own affair.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Incarnation(String);

impl Incarnation {
    /// For stores.
    pub fn new(name: impl Into<String>) -> Self {
        Self(name.into())
    }

    /// The name, for stores and for people.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Incarnation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An operator's name for the place where the data are at work, such as `prod-eu-1`: given by whoever opens them, kept by
/// the data. A snapshot of a whole disk, a cloned cluster or a branch differs from its original in nothing else.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct InstanceName(String);

impl InstanceName {
    /// Reads a name: 1 to 64 letters, digits, dots, dashes and underscores of ASCII.
    ///
    /// # Errors
    /// `Invalid` when it is none.
    pub fn parse(name: &str) -> Result<Self> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-_".contains(&byte);
        if (1..=64).contains(&name.len()) && name.bytes().all(plain) {
            return Ok(Self(name.to_owned()));
        }
        Err(Error::invalid(
            "instance",
            "instance.name",
            "the name of an instance has 1 to 64 letters, digits, dots, dashes and underscores, such as prod-eu-1",
        ))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whether a life of the data has all that was acknowledged in the one before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "yes or perhaps")]
pub enum LastWrites {
    /// It has: replication was synchronous.
    Kept,
    /// Nobody knows: a backup, or a replica that may have been behind.
    MayBeLost {
        /// When this is said.
        now: DateTime<Utc>,
    },
}

/// The present life of the data, and the one it was known to be in.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Incarnations {
    /// What the data are now.
    pub present: Incarnation,
    /// What was accepted last: by the first migration, or by an operator.
    pub accepted: Incarnation,
    /// The present life follows the accepted one by a promotion alone: a replica of the same
    /// [instance](InstanceName), which has a name, took over, and nothing else differs.
    pub is_promotion: bool,
    /// When a life was last accepted that [may lack](LastWrites::MayBeLost) the last writes of the one before.
    pub lost_at: Option<DateTime<Utc>>,
}

impl Incarnations {
    /// Joins the parts: no promotion, and nothing was ever lost.
    pub fn new(present: Incarnation, accepted: Incarnation) -> Self {
        Self {
            present,
            accepted,
            is_promotion: false,
            lost_at: None,
        }
    }

    /// For stores: makes the instance part of both names, `here` as the store was opened, `kept` as the data know it. One
    /// that has no name is another instance than every one that has.
    #[must_use]
    pub fn of_instance(self, here: Option<&InstanceName>, kept: Option<&str>) -> Self {
        let here = here.map(InstanceName::as_str);
        if here.is_none() && kept.is_none() {
            return Self {
                is_promotion: false,
                ..self
            };
        }
        let name = |life: &Incarnation, instance: Option<&str>| {
            // No name has brackets.
            Incarnation::new(format!("{life}, instance {}", instance.unwrap_or("(none)")))
        };
        Self {
            present: name(&self.present, here),
            accepted: name(&self.accepted, kept),
            is_promotion: self.is_promotion && here == kept,
            lost_at: self.lost_at,
        }
    }

    /// Whether the data are still what they were.
    pub fn is_same(&self) -> bool {
        self.present == self.accepted
    }

    /// Whether an idempotency key that is new here may have been used in writes that were lost: while the present life is not
    /// accepted, and for `within` after one was that may lack the last ones.
    pub fn doubts_keys(&self, within: Duration, now: DateTime<Utc>) -> bool {
        // A loss that lies ahead counts: the clock was set back.
        let is_past =
            |lost_at: DateTime<Utc>| (now - lost_at).to_std().is_ok_and(|since| since >= within);
        !self.is_same() || self.lost_at.is_some_and(|lost_at| !is_past(lost_at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_767_225_600 + seconds, 0).unwrap()
    }

    fn same() -> Incarnations {
        let name = || Incarnation::new("life");
        Incarnations::new(name(), name())
    }

    #[test]
    fn a_name_of_an_instance_is_plain() {
        for name in ["a", "prod-eu-1", "Prod_2.b", &"x".repeat(64)] {
            assert_eq!(InstanceName::parse(name).unwrap().as_str(), name);
        }
        for name in [
            "",
            " ",
            "prod eu",
            "prod/1",
            "(none)",
            "é",
            "a\0",
            &"x".repeat(65),
        ] {
            let error = InstanceName::parse(name).unwrap_err();
            assert_eq!(error.kind(), crate::error::ErrorKind::Invalid, "{name:?}");
        }
    }

    #[test]
    fn an_instance_without_a_name_is_another_than_one_with() {
        let prod = InstanceName::parse("prod").unwrap();
        let none = InstanceName::parse("none").unwrap();
        for (here, kept, is_same) in [
            (None, None, true),
            (Some(&prod), Some("prod"), true),
            (Some(&prod), Some("staging"), false),
            (Some(&prod), None, false),
            (None, Some("prod"), false),
            (Some(&none), None, false),
        ] {
            let lives = same().of_instance(here, kept);
            assert_eq!(lives.is_same(), is_same, "{lives:?}");
        }
    }

    #[test]
    fn a_promotion_is_told_of_a_named_instance_only() {
        let prod = InstanceName::parse("prod").unwrap();
        let promoted = || Incarnations {
            is_promotion: true,
            ..same()
        };
        assert!(
            promoted()
                .of_instance(Some(&prod), Some("prod"))
                .is_promotion
        );
        for (here, kept) in [
            (None, None),
            (Some(&prod), Some("staging")),
            (None, Some("prod")),
        ] {
            let lives = promoted().of_instance(here, kept);
            assert!(!lives.is_promotion, "{lives:?}");
        }
    }

    #[test]
    fn keys_are_doubted_for_a_while_after_a_loss() {
        let day = Duration::from_secs(86_400);
        assert!(!same().doubts_keys(day, at(0)));
        let lost = Incarnations {
            lost_at: Some(at(0)),
            ..same()
        };
        assert!(lost.doubts_keys(day, at(86_399)));
        assert!(!lost.doubts_keys(day, at(86_400)));
        assert!(lost.doubts_keys(day, at(-5)), "the clock was set back");
        let other = Incarnations::new(Incarnation::new("a"), Incarnation::new("b"));
        assert!(other.doubts_keys(day, at(0)), "nobody accepted it yet");
    }
}
