//! A reader of the HTML that the templates write. Stricter than a browser: what it cannot read is a failure.

/// An element with its attributes and its text.
#[derive(Debug)]
pub(super) struct Element {
    pub(super) name: String,
    /// In order; values decoded.
    pub(super) attrs: Vec<(String, String)>,
    /// All text inside, decoded.
    pub(super) text: String,
    /// Names of the elements around it, outermost first, and whether each is a part.
    pub(super) inside: Vec<(String, bool)>,
}

impl Element {
    pub(super) fn attr(&self, name: &str) -> Option<&str> {
        self.attrs
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    pub(super) fn has_class(&self, class: &str) -> bool {
        self.attr("class")
            .is_some_and(|classes| classes.split_whitespace().any(|known| known == class))
    }

    pub(super) fn is_focusable(&self) -> bool {
        let link = self.name == "a" && self.attr("href").is_some();
        let control = matches!(
            self.name.as_str(),
            "button" | "input" | "select" | "textarea" | "summary"
        );
        link || (control && self.attr("type") != Some("hidden"))
    }
}

const VOID: [&str; 5] = ["meta", "link", "input", "img", "br"];

/// All elements in document order. Every element must be closed in order.
pub(super) fn parse(page: &str, html: &str) -> Vec<Element> {
    let mut rest = html.strip_prefix("<!doctype html>").unwrap_or(html);
    let mut out: Vec<Element> = Vec::new();
    let mut open: Vec<usize> = Vec::new();
    while let Some(start) = rest.find('<') {
        let text = decode(&rest[..start]);
        for index in &open {
            out[*index].text.push_str(&text);
        }
        let end = tag_end(&rest[start..])
            .unwrap_or_else(|| panic!("{page}: open tag at {:.60}", &rest[start..]));
        let tag = &rest[start + 1..start + end];
        rest = &rest[start + end + 1..];
        if let Some(name) = tag.strip_prefix('/') {
            let last = open
                .pop()
                .unwrap_or_else(|| panic!("{page}: </{name}> closes nothing"));
            assert_eq!(
                out[last].name, name,
                "{page}: </{name}> in <{}>",
                out[last].name
            );
            continue;
        }
        let closed = tag.ends_with('/');
        let (name, attrs) = attributes(page, tag.trim_end_matches('/'));
        let inside = open
            .iter()
            .map(|i| (out[*i].name.clone(), out[*i].attr("data-part").is_some()))
            .collect();
        let void = VOID.contains(&name.as_str());
        out.push(Element {
            name,
            attrs,
            text: String::new(),
            inside,
        });
        if !closed && !void {
            open.push(out.len() - 1);
        }
    }
    assert!(
        open.is_empty(),
        "{page}: <{}> is not closed",
        out[open[0]].name
    );
    out
}

/// The `>` that ends a tag: not one inside a quoted value.
fn tag_end(tag: &str) -> Option<usize> {
    let mut quoted = false;
    for (index, c) in tag.char_indices() {
        match c {
            '"' => quoted = !quoted,
            '>' if !quoted => return Some(index),
            '<' if index > 0 => return None,
            _ => {}
        }
    }
    None
}

fn attributes(page: &str, tag: &str) -> (String, Vec<(String, String)>) {
    let (name, mut rest) = tag.split_once(char::is_whitespace).unwrap_or((tag, ""));
    assert!(
        !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric()),
        "{page}: <{tag}>"
    );
    let mut attrs = Vec::new();
    loop {
        rest = rest.trim_start();
        if rest.is_empty() {
            return (name.to_owned(), attrs);
        }
        let end = rest
            .find(|c: char| c == '=' || c.is_whitespace())
            .unwrap_or(rest.len());
        let key = &rest[..end];
        assert!(
            key.chars()
                .all(|c| c.is_ascii_alphanumeric() || "-:".contains(c)),
            "{page}: {key:?} in <{tag}>"
        );
        rest = &rest[end..];
        let mut value = "";
        if let Some(quoted) = rest.strip_prefix("=\"") {
            (value, rest) = quoted
                .split_once('"')
                .unwrap_or_else(|| panic!("{page}: <{tag}>"));
        }
        assert!(
            !attrs.iter().any(|(known, _)| known == key),
            "{page}: {key} twice in <{tag}>"
        );
        attrs.push((key.to_owned(), decode(value)));
    }
}

/// The references that the escaper writes; any other `&` is a failure.
fn decode(text: &str) -> String {
    let mut parts = text.split('&');
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (reference, rest) = part
            .split_once(';')
            .unwrap_or_else(|| panic!("a bare & before {part:.40}"));
        out.push(match reference {
            "amp" | "#38" => '&',
            "lt" | "#60" => '<',
            "gt" | "#62" => '>',
            "quot" | "#34" => '"',
            "#39" | "#x27" => '\'',
            other => panic!("&{other};"),
        });
        out.push_str(rest);
    }
    out
}
