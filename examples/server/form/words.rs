//! Titles and texts.

use super::{DESCRIPTION_MAX, Field, FormFields, FormProblems, Kind, PHOTO_TITLE_MAX, TITLE_MAX};
use crate::view::format::count;

/// Line breaks as one `\n` each. A browser submits them as CRLF and counts them as one unit.
pub(crate) fn normalise(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n")
}

/// UTF-16 units, the way TikTok and browsers count.
pub(crate) fn utf16_units(text: &str) -> usize {
    text.chars().map(char::len_utf16).sum()
}

/// The title of photos, and the words beside the post.
pub(super) fn read(
    fields: &FormFields,
    kind: Kind,
    is_inbox: bool,
    problems: &mut FormProblems,
) -> (Option<String>, String) {
    match kind {
        // TikTok drops the title of a video that is finished in the app.
        Kind::Video if is_inbox => (None, String::new()),
        Kind::Video => {
            let title = text(
                fields,
                "title",
                problems,
                Field::Title,
                ("Title", TITLE_MAX),
            );
            (None, title)
        }
        Kind::Photos => {
            let most = ("Title", PHOTO_TITLE_MAX);
            let title = text(fields, "photo_title", problems, Field::PhotoTitle, most);
            let most = ("Text", DESCRIPTION_MAX);
            let words = text(fields, "description", problems, Field::Description, most);
            ((!title.is_empty()).then_some(title), words)
        }
    }
}

fn text(
    fields: &FormFields,
    name: &str,
    problems: &mut FormProblems,
    field: Field,
    (word, most): (&str, usize),
) -> String {
    let text = normalise(fields.value(name));
    let used = utf16_units(&text);
    if used > most {
        let words = format!(
            "{word} is {} characters, {} too many",
            count(used as u64),
            count((used - most) as u64)
        );
        problems.add(field, words.clone(), format!("{words}. Shorten it."));
    }
    text
}
