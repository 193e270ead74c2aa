//! What the terminal shows.

use std::{io::Write, process::ExitCode};

use chrono::SubsecRound;
use social_core::error::words::{Facts, Field};
use social_core::{Error, ErrorKind, Post, Remedy, publish::Outcome, store::PostState};

/// Prints a line. A closed standard output is no reason to stop.
pub(crate) fn say(line: &str) {
    let mut out = std::io::stdout();
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}

/// Why the program ends without having done what it was asked for.
pub(crate) fn complain(error: &anyhow::Error) {
    let _ = writeln!(std::io::stderr(), "quickstart: {}", examples::told(error));
}

/// Somebody asked the program to end.
pub(crate) fn stopped() -> ExitCode {
    say("Stopped. Start it again with the same name, and it goes on.");
    ExitCode::from(130)
}

/// What an error says that nothing goes on with.
pub(crate) fn over(error: &Error) -> String {
    error.words(&facts().over()).line()
}

fn facts() -> Facts<'static> {
    Facts::new().with(Field::Platform, social_tiktok::NAME)
}

/// An error with the words for a person first.
pub(crate) fn as_told(error: Error) -> anyhow::Error {
    let words = over(&error);
    anyhow::Error::from(error).context(words)
}

/// Why a post was not taken.
pub(crate) fn not_taken(error: Error, key: &str) -> anyhow::Error {
    if error.kind() != ErrorKind::Conflict {
        return as_told(error);
    }
    let words = format!(
        "{key} is the name of another post that is under way; start this with that post's file, or name this one otherwise: --key NAME"
    );
    anyhow::Error::from(error).context(words)
}

/// Where a post is on its way; nothing once it has an outcome, which has its own words.
pub(crate) fn line(status: &Post) -> Option<String> {
    if status.outcome.is_some() {
        return None;
    }
    if let Some(cause) = &status.cause {
        return Some(trouble(status, cause));
    }
    Some(match (status.state, status.step.as_str()) {
        (PostState::Queued, _) => "Accepted. It is kept here until it has an outcome.".to_owned(),
        (_, "creator") => "Asking TikTok what this account may post.".to_owned(),
        (_, "init") => "Asking TikTok to take the video.".to_owned(),
        (_, "upload") => format!("Sending the video{}.", sent(status)),
        (_, "status") => "TikTok has all of it and checks it.".to_owned(),
        (_, other) => format!("At the step {other}."),
    })
}

fn sent(status: &Post) -> String {
    let Some((sent, total)) = status.progress.filter(|(_, total)| *total > 0) else {
        return String::new();
    };
    format!(": {} %", sent.saturating_mul(100) / total)
}

fn trouble(status: &Post, cause: &Error) -> String {
    let next = status.next_at.map_or_else(
        || "soon".to_owned(),
        |next| format!("at {} UTC", next.trunc_subsecs(0).format("%H:%M:%S")),
    );
    let told = cause.words(&facts().waits());
    match cause.remedy() {
        Remedy::Reauthorize => told.line(),
        Remedy::Reconcile if status.started => format!(
            "The connection broke before TikTok answered: it is not known whether TikTok did it. It is not sent again. TikTok is asked {next}."
        ),
        _ => format!("{} It goes on by itself {next}. ({cause})", told.finding),
    }
}

/// Says how it ended and what to do next. Only what was asked for is a success.
pub(crate) fn end(status: &Post, key: &str) -> ExitCode {
    let id = status.remote_ids.last().map(|id| id.as_str());
    let id = id.map_or_else(String::new, |id| format!("\nTikTok's id of it: {id}"));
    let anew = "post it under another name: quickstart --key NAME FILE";
    let (words, code) = match &status.outcome {
        Some(Outcome::Published(links)) => {
            let links: Vec<String> = links
                .iter()
                .map(|link| match &link.url {
                    Some(url) => url.to_string(),
                    None => format!("post {}", link.id),
                })
                .collect();
            let shown = if links.is_empty() {
                "Published. Only the account itself can see it, so TikTok gives no link.".to_owned()
            } else {
                format!("Published: {}", links.join(", "))
            };
            let next = "Next: cargo run --example server shows all of this on pages.";
            (format!("{shown}{id}\n{next}"), ExitCode::SUCCESS)
        }
        Some(Outcome::AwaitingUser) => (
            format!("It waits in the inbox of the TikTok app. Finish it there.{id}"),
            ExitCode::SUCCESS,
        ),
        Some(Outcome::Failed(error)) => (
            format!(
                "Failed. {}{id}\nDetails: {error}\n{key} stands for this post for good. Put right what it says, then {anew}",
                over(error)
            ),
            ExitCode::FAILURE,
        ),
        Some(Outcome::Cancelled) => (
            format!("Cancelled; nothing was posted.{id}\nTo post it after all, {anew}"),
            ExitCode::FAILURE,
        ),
        _ => (
            format!(
                "Undecided: TikTok did not say whether it is published, and it is not sent again.{id}\nLook at the profile. Only if it is not there, {anew}"
            ),
            ExitCode::FAILURE,
        ),
    };
    say(&words);
    code
}
