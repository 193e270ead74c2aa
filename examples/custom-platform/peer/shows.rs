use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use super::{Answer, Asked, World, error, posts::Post};

const PAGE: usize = 2;

pub(crate) struct Note {
    pub(crate) id: String,
    pub(crate) card: String,
    pub(crate) parent: Option<String>,
    pub(crate) by: String,
    pub(crate) text: String,
    pub(crate) hidden: bool,
    pub(crate) at: DateTime<Utc>,
}

impl World {
    pub(super) fn profile(&self, account: &str) -> Answer {
        let cards = self.posts.iter().filter(|post| post.account == account);
        let cards = self.number(cards.count());
        (200, self.dressed(json!({"name": account, "cards": cards})))
    }

    pub(super) fn list(&self, account: &str, asked: &Asked<'_>) -> Answer {
        let posts = self
            .posts
            .iter()
            .rev()
            .filter(|post| post.account == account);
        self.page(posts.map(|post| self.shown(post)).collect(), asked)
    }

    pub(super) fn card(&self, account: &str, id: &str) -> Answer {
        let mut posts = self.posts.iter().filter(|post| post.account == account);
        match posts.find(|post| post.id == id) {
            Some(post) => (200, self.shown(post)),
            None => error(404, "no_such_card"),
        }
    }

    fn shown(&self, post: &Post) -> Value {
        self.dressed(json!({
            "id": post.id, "text": post.text, "at": post.at, "stamps": self.number(3),
        }))
    }

    pub(super) fn notes_on(&self, card: &str, asked: &Asked<'_>) -> Answer {
        if self.posts.iter().all(|post| post.id != card) {
            return error(404, "no_such_card");
        }
        let notes = self.notes.iter().rev();
        let notes = notes.filter(|note| note.card == card && note.parent.is_none());
        self.page(notes.map(|note| self.note(note)).collect(), asked)
    }

    /// What is written on all cards of an account.
    pub(super) fn all_notes(&self, account: &str, asked: &Asked<'_>) -> Answer {
        let is_own = |id: &str| {
            let mut posts = self.posts.iter();
            posts.any(|post| post.id == id && post.account == account)
        };
        let notes = self.notes.iter().rev();
        let notes = notes.filter(|note| note.parent.is_none() && is_own(&note.card));
        self.page(notes.map(|note| self.note(note)).collect(), asked)
    }

    pub(super) fn replies_to(&self, id: &str, asked: &Asked<'_>) -> Answer {
        let notes = self.notes.iter().rev();
        let replies = notes.filter(|note| note.parent.as_deref() == Some(id));
        self.page(replies.map(|note| self.note(note)).collect(), asked)
    }

    pub(super) fn reply(&mut self, account: &str, id: &str, asked: &Asked<'_>) -> Answer {
        let Some(parent) = self.notes.iter().find(|note| note.id == id) else {
            return error(404, "no_such_note");
        };
        let card = parent.card.clone();
        let text = asked.body["text"].as_str().unwrap_or_default();
        let note = self.write(&card, Some(id), account, text);
        let note = self.notes.iter().find(|it| it.id == note);
        (200, note.map(|note| self.note(note)).unwrap_or_default())
    }

    /// Writes a note, as somebody does.
    pub(crate) fn write(
        &mut self,
        card: &str,
        parent: Option<&str>,
        by: &str,
        text: &str,
    ) -> String {
        let (id, at) = (self.fresh("n"), self.clock.now());
        self.notes.push(Note {
            id: id.clone(),
            card: card.to_owned(),
            parent: parent.map(str::to_owned),
            by: by.to_owned(),
            text: text.to_owned(),
            hidden: false,
            at,
        });
        id
    }

    pub(super) fn hide(&mut self, id: &str, asked: &Asked<'_>) -> Answer {
        let Some(note) = self.notes.iter_mut().find(|note| note.id == id) else {
            return error(404, "no_such_note");
        };
        note.hidden = asked.body["hidden"] == true;
        (200, json!({"id": id}))
    }

    pub(super) fn delete(&mut self, id: &str) -> Answer {
        let before = self.notes.len();
        self.notes.retain(|note| note.id != id);
        match self.notes.len() < before {
            true => (200, json!({"id": id})),
            false => error(404, "no_such_note"),
        }
    }

    /// The note at the top of the thread of a reply.
    fn thread<'a>(&'a self, note: &'a Note) -> Option<&'a str> {
        let mut top = note.parent.as_deref()?;
        while let Some(above) = self.notes.iter().find(|it| it.id == top)
            && let Some(parent) = above.parent.as_deref()
        {
            top = parent;
        }
        Some(top)
    }

    fn note(&self, note: &Note) -> Value {
        let replies = self
            .notes
            .iter()
            .filter(|it| it.parent.as_deref() == Some(&note.id));
        self.dressed(json!({
            "id": note.id, "card": note.card, "thread": self.thread(note), "by": note.by, "text": note.text, "at": note.at,
            "hidden": note.hidden, "hearts": self.number(1), "replies": self.number(replies.count()),
        }))
    }

    /// One number a day and metric, or one for the whole; each for every country, if that is asked for.
    pub(super) fn counts(&self, asked: &Asked<'_>) -> Answer {
        let param = |name: &str| {
            asked
                .query
                .get(name)
                .map(String::as_str)
                .unwrap_or_default()
        };
        let time = |name: &str| DateTime::from_timestamp(param(name).parse().ok()?, 0);
        let mut ranges = vec![(time("since"), time("until"))];
        if let (Some(mut day), Some(until), "daily") =
            (time("since"), time("until"), param("period"))
        {
            ranges.clear();
            while day < until {
                ranges.push((Some(day), Some(day + TimeDelta::days(1))));
                day += TimeDelta::days(1);
            }
        }
        let parts = match param("by") {
            "" => vec![json!({})],
            "country" => vec![json!({"country": "fr"}), json!({"country": "jp"})],
            _ => return error(400, "no_such_dimension"),
        };
        let metrics = param("metrics").split(',').filter(|name| !name.is_empty());
        let mut counts = Vec::new();
        for metric in metrics {
            for (from, until) in &ranges {
                counts.extend(parts.iter().map(|part| {
                    self.dressed(
                        json!({"metric": metric, "value": self.number(5), "from": from,
                        "until": until, "part": part}),
                    )
                }));
            }
        }
        self.page(counts, asked)
    }

    fn number(&self, number: usize) -> Value {
        if self.bare {
            Value::Null
        } else {
            number.into()
        }
    }

    fn dressed(&self, mut value: Value) -> Value {
        if self.talkative {
            value["fresh"] = json!({"deep": [1, null]});
        }
        value
    }

    fn page(&self, items: Vec<Value>, asked: &Asked<'_>) -> Answer {
        let from = asked.query.get("from").filter(|from| !from.is_empty());
        let Ok(from) = from.map_or(Ok(0), |from| from.parse::<usize>()) else {
            return error(400, "bad_cursor");
        };
        let next = (from + PAGE < items.len()).then(|| (from + PAGE).to_string());
        let items: Vec<_> = items.into_iter().skip(from).take(PAGE).collect();
        (200, self.dressed(json!({"items": items, "next": next})))
    }
}
