use crate::error::Error;

/// The [code](Error::code) of an error that tells of a place in a queue of ours. The wait is a promise, no wish of the
/// platform.
pub const LIMIT_BOOKED: &str = "limit_booked";

/// Whether a wait comes from our own queue: its code is [`LIMIT_BOOKED`]. Which limit it is says the reason.
pub fn is_booked(error: &Error) -> bool {
    error.code() == Some(LIMIT_BOOKED)
}
