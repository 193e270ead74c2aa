//! English.

use std::time::Duration;

use super::{About, Field, Language, Row};
use crate::error::{ErrorKind as K, Reason as R};

/// English, the language of everything here.
pub const ENGLISH: Language = Language {
    tag: "en",
    rows: ROWS,
    unknown: &[
        (Field::Account, "this account"),
        (Field::Address, "the address"),
        (Field::Platform, "the platform"),
        (Field::Right, "something that is needed"),
    ],
    span,
};

fn span(wait: Duration) -> String {
    match wait.as_secs() {
        0..=60 => "a minute".to_owned(),
        seconds @ 61..=5_400 => format!("{} minutes", seconds.div_ceil(60)),
        seconds => format!("{} hours", seconds.div_ceil(3_600)),
    }
}

const fn row(
    about: About,
    title: &'static str,
    finding: &'static str,
    advice: &'static str,
    waits: &'static str,
) -> Row {
    Row {
        about,
        title,
        finding,
        advice,
        waits,
    }
}

const fn why(
    reason: R,
    title: &'static str,
    finding: &'static str,
    advice: &'static str,
    waits: &'static str,
) -> Row {
    row(About::Reason(reason), title, finding, advice, waits)
}

const fn kind(
    kind: K,
    title: &'static str,
    finding: &'static str,
    advice: &'static str,
    waits: &'static str,
) -> Row {
    row(About::Kind(kind), title, finding, advice, waits)
}

const RECONNECT: &str = "Reconnect needed";
const CONNECT: &str = "Connect the account again.";
const HELD: &str = "Connect the account again; its posts wait for that.";
const SIGN_IN: &str = "{platform} did not connect";
const ANEW: &str = "Nothing was stored and nothing changed. Start the sign-in again.";
const FILE: &str = "{platform} does not take this file";
const ADDRESS: &str = "This address cannot be used";
const FAILED: &str = "This did not work";

/// About what, the title, what happened, what to do, and what goes on by itself.
#[rustfmt::skip]
const ROWS: &[Row] = &[
    row(About::Lost, "It is not known whether it was done", "{platform} did not say whether it did this.", "It is not sent again. {platform} is asked what became of it.", "It is not sent again. {platform} is asked what became of it[, next at {when}]."),

    row(About::Rule("accounts.offered"), FAILED, "No account was chosen, or one that was not offered.", "Choose at least one of the accounts shown.", ""),
    row(About::Rule("address.answer"), ADDRESS, "There is no file to be had at this address.", "Correct the address.", ""),
    row(About::Rule("address.host"), ADDRESS, "The address names no host.", "Correct the address.", ""),
    row(About::Rule("address.https"), ADDRESS, "Only https addresses are fetched.", "Use an address that begins with https.", ""),
    row(About::Rule("address.public"), ADDRESS, "The address does not lead to the public Internet.", "Use one that does.", ""),
    row(About::Rule("address.redirect"), ADDRESS, "The address leads on to another one.", "Use the one where the file is.", ""),
    row(About::Rule("address.userinfo"), ADDRESS, "The address holds a user name or a password.", "Leave them out.", ""),
    row(About::Rule("caption.spam"), "{platform} refused this as likely spam", "{platform} took the caption for spam.", "Change it, and post it again.", ""),
    row(About::Rule("media.duration"), FILE, "{platform} refused the video's length.", "Make it shorter or longer, and post it again.", ""),
    row(About::Rule("media.frame_rate"), FILE, "{platform} refused the video's frame rate[: it takes {limit} frames a second].", "Export the video again, and post it again.", ""),
    row(About::Rule("media.limit"), ADDRESS, "The file at this address is too long.", "Use a shorter one.", ""),
    row(About::Rule("media.picture_size"), FILE, "{platform} refused the picture's width or height.", "Export it again, and post it again.", ""),
    row(About::Rule("media.readable"), FILE, "This file is damaged or incomplete.", "Export or upload it again.", ""),

    why(R::AccessExpired, RECONNECT, "{account} must be connected again: its access ran out.", CONNECT, HELD),
    why(R::AccessRemoved, RECONNECT, "{account} must be connected again: access was removed on {platform}.", CONNECT, HELD),
    why(R::AccountBanned, "{platform} does not let this account post", "{platform} does not let {account} post.", "The {platform} app says why.", ""),
    why(R::AccountTaken, SIGN_IN, "{account} is connected by another user here.", "It has to be disconnected there first. Nothing changed.", ""),
    why(R::ActionNeeded, "{platform} wants something of you first", "{platform} has stopped {account} until you have done what it asks of you there.", "Open {platform} with {account}, do what it asks, then post again.", "Open {platform} with {account} and do what it asks; it is tried again by itself[ at {when}]."),
    why(R::AddressNotVerified, "{platform} does not know this address", "{platform} does not know that {address} is yours.", "Verify it in {platform}'s developer portal, or upload the file.", ""),
    why(R::ApiVersionEnded, "{platform} no longer takes calls of this version", "{platform} has ended the version of its interface that this service speaks.", "The operator of this service has to update it.", "The operator of this service has to update it; the post waits[, and is tried at {when}]."),
    why(R::AppCreditSpent, "The app's credit with {platform} is used up", "The credit that the operator of this service has with {platform} is used up.", "The operator has to add to it.", "The operator has to add to it; the post waits[, and is tried at {when}]."),
    why(R::AppLimit, "The app's share of {platform} is used up", "The app has used up what {platform} gives it for a while.", "Connecting the account again does not help. Try again[ in {wait}].", "Connecting the account again does not help; the post waits[, and is tried at {when}]."),
    why(R::AppMisconfigured, "{platform} does not accept this service's app", "{platform} does not accept this service's app: its key, secret, redirect address or what it asks for.", "The operator of this service has to correct it.", ""),
    why(R::AppNotAudited, "{platform} has not audited this app", "Until {platform} has audited this app, it posts only for private accounts.", "Make {account} private in {platform}, then post again.", ""),
    why(R::AppOutdated, "The {platform} app is too old", "The {platform} app on your phone is too old for this.", "Update the {platform} app, then post again.", ""),
    why(R::AudienceRefused, "The audiences changed", "The audiences of {account} changed on {platform}.", "Choose again who may see it.", ""),
    why(R::CallLimit, "Too many requests just now", "{platform} takes only so many requests a minute for one account.", "Try again[ in {wait}].", "It continues by itself[ at {when}]."),
    why(R::Cancelled, "Cancelled", "It was cancelled.", "Post it again if you still want it.", ""),
    why(R::CommentsOff, "Comments are off there", "Comments are off at this post on {platform}.", "Turn them on in {platform} if the post is yours; until then nobody can comment there.", ""),
    why(R::ConsentFailed, SIGN_IN, "{platform} ended the sign-in with an error that is not known here.", ANEW, ""),
    why(R::ConsentRefused, SIGN_IN, "You refused on {platform}'s page.", ANEW, ""),
    why(R::DailyLimit, "Daily limit reached", "{platform} takes no more posts from {account} today.", "Post it tomorrow, or in the {platform} app.", "It starts by itself[ at {when}]."),
    why(R::Disconnected, "Disconnected", "{account} is disconnected.", "Connect it again to post with it.", ""),
    why(R::Duplicate, "{platform} has this already", "{platform} takes this for the same as something that is there already.", "Look on {platform} whether it is there; if not, change the words and send it again.", ""),
    why(R::GrantSuspected, "{platform} does not accept this account's access", "{platform} does not accept the access of {account}, and whether it has ended is not known yet.", "{platform} is asked again[ in {wait}]. Connecting the account again ends the wait.", "{platform} is asked again[ at {when}]. Connecting the account again ends the wait."),
    why(R::LoginCodeRefused, SIGN_IN, "{platform} did not accept the sign-in: its code is expired, used or of another app.", ANEW, ""),
    why(R::LoginElsewhere, SIGN_IN, "This sign-in was begun in another browser.", "Finish it there, or start again here. Nothing was stored and nothing changed.", ""),
    why(R::LoginExpired, SIGN_IN, "This sign-in no longer counts[: it was opened more than {limit} ago].", ANEW, ""),
    why(R::LoginUnknown, SIGN_IN, "This sign-in did not start here.", ANEW, ""),
    why(R::LoginUsed, SIGN_IN, "This sign-in was already used.", "Look at your accounts, or start again.", ""),
    why(R::MediaMissing, "A media file is missing", "A file of this post is not where this service keeps its media.", "Post it again with the file.", "The operator of this service has to bring the file back; the post waits for it."),
    why(R::MediaRule, FILE, "{platform} cannot use this file.", "Export it again[ as {limit}], and post it again.", ""),
    why(R::MediaUnreachable, "{platform} could not fetch the media", "{platform} could not fetch the media. An address of the media must answer everybody, without a redirect.", "Post it again.", "It is tried again by itself[ at {when}]."),
    why(R::Missed, "Its time has passed", "Its time passed while nothing could post it. It was not posted.", "Post it again if you still want it.", ""),
    why(R::NoAccount, SIGN_IN, "{platform} gave access to no account.", ANEW, ""),
    why(R::OfferEnded, SIGN_IN, "This sign-in no longer gives access: an account of the same person was disconnected after it.", ANEW, ""),
    why(R::OfferOver, SIGN_IN, "This sign-in is over: it was accepted already, or it waited too long.", "Look at your accounts, or start again.", ""),
    why(R::PendingLimit, "The {platform} inbox is full", "As many uploads wait in the {platform} inbox as may[: {limit}].", "Finish or discard one in the {platform} app, then post again.", "Finish or discard one in the {platform} app; this one then goes on by itself."),
    why(R::PlatformFailed, "{platform} failed on its side", "{platform} failed on its side.", "Try it again in a minute.", "It is tried again by itself[ at {when}]."),
    why(R::RefreshAnswerLost, RECONNECT, "{account} must be connected again: the answer of {platform} to a renewal was lost, and the old access ended.", CONNECT, HELD),
    why(R::RefreshBusy, "The access is being renewed", "The access of {account} is being renewed, and that takes long.", "Try again in a minute.", "It continues by itself when that is done."),
    why(R::RefreshedJustNow, "{platform} does not accept this account's access", "{platform} does not accept the access that it gave a moment ago.", "Try again in a minute.", "It is renewed again in a moment."),
    why(R::RestMissing, "Part of it is missing", "Part of this post is on {platform}, and the rest is not.", "Look at what is there. What is missing is not sent any more; post it anew, without what is there.", ""),
    why(R::RestoredNotAccepted, "This server waits for its operator", "This server was moved or restored and waits for its operator. Nothing is lost, and nothing is sent now.", "The operator has to accept the restored data.", ""),
    why(R::RoleMissing, "The role is missing on {platform}", "The person who connected {account} no longer has the role on {platform} that this needs.", "Somebody with that role has to give it back on {platform}, or connect {account} themselves.", ""),
    why(R::ScopeMissing, "Not allowed at sign-in", "{right} was not allowed at sign-in.", "Connect the account again and leave it ticked.", ""),
    why(R::ShuttingDown, "The service is being restarted", "The service is being restarted.", "Try again in a moment.", ""),
    why(R::Spam, "{platform} refused this as likely spam", "{platform} took this post for spam.", "Do not send it again; look at the account in the {platform} app.", ""),
    why(R::NewerRelease, "Written by a newer version of this server", "A newer version of this server wrote this, and the one that runs now does not know all that it says. It is kept as it is.", "The operator of this server has to run the newer version again.", ""),
    why(R::StorageFull, "This server has no room left", "This server has no room left. Nothing was stored and nothing was posted.", "The operator of this server has to free space; then send it again.", ""),
    why(R::TokensUnsaved, "This server cannot reach its storage", "The new access of {account} is kept in memory, since this server cannot reach its storage.", "Try again in a minute.", "It is saved as soon as the storage answers."),
    why(R::TooLateToStop, "It can no longer be stopped", "It can no longer be stopped.", "Delete the post in the {platform} app.", ""),

    row(About::Here(K::Timeout), FAILED, "This service could not do it in time.", "Try again in a minute.", "It is tried again by itself[ at {when}]."),
    row(About::Here(K::Unavailable), FAILED, "This service cannot do it now.", "Try again in a minute.", "It is tried again by itself[ at {when}]."),

    kind(K::Conflict, FAILED, "Something else changed this in the meantime.", "Look again, then repeat.", ""),
    kind(K::Invalid, FAILED, "Something in this request is not allowed.", "Change it and send it again.", ""),
    kind(K::NotFound, "There is nothing at this address", "There is nothing here.", "Nothing was stored and nothing changed.", ""),
    kind(K::Permission, "Not allowed at sign-in", "{account} did not allow this.", "Connect it again and leave everything ticked.", ""),
    kind(K::Protocol, FAILED, "{platform} answered in a way that this program does not know.", "Tell the operator of this service.", ""),
    kind(K::RateLimited, "{platform} asks us to wait", "{platform} asks us to wait.", "Try again[ in {wait}].", "It continues by itself[ at {when}]."),
    kind(K::Rejected, FAILED, "{platform} refused this.", "Look at the account in the {platform} app.", ""),
    kind(K::Seal, "A stored secret cannot be read", "A stored secret cannot be read. Nothing was changed.", "The operator of this server has to look at the keys.", ""),
    kind(K::Storage, "This server cannot reach its storage", "This server cannot reach its storage. What you sent before is safe.", "Try again in a minute.", "It is tried again by itself[ at {when}]."),
    kind(K::Timeout, "{platform} does not answer", "{platform} did not answer in time.", "Try again in a minute.", "It is tried again by itself[ at {when}]."),
    kind(K::Unauthorized, "{platform} does not accept this account's access", "{platform} does not accept the access of {account} now.", "Try again in a minute. If it stays so, connect the account again.", "It is renewed and tried again[ at {when}]."),
    kind(K::Unavailable, "{platform} does not answer", "{platform} does not answer.", "Try again in a minute.", "It is tried again by itself[ at {when}]."),
    kind(K::Unsupported, FAILED, "This is not possible here.", "", ""),
];
