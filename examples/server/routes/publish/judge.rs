//! Everything that is wrong with a form, from every side, at once.

use std::time::Duration;

use chrono::{DateTime, Utc};
use social_core::model::Account;
use social_core::publish::Violation;
use social_core::{ErrorKind, Result};
use social_tiktok::CreatorInfo;

use super::{creator, request};
use crate::app::App;
use crate::form::{Field, FileFacts, FormFacts, FormFields, FormProblems, ValidForm, validate};
use crate::present::trouble::sentences;
use crate::session::Signed;
use crate::upload::{Arrived, Kept, Sent};

/// How long the platform's check may take.
const WITHIN: Duration = Duration::from_secs(15);

/// A form and what is said about it.
#[derive(Debug)]
pub(super) struct Judged {
    pub(super) fields: FormFields,
    pub(super) facts: FormFacts,
    pub(super) kept: Option<Kept>,
    pub(super) problems: FormProblems,
    /// There is nothing to fix.
    pub(super) valid: Option<ValidForm>,
    pub(super) passes: Vec<String>,
    pub(super) soft: Vec<String>,
    /// The platform was asked, and something is not as it was.
    pub(super) asked_again: bool,
}

/// The file of the form: the one that came with it, or the one kept from the last try.
///
/// # Errors
/// `Storage` when it cannot be looked up.
pub(super) async fn kept(app: &App, user: &str, sent: &Sent) -> Result<Option<Kept>> {
    match &sent.file {
        Arrived::Kept(kept) => Ok(Some(kept.clone())),
        Arrived::Nothing => {
            let id = sent.fields.value("upload_id");
            app.own.upload(user, id, app.social.clock().now()).await
        }
        Arrived::Empty { .. } | Arrived::TooLong { .. } => Ok(None),
    }
}

/// What the rules say of the file's name, size and length.
fn file_facts(sent: &Sent, kept: Option<&Kept>) -> Option<FileFacts> {
    let of = |name: &str, size| FileFacts {
        name: name.to_owned(),
        size,
        duration_ms: None,
    };
    match &sent.file {
        Arrived::Empty { name } => Some(of(name, 0)),
        Arrived::TooLong { name } => Some(of(name, crate::app::UPLOAD_LIMIT as u64)),
        // What the browser says of a newly chosen file goes before a file of before.
        _ => sent
            .fields
            .file_facts()
            .or_else(|| kept.map(Kept::for_form)),
    }
}

/// The rules of the form, and what was found in the file when it arrived.
///
/// # Errors
/// `Storage` when the kept file cannot be looked up.
pub(super) async fn form(app: &App, user: &str, sent: Sent, info: &CreatorInfo) -> Result<Judged> {
    let kept = kept(app, user, &sent).await?;
    let facts = creator::facts(
        info,
        file_facts(&sent, kept.as_ref()),
        app.social.clock().now(),
    );
    let (valid, mut problems) = match validate(&sent.fields, &facts) {
        Ok(valid) => (Some(valid), FormProblems::default()),
        Err(problems) => (None, problems),
    };
    let mut passes = vec!["The account can post now".to_owned()];
    let mut soft = Vec::new();
    // A newly chosen file that has not arrived is not the kept one.
    let examined = kept
        .as_ref()
        .filter(|kept| facts.file.as_ref() == Some(&kept.for_form()));
    if let Some(kept) = examined {
        match (&kept.trouble, &kept.facts) {
            (Some(trouble), _) if problems.at(Field::File).is_empty() => {
                problems.add(Field::File, sentences(trouble).0, trouble.clone());
            }
            (Some(_), _) => {}
            (None, Some(facts)) => passes.push(facts.clone()),
            (None, None) => {
                soft.push("What is in the file cannot be read here; TikTok checks it".to_owned())
            }
        }
    }
    Ok(Judged {
        valid: valid.filter(|_| problems.is_empty()),
        fields: sent.fields,
        facts,
        kept,
        problems,
        passes,
        soft,
        asked_again: false,
    })
}

/// The platform's own check, for a form that is otherwise right.
///
/// # Errors
/// When the check cannot be made.
pub(super) async fn platform(
    app: &App,
    signed: &Signed,
    account: &Account,
    judged: &mut Judged,
) -> Result<()> {
    let (Some(valid), Some(kept)) = (&judged.valid, &judged.kept) else {
        return Ok(());
    };
    let request = request::of(signed.user(), valid, &kept.media)?;
    let found = match app.social.preflight(account, &request, WITHIN).await {
        Ok(found) => found,
        // The file was removed between its arrival and now.
        Err(error) if error.kind() == ErrorKind::NotFound => {
            judged.problems.add(
                Field::File,
                "Choose the video again",
                "The video is no longer kept here. Choose it again.",
            );
            judged.valid = None;
            judged.kept = None;
            return Ok(());
        }
        Err(error) => return Err(error),
    };
    for violation in found.violations {
        if violation.soft {
            judged.soft.push(violation.message);
        } else {
            add(&mut judged.problems, violation);
        }
    }
    if !judged.problems.is_empty() {
        judged.valid = None;
        judged.asked_again = true;
    }
    Ok(())
}

fn add(problems: &mut FormProblems, violation: Violation) {
    let (short, _) = sentences(&violation.message);
    problems.add(field(&violation.field), short, violation.message);
}

/// The control that a rule of the platform is about.
fn field(name: &str) -> Field {
    match name {
        "media" => Field::File,
        "caption" => Field::Title,
        "privacy" => Field::Privacy,
        "allow_comment" => Field::Comment,
        "allow_duet" => Field::Duet,
        "allow_stitch" => Field::Stitch,
        _ => Field::Form,
    }
}

/// A form that was taken before, as it was then: TikTok's answers and the time of that moment are taken as given.
pub(super) fn as_before(
    sent: &Sent,
    kept: Option<Kept>,
    then: DateTime<Utc>,
) -> Option<(ValidForm, Kept)> {
    let kept = kept?;
    let facts = FormFacts {
        now: then,
        audiences: vec![sent.fields.value("privacy").to_owned()],
        comment_off: false,
        duet_off: false,
        stitch_off: false,
        max_seconds: u64::MAX,
        max_bytes: u64::MAX,
        file: Some(kept.for_form()),
    };
    let valid = validate(&sent.fields, &facts).ok()?;
    Some((valid, kept))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_of_the_platform_has_its_control() {
        for (name, control) in [
            ("media", Field::File),
            ("caption", Field::Title),
            ("privacy", Field::Privacy),
            ("allow_comment", Field::Comment),
            ("allow_duet", Field::Duet),
            ("allow_stitch", Field::Stitch),
            ("account", Field::Form),
            ("consent", Field::Form),
        ] {
            assert_eq!(field(name), control, "{name}");
        }
        let mut problems = FormProblems::default();
        let message = "The video has 15.0 frames a second, TikTok takes 23 to 60. Export it again.";
        add(
            &mut problems,
            Violation::new("media.frame_rate", "media", message),
        );
        let problem = problems.at(Field::File)[0];
        assert_eq!(
            problem.short,
            "The video has 15.0 frames a second, TikTok takes 23 to 60"
        );
        assert_eq!(problem.words, message);
    }
}
