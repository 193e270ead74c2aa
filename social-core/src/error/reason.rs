use serde::{Deserialize, Serialize};

/// Why something is refused or waits, in words that hold on every platform.
///
/// The [kind](crate::ErrorKind) says what happened and the [remedy](crate::Remedy) what to do; the reason is what a program
/// branches on that shows it to a person. A platform crate sets it from its table, the limits and rules of this family from
/// their own bookings, so that both read the same. The platform's own [code](crate::Error::code) is for people and support
/// alone.
///
/// A reason that is read from storage and that this release does not know is [`Unknown`](Self::Unknown).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Reason {
    /// The access ran out and can no longer be renewed.
    AccessExpired,
    /// The person or the platform has withdrawn the access.
    AccessRemoved,
    /// The platform does not let this account post.
    AccountBanned,
    /// Another owner has connected this account.
    AccountTaken,
    /// The platform has stopped the account until its person has done something there: a check, a confirmation.
    ActionNeeded,
    /// The address of the media is not verified as the app's own.
    AddressNotVerified,
    /// The platform has ended the version of its API that this build speaks, for the whole app.
    ApiVersionEnded,
    /// The app's paid credit with the platform is used up.
    AppCreditSpent,
    /// The app has used up what the platform gives it for a while: calls, units, posting people.
    AppLimit,
    /// The app's credentials, redirect address or permissions are not as the platform has them.
    AppMisconfigured,
    /// The platform has not audited the app, and allows it less for that.
    AppNotAudited,
    /// The platform's app on the person's device is too old.
    AppOutdated,
    /// The account does not offer this audience.
    AudienceRefused,
    /// As many calls as a short window allows were made.
    CallLimit,
    /// It was stopped.
    Cancelled,
    /// Comments are off at this medium.
    CommentsOff,
    /// The consent page came back with an error that is not known here.
    ConsentFailed,
    /// The person refused on the consent page.
    ConsentRefused,
    /// As many posts as a day allows were made of this account.
    DailyLimit,
    /// The account's owner has disconnected it.
    Disconnected,
    /// The platform takes it for the same as something that is there already.
    Duplicate,
    /// The grant may be dead; it is tried again before that is believed.
    GrantSuspected,
    /// The login's code is expired, was used, or is of another app.
    LoginCodeRefused,
    /// The login belongs to another browser.
    LoginElsewhere,
    /// The login's time is over.
    LoginExpired,
    /// No such login began here, or not for this owner.
    LoginUnknown,
    /// The login was finished before.
    LoginUsed,
    /// A file is not where the media are kept.
    MediaMissing,
    /// A file or picture breaks a rule of the platform; the remedy names the rule.
    MediaRule,
    /// The platform could not fetch the media from their address.
    MediaUnreachable,
    /// Its time passed before it could be posted.
    Missed,
    /// The consent yields no account that can be used.
    NoAccount,
    /// An account of the same person was disconnected after the offer was made, which ended the access that it gives.
    OfferEnded,
    /// The offer of accounts was accepted already, or its time is over.
    OfferOver,
    /// As many posts as may wait for the person do.
    PendingLimit,
    /// The platform failed on its side.
    PlatformFailed,
    /// Another renewal of the access is under way and takes long.
    RefreshBusy,
    /// A renewal was carried out but its answer was lost, and the old access has ended.
    RefreshAnswerLost,
    /// The access was renewed a moment ago and is not renewed again at once.
    RefreshedJustNow,
    /// Another post already has this id of the platform.
    RemoteIdTaken,
    /// Part of a post is there, and work on the rest has ended.
    RestMissing,
    /// The database was restored, cloned or failed over, and an operator has not accepted it.
    RestoredNotAccepted,
    /// The person no longer has the role that this needs, for example on a page of a company. A new consent does not bring
    /// it back.
    RoleMissing,
    /// The account did not grant a right that is needed.
    ScopeMissing,
    /// This process is ending.
    ShuttingDown,
    /// The platform takes it for spam.
    Spam,
    /// The disk or the quota of what is stored is used up.
    StorageFull,
    /// A newer release wrote it, and this one does not know all that it says.
    NewerRelease,
    /// New tokens are there, and the store does not take them.
    TokensUnsaved,
    /// The platform has it already and can no longer stop it.
    TooLateToStop,
    /// One that this release does not know.
    #[serde(other)]
    Unknown,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_of_a_newer_release_is_read_as_unknown() {
        let read: Reason = serde_json::from_str(r#""brand_new""#).unwrap();
        assert_eq!(read, Reason::Unknown);
        let text = serde_json::to_string(&Reason::DailyLimit).unwrap();
        assert_eq!(text, r#""daily_limit""#);
    }
}
