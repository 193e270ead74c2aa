//! Everything that is wrong with a form, from every side, at once.

use std::time::Duration;

use chrono::{DateTime, Utc};
use social_core::model::{Account, OwnerId};
use social_core::publish::{Preflight, Violation};
use social_core::{ErrorKind, Result};
use social_tiktok::Day;

use super::creator::View;
use super::{creator, limits, request};
use crate::app::App;
use crate::form::{
    Content, Entered, Field, FieldProblem, FileFacts, FormFacts, FormFields, FormProblems, Kind,
    read,
};
use crate::session::Signed;
use crate::tiktok::within;
use crate::upload::{Arrived, Kept, Sent};

/// How long the platform's check may take.
const WITHIN: Duration = Duration::from_secs(15);

/// A form and what is said about it.
#[derive(Debug)]
pub(super) struct Judged {
    pub(super) fields: FormFields,
    pub(super) facts: FormFacts,
    pub(super) entered: Entered,
    pub(super) kept: Option<Kept>,
    pub(super) problems: FormProblems,
    pub(super) passes: Vec<String>,
    pub(super) soft: Vec<FieldProblem>,
    /// What was not looked at, and when it is.
    pub(super) unchecked: Vec<String>,
    /// What is booked of TikTok's limits.
    pub(super) day: Day,
    /// The platform was asked, and something is not as it was.
    pub(super) asked_again: bool,
}

impl Judged {
    /// There is nothing to fix.
    pub(super) fn is_valid(&self) -> bool {
        self.problems.is_empty()
    }

    fn needs_file(&self) -> bool {
        self.entered.content == Some(Content::VideoFile)
    }
}

/// The file of the form: the one that came with it, or the one kept from the last try.
///
/// # Errors
/// `Storage` when it cannot be looked up.
pub(super) async fn kept(app: &App, user: &OwnerId, sent: &Sent) -> Result<Option<Kept>> {
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
pub(super) async fn form(app: &App, account: &Account, sent: Sent, view: &View) -> Result<Judged> {
    let kept = kept(app, &account.key.owner, &sent).await?;
    let now = app.social.clock().now();
    let facts = creator::facts(account, view, file_facts(&sent, kept.as_ref()), now);
    let (entered, problems) = read(&sent.fields, &facts);
    let day = limits::day(app, account).await?;
    let soft = limits::in_the_way(&day, &entered, account, now);
    let passes = match (problems.at(Field::Way).is_empty(), soft.is_empty()) {
        (true, true) => vec!["The account can post now".to_owned()],
        _ => Vec::new(),
    };
    let mut judged = Judged {
        entered,
        fields: sent.fields,
        facts,
        kept,
        problems,
        passes,
        soft,
        unchecked: Vec::new(),
        day,
        asked_again: false,
    };
    match &judged.entered.content {
        Some(Content::VideoFile) => look_into_file(app, &mut judged).await?,
        Some(_) => judged.unchecked.push(
            "What is at the address is looked at when you press Post, and TikTok decides whether it fetches from there"
                .to_owned(),
        ),
        None => {}
    }
    Ok(judged)
}

/// The rules for the file itself. A newly chosen file that has not arrived is not the kept one.
async fn look_into_file(app: &App, judged: &mut Judged) -> Result<()> {
    let arrived = judged
        .kept
        .as_ref()
        .filter(|kept| {
            let file = judged.facts.file.as_ref();
            file.is_some_and(|file| file.is_same(&kept.for_form()))
        })
        .map(|kept| kept.media.clone());
    let Some(media) = arrived else {
        let later = "We look inside the file when it has arrived".to_owned();
        judged.unchecked.push(later);
        return Ok(());
    };
    examined(judged);
    let store = app.social.media();
    match app.tiktok.publishing.look_at_video(store, &media).await {
        Ok(found) => {
            judged.unchecked.extend(unchecked(&found));
            violations(judged, found.violations);
            facts_of_file(judged);
            Ok(())
        }
        Err(error) if error.kind() == ErrorKind::NotFound => {
            gone(judged);
            Ok(())
        }
        Err(error) => Err(error),
    }
}

/// The file was removed between its arrival and now.
fn gone(judged: &mut Judged) {
    judged.problems.add(
        Field::File,
        "Choose the video again",
        "The video is no longer kept here. Choose it again.",
    );
    judged.kept = None;
}

fn unchecked(found: &Preflight) -> impl Iterator<Item = String> {
    found
        .not_checked
        .iter()
        .map(|what| format!("Not checked: {what}"))
}

/// Why it is no video to post, as was found when it arrived.
fn examined(judged: &mut Judged) {
    let trouble = judged.kept.as_ref().and_then(|kept| kept.trouble.clone());
    if let Some(trouble) = trouble
        && judged.problems.at(Field::File).is_empty()
    {
        let problem = FieldProblem::of_rule(Field::File, trouble.violation());
        judged.problems.push(problem);
    }
}

/// What was read of a file in which nothing is wrong.
fn facts_of_file(judged: &mut Judged) {
    let Some(kept) = &judged.kept else {
        return;
    };
    if !judged.problems.at(Field::File).is_empty() {
        return;
    }
    match &kept.facts {
        Some(facts) => judged.passes.push(facts.clone()),
        None => {
            let words = "What is in the file cannot be read here; TikTok checks it.";
            let unread = Violation::new("media.unread", "media", words).soft();
            judged.soft.push(FieldProblem::of_rule(Field::File, unread));
        }
    }
}

/// The platform's own check, beside the rules of the form: all that is wrong is told at once.
///
/// # Errors
/// When the check of a form that is otherwise right cannot be made.
pub(super) async fn platform(
    app: &App,
    signed: &Signed,
    account: &Account,
    judged: &mut Judged,
) -> Result<()> {
    let file = judged.kept.as_ref().map(|kept| &kept.media);
    let request = request::of(signed.user(), &judged.entered, file)?;
    let check = app.social.preflight(account, &request, WITHIN);
    let found = match within(WITHIN, &app.social, check).await {
        Ok(found) => found,
        Err(error) if error.kind() == ErrorKind::NotFound && judged.needs_file() => {
            if judged.problems.at(Field::File).is_empty() {
                gone(judged);
            }
            return Ok(());
        }
        // What the form's own rules found is told all the same.
        Err(error) if !judged.is_valid() => {
            tracing::warn!(%error, "a form with gaps could not be checked further");
            return Ok(());
        }
        Err(error) => return Err(error),
    };
    judged.unchecked = unchecked(&found).collect();
    judged.asked_again |= violations(judged, found.violations);
    Ok(())
}

/// Adds what the platform's rules found, and says whether something stands in the way.
fn violations(judged: &mut Judged, found: Vec<Violation>) -> bool {
    let before = judged.problems.clone();
    let said: Vec<String> = judged.soft.iter().map(|soft| soft.words.clone()).collect();
    let mut blocks = false;
    for violation in found {
        let field = field(&violation.field, &judged.entered);
        // The form's own rule has said it already, in plainer words; so has the look at what is booked.
        let known = violation.rule.starts_with("limit.") || said.contains(&violation.line());
        if before.at(field).is_empty() && !known {
            blocks |= !violation.soft;
            add(judged, field, violation);
        }
    }
    blocks
}

fn add(judged: &mut Judged, field: Field, violation: Violation) {
    let soft = violation.soft;
    let problem = FieldProblem::of_rule(field, violation);
    if soft {
        judged.soft.push(problem);
    } else {
        judged.problems.push(problem);
    }
}

/// The control that a rule of the platform is about. One photo of several is named by a number behind a dot.
fn field(name: &str, entered: &Entered) -> Field {
    let content = entered.content.as_ref();
    match name.split(['.', '[']).next().unwrap_or(name) {
        "media" => match (entered.kind, content) {
            (Kind::Photos, _) => Field::Photos,
            (Kind::Video, Some(Content::VideoUrl(_))) => Field::VideoUrl,
            (Kind::Video, _) => Field::File,
        },
        "caption" if entered.kind == Kind::Photos => Field::Description,
        "caption" => Field::Title,
        "title" => Field::PhotoTitle,
        "cover_index" => Field::Cover,
        "cover_timestamp_ms" => Field::CoverAt,
        "is_aigc" => Field::Aigc,
        "auto_add_music" => Field::Music,
        "mode" => Field::Way,
        "privacy" => Field::Privacy,
        "allow_comment" => Field::Comment,
        "allow_duet" => Field::Duet,
        "allow_stitch" => Field::Stitch,
        "your_brand" | "branded_content" => Field::OwnBrand,
        _ => Field::Form,
    }
}

/// A form that was taken before, as it was then: TikTok's answers and the time of that moment are taken as given.
pub(super) fn as_before(sent: &Sent, kept: Option<&Kept>, then: DateTime<Utc>) -> Option<Entered> {
    let facts = FormFacts {
        now: then,
        audiences: vec![sent.fields.value("privacy").to_owned()],
        comment_off: false,
        duet_off: false,
        stitch_off: false,
        max_seconds: u64::MAX,
        max_bytes: u64::MAX,
        may_inbox: true,
        direct_closed: None,
        file: kept.map(Kept::for_form),
    };
    let (entered, problems) = read(&sent.fields, &facts);
    problems.is_empty().then_some(entered)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entered(pairs: &[(&str, &str)]) -> Entered {
        let pairs = pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let facts = FormFacts {
            now: DateTime::UNIX_EPOCH,
            audiences: Vec::new(),
            comment_off: false,
            duet_off: false,
            stitch_off: false,
            max_seconds: 1,
            max_bytes: 1,
            may_inbox: true,
            direct_closed: None,
            file: None,
        };
        read(&FormFields::from_pairs(pairs), &facts).0
    }

    #[test]
    fn every_field_of_the_platform_has_its_control() {
        let video = entered(&[]);
        let address = entered(&[
            ("source", "url"),
            ("video_url", "https://media.example.com/a.mp4"),
        ]);
        let photos = entered(&[("kind", "photos")]);
        for (form, name, control) in [
            (&video, "media", Field::File),
            (&address, "media", Field::VideoUrl),
            (&photos, "media", Field::Photos),
            (&photos, "media.3", Field::Photos),
            (&photos, "media[3]", Field::Photos),
            (&video, "caption", Field::Title),
            (&photos, "caption", Field::Description),
            (&photos, "title", Field::PhotoTitle),
            (&photos, "cover_index", Field::Cover),
            (&photos, "auto_add_music", Field::Music),
            (&video, "cover_timestamp_ms", Field::CoverAt),
            (&video, "is_aigc", Field::Aigc),
            (&video, "mode", Field::Way),
            (&video, "privacy", Field::Privacy),
            (&video, "allow_comment", Field::Comment),
            (&video, "allow_duet", Field::Duet),
            (&video, "allow_stitch", Field::Stitch),
            (&video, "branded_content", Field::OwnBrand),
            (&video, "account", Field::Form),
            (&video, "consent", Field::Form),
        ] {
            assert_eq!(field(name, form), control, "{name}");
        }
    }
}
