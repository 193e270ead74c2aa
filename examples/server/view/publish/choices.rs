//! What there is to choose, and what the fields say about it.

use super::PublishForm;
use crate::form::{
    Commercial, DESCRIPTION_MAX, Kind, NO_INBOX, ONLY_ME, PHOTO_TITLE_MAX, TITLE_MAX, TITLE_SHOWN,
    addresses, disclosure_line, normalise, utf16_units,
};
use crate::view::format::{bytes, count, length};

/// One choice of audience.
#[derive(Debug)]
pub(super) struct Audience<'a> {
    pub(super) value: &'a str,
    pub(super) words: &'a str,
    pub(super) chosen: bool,
    pub(super) closed: bool,
}

/// TikTok's audiences in words; one that is not known yet is shown as TikTok names it.
pub(crate) fn audience_words(level: &str) -> &str {
    match level {
        "PUBLIC_TO_EVERYONE" => "Everyone",
        "MUTUAL_FOLLOW_FRIENDS" => "Friends: followers you follow back",
        "FOLLOWER_OF_CREATOR" => "Followers",
        ONLY_ME => "Only me",
        other => other,
    }
}

/// One thing viewers may do.
#[derive(Debug)]
pub(super) struct Viewers {
    pub(super) name: &'static str,
    pub(super) word: &'static str,
    pub(super) off: bool,
    pub(super) ticked: bool,
    /// Photos know it not.
    pub(super) videos_only: bool,
}

/// A photo of the list.
#[derive(Debug)]
pub(super) struct Photo<'a> {
    /// From 1.
    pub(super) number: usize,
    /// The last piece of its address.
    pub(super) name: &'a str,
    pub(super) is_cover: bool,
}

/// How much of a text's room is used.
#[derive(Debug)]
pub(super) struct Counter {
    pub(super) words: String,
    pub(super) is_over: bool,
}

impl PublishForm {
    pub(super) fn title(&self) -> String {
        normalise(self.fields.value("title"))
    }

    pub(super) fn description(&self) -> String {
        normalise(self.fields.value("description"))
    }

    /// What stands under the preview.
    pub(super) fn caption(&self) -> String {
        match self.entered.kind {
            Kind::Video => self.title(),
            Kind::Photos => self.description(),
        }
    }

    pub(super) fn title_counter(&self) -> Counter {
        counter(self.fields.value("title"), TITLE_SHOWN, TITLE_MAX)
    }

    pub(super) fn photo_title_counter(&self) -> Counter {
        let title = self.fields.value("photo_title");
        counter(title, PHOTO_TITLE_MAX, PHOTO_TITLE_MAX)
    }

    pub(super) fn description_counter(&self) -> Counter {
        let words = self.fields.value("description");
        counter(words, DESCRIPTION_MAX, DESCRIPTION_MAX)
    }

    pub(super) fn ticked(&self, name: &str) -> bool {
        self.fields.ticked(name)
    }

    pub(super) fn is_inbox(&self) -> bool {
        self.fields.value("way") == "inbox"
    }

    pub(super) fn is_photos(&self) -> bool {
        self.entered.kind == Kind::Photos
    }

    pub(super) fn is_url(&self) -> bool {
        self.fields.value("source") == "url"
    }

    /// Why the inbox cannot be chosen. It stays open where it is chosen already.
    pub(super) fn inbox_is_closed(&self) -> Option<&'static str> {
        (!self.facts.may_inbox).then_some(NO_INBOX)
    }

    /// Why the profile cannot be chosen.
    pub(super) fn direct_is_closed(&self) -> Option<&str> {
        self.facts.direct_closed.as_deref()
    }

    fn commercial(&self) -> Commercial {
        Commercial {
            own_brand: self.ticked("brand_organic"),
            branded: self.ticked("brand_content"),
        }
    }

    pub(super) fn disclosure(&self) -> &'static str {
        disclosure_line(
            self.ticked("disclose"),
            self.commercial(),
            self.entered.kind,
        )
    }

    fn is_branded(&self) -> bool {
        self.ticked("disclose") && self.ticked("brand_content")
    }

    fn is_private(&self) -> bool {
        self.fields.value("privacy") == ONLY_ME
    }

    /// "Branded content" is closed while the audience is "Only me". With both chosen, both stay open,
    /// so that without script either can be changed.
    pub(super) fn branded_is_closed(&self) -> bool {
        self.is_private() && !self.is_branded()
    }

    pub(super) fn audiences(&self) -> Vec<Audience<'_>> {
        let chosen = self.fields.value("privacy");
        let closed = self.is_branded() && !self.is_private();
        let one = |value| Audience {
            value,
            words: audience_words(value),
            chosen: value == chosen,
            closed: closed && value == ONLY_ME,
        };
        self.facts
            .audiences
            .iter()
            .map(String::as_str)
            .map(one)
            .collect()
    }

    pub(super) fn viewers(&self) -> [Viewers; 3] {
        let one = |name, word, off, videos_only| Viewers {
            name,
            word,
            off,
            ticked: !off && self.ticked(name),
            videos_only,
        };
        [
            one("allow_comment", "Comment", self.facts.comment_off, false),
            one("allow_duet", "Duet", self.facts.duet_off, true),
            one("allow_stitch", "Stitch", self.facts.stitch_off, true),
        ]
    }

    pub(super) fn cover(&self) -> &str {
        match self.fields.value("cover").trim() {
            "" => "1",
            cover => cover,
        }
    }

    /// The photos in order, as far as their addresses can be shown.
    pub(super) fn photos(&self) -> Vec<Photo<'_>> {
        let cover = self.cover().parse().unwrap_or(0);
        let one = |(index, address): (usize, _)| Photo {
            number: index + 1,
            name: last_piece(address),
            is_cover: index + 1 == cover,
        };
        addresses(self.fields.value("photos"))
            .enumerate()
            .map(one)
            .collect()
    }

    pub(super) fn is_later(&self) -> bool {
        self.fields.value("when") == "later"
    }

    pub(super) fn file_hint(&self) -> String {
        format!(
            "MP4, MOV or WebM, up to {}. This account may post up to {}.",
            bytes(self.facts.max_bytes),
            length(self.facts.max_seconds)
        )
    }
}

fn counter(text: &str, shown: usize, max: usize) -> Counter {
    let used = utf16_units(&normalise(text));
    let of = if used <= shown { shown } else { max };
    Counter {
        words: format!("{} / {}", count(used as u64), count(of as u64)),
        is_over: used > max,
    }
}

/// An address may be a signed one: only the name of the file is shown.
fn last_piece(address: &str) -> &str {
    let path = address.split(['?', '#']).next().unwrap_or_default();
    path.trim_end_matches('/')
        .rsplit('/')
        .next()
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::last_piece;

    #[test]
    fn of_an_address_only_the_files_name_is_shown() {
        let signed = "https://media.example.com/a/rain.jpg?signature=secret#x";
        assert_eq!(last_piece(signed), "rain.jpg");
        assert_eq!(
            last_piece("https://media.example.com/"),
            "media.example.com"
        );
        assert_eq!(last_piece(""), "");
    }
}
