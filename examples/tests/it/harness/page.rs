//! Reading pages.

/// What stands between two marks, the first time.
pub(crate) fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(before)?;
    rest.split_once(after).map(|(inside, _)| inside)
}

/// The value of the hidden field of this name.
pub(crate) fn hidden(text: &str, name: &str) -> Option<String> {
    between(text, &format!("name=\"{name}\" value=\""), "\"").map(str::to_owned)
}

pub(crate) fn h1(text: &str) -> String {
    let inside = between(text, "<h1", "</h1>").unwrap_or_default();
    unescape(inside.split_once('>').map_or("", |(_, words)| words))
}

/// The text without markup, blanks as one.
pub(crate) fn words(text: &str) -> String {
    let mut out = String::new();
    let mut inside = false;
    for c in text.chars() {
        match c {
            '<' => inside = true,
            '>' => {
                inside = false;
                out.push(' ');
            }
            _ if !inside => out.push(c),
            _ => {}
        }
    }
    unescape(&out.split_whitespace().collect::<Vec<_>>().join(" "))
}

fn unescape(text: &str) -> String {
    text.replace("&#39;", "'")
        .replace("&quot;", "\"")
        .replace("&#34;", "\"")
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&amp;", "&")
}
