use std::fmt;

/// What a failover to another machine may cost.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Failover {
    /// Writes are acknowledged only when another machine has them too. Holds the words of the setting.
    Keeps(String),
    /// Acknowledged writes may be missing afterwards. Holds why.
    MayLose(String),
    /// There is no other machine that could take over.
    None,
}

impl fmt::Display for Failover {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Keeps(setting) => write!(f, "keeps acknowledged writes: {setting}"),
            Self::MayLose(why) => write!(f, "may lose acknowledged writes: {why}"),
            Self::None => f.write_str("none"),
        }
    }
}
