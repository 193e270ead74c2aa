use serde::{Deserialize, Serialize};
use serde_json::Value;
use social_core::{
    Error, ErrorKind, Result,
    publish::{Consent, PlatformOptions, PublishRequest},
};

use crate::{PLATFORM, wire::Privacy};

/// What only TikTok knows about a post. Interactions and disclosures are off until they are switched on.
///
/// ```
/// use social_core::publish::{Consent, PlatformOptions};
/// use social_tiktok::{PostOptions, Privacy};
///
/// let options = PostOptions::direct(Privacy::Public, Consent::given_by("ann"))
///     .allow_comment()
///     .your_brand();
/// let options: PlatformOptions = options.try_into()?;
/// # Ok::<(), social_core::Error>(())
/// ```
///
/// <https://developers.tiktok.com/doc/content-sharing-guidelines>
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PostOptions {
    /// Posted at once, or handed to the person.
    #[serde(default)]
    pub mode: Mode,
    /// Who may see it, as the person chose; nothing when the person chooses in TikTok's app.
    #[serde(default)]
    pub privacy: Option<Privacy>,
    /// Others may comment.
    #[serde(default)]
    pub allow_comment: bool,
    /// Others may make a Duet of it.
    #[serde(default)]
    pub allow_duet: bool,
    /// Others may make a Stitch of it.
    #[serde(default)]
    pub allow_stitch: bool,
    /// It promotes the creator's own business: "Promotional content".
    #[serde(default)]
    pub your_brand: bool,
    /// It promotes somebody else's business: "Paid partnership". Not together with [`Privacy::SelfOnly`].
    #[serde(default)]
    pub branded_content: bool,
    /// It is labelled as AI-generated.
    #[serde(default)]
    pub is_aigc: bool,
    /// Which frame is the cover, in milliseconds from the start; the first by default.
    #[serde(default)]
    pub cover_timestamp_ms: Option<i32>,
    /// Of photos: the title, at most 90 UTF-16 units. The caption is the description beside it.
    #[serde(default)]
    pub title: Option<String>,
    /// Of photos: TikTok adds music that it recommends.
    #[serde(default)]
    pub auto_add_music: bool,
    /// Of photos: which of them is the cover, from 0.
    #[serde(default)]
    pub cover_index: usize,
    /// Who agreed to the post.
    #[serde(skip)]
    pub consent: Option<Consent>,
}

/// The names of the fields, in alphabetical order.
const FIELDS: [&str; 12] = [
    "allow_comment",
    "allow_duet",
    "allow_stitch",
    "auto_add_music",
    "branded_content",
    "cover_index",
    "cover_timestamp_ms",
    "is_aigc",
    "mode",
    "privacy",
    "title",
    "your_brand",
];

/// How a post is made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Mode {
    /// At once (scope `video.publish`).
    #[default]
    Direct,
    /// TikTok tells the person, who finishes it in the app (scope `video.upload`). Nothing but the media, and of photos the
    /// words, is taken over.
    Inbox,
}

impl PostOptions {
    /// A post made at once, without the person finishing it in the app. The person has chosen the audience and agreed.
    pub fn direct(privacy: Privacy, consent: Consent) -> Self {
        Self {
            mode: Mode::Direct,
            privacy: Some(privacy),
            ..Self::inbox(consent)
        }
    }

    /// A post that the person finishes in TikTok's app: audience, interactions and disclosures are chosen there.
    pub fn inbox(consent: Consent) -> Self {
        Self {
            mode: Mode::Inbox,
            privacy: None,
            allow_comment: false,
            allow_duet: false,
            allow_stitch: false,
            your_brand: false,
            branded_content: false,
            is_aigc: false,
            cover_timestamp_ms: None,
            title: None,
            auto_add_music: false,
            cover_index: 0,
            consent: Some(consent),
        }
    }

    /// Others may comment.
    #[must_use]
    pub fn allow_comment(mut self) -> Self {
        self.allow_comment = true;
        self
    }

    /// Others may make a Duet of it.
    #[must_use]
    pub fn allow_duet(mut self) -> Self {
        self.allow_duet = true;
        self
    }

    /// Others may make a Stitch of it.
    #[must_use]
    pub fn allow_stitch(mut self) -> Self {
        self.allow_stitch = true;
        self
    }

    /// Discloses that it promotes the creator's own business.
    #[must_use]
    pub fn your_brand(mut self) -> Self {
        self.your_brand = true;
        self
    }

    /// Discloses that it promotes somebody else's business.
    #[must_use]
    pub fn branded_content(mut self) -> Self {
        self.branded_content = true;
        self
    }

    /// Labels it as AI-generated.
    #[must_use]
    pub fn ai_generated(mut self) -> Self {
        self.is_aigc = true;
        self
    }

    /// Chooses the frame at this many milliseconds as the cover.
    #[must_use]
    pub fn cover_at(mut self, milliseconds: i32) -> Self {
        self.cover_timestamp_ms = Some(milliseconds);
        self
    }

    /// Of photos: sets the title.
    #[must_use]
    pub fn title(mut self, words: impl Into<String>) -> Self {
        self.title = Some(words.into());
        self
    }

    /// Of photos: lets TikTok add music that it recommends.
    #[must_use]
    pub fn auto_add_music(mut self) -> Self {
        self.auto_add_music = true;
        self
    }

    /// Of photos: chooses the cover, from 0.
    #[must_use]
    pub fn cover(mut self, index: usize) -> Self {
        self.cover_index = index;
        self
    }

    /// Refuses options that contradict each other.
    ///
    /// # Errors
    /// `Invalid`.
    pub(crate) fn check(&self) -> Result<()> {
        match (self.mode, &self.privacy) {
            (Mode::Direct, None) => {
                let message = "a direct post needs an audience, chosen by the person";
                return Err(Error::invalid("privacy", "privacy.required", message)
                    .with_user_message("Nobody was chosen who may see it.")
                    .with_advice("Choose who may see it."));
            }
            (Mode::Inbox, _) if self.has_settings() => {
                let message = "the settings of an inbox post are chosen in TikTok's app";
                return Err(Error::invalid("mode", "inbox.settings", message).with_user_message(
                    "Audience, interactions and disclosures of this post are chosen in the TikTok app, not here.",
                ));
            }
            _ => {}
        }
        if self.branded_content && self.privacy == Some(Privacy::SelfOnly) {
            let message = "branded content cannot be visible to the account alone";
            return Err(
                Error::invalid("privacy", "branded_content.audience", message)
                    .with_user_message("Branded content cannot be set to \"only me\".")
                    .with_advice("Choose another audience."),
            );
        }
        if self.cover_timestamp_ms.is_some_and(|at| at < 0) {
            let message = "the cover's time is not negative";
            return Err(Error::invalid("cover_timestamp_ms", "cover.time", message));
        }
        Ok(())
    }

    /// Whether something is set that TikTok ignores in an inbox post.
    fn has_settings(&self) -> bool {
        let on = [
            self.allow_comment,
            self.allow_duet,
            self.allow_stitch,
            self.your_brand,
            self.branded_content,
            self.is_aigc,
            self.auto_add_music,
        ];
        self.privacy.is_some() || self.cover_timestamp_ms.is_some() || on.contains(&true)
    }

    /// Reads the options of a request back, as they were written, with the consent. `None` when it has none, or those of
    /// another platform. Fields that this version does not know are let through: they may come from a newer one.
    ///
    /// ```
    /// use social_core::publish::{Consent, PublishRequest};
    /// use social_tiktok::{Mode, PostOptions};
    ///
    /// # let address = "https://media.example.com/film.mp4".parse().unwrap();
    /// let options = PostOptions::inbox(Consent::given_by("ann"));
    /// let request = PublishRequest::video_at(address).options(options.clone())?;
    /// let read = PostOptions::from_request(&request)?;
    /// assert_eq!(read.as_ref().map(|read| read.mode), Some(Mode::Inbox));
    /// assert_eq!(read, Some(options));
    /// # Ok::<(), social_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// `Invalid` when they are TikTok's and of another form.
    pub fn from_request(request: &PublishRequest) -> Result<Option<Self>> {
        match &request.options {
            Some(options) if options.platform == PLATFORM => Self::stored(Some(options)).map(Some),
            _ => Ok(None),
        }
    }

    /// Reads the options of a request that is being submitted: complete, agreed to, and without unknown fields.
    ///
    /// # Errors
    /// `Invalid`.
    pub(crate) fn submitted(options: Option<&PlatformOptions>) -> Result<Self> {
        let Some(options) = options else {
            let message = "a post needs an audience and the person's consent: PostOptions::direct";
            return Err(Error::invalid("options", "options.required", message));
        };
        if let Value::Object(fields) = &options.content
            && let Some(unknown) = fields.keys().find(|name| !FIELDS.contains(&name.as_str()))
        {
            let message = format!("there is no option {unknown:?}");
            return Err(Error::invalid("options", "options.unknown", message));
        }
        let read = Self::stored(Some(options))?;
        if read.consent.is_none() {
            let message = "the person must agree to the post";
            return Err(Error::invalid("consent", "consent.required", message));
        }
        read.check()?;
        Ok(read)
    }

    /// Reads stored options. Unknown fields are let through: they may come from a newer version.
    ///
    /// # Errors
    /// `Invalid`.
    pub(crate) fn stored(options: Option<&PlatformOptions>) -> Result<Self> {
        let unreadable = || {
            let message = "the options are not those of a TikTok post";
            Error::invalid("options", "options.form", message)
        };
        let options = options.filter(|options| options.platform == PLATFORM);
        let options = options.ok_or_else(unreadable)?;
        // The cause is dropped: it could quote a value.
        let mut read = Self::deserialize(&options.content).map_err(|_| unreadable())?;
        read.consent.clone_from(&options.consent);
        Ok(read)
    }
}

impl TryFrom<PostOptions> for PlatformOptions {
    type Error = Error;

    /// # Errors
    /// `Invalid` when the options contradict each other.
    fn try_from(options: PostOptions) -> Result<Self> {
        options.check()?;
        let content = serde_json::to_value(&options)
            .map_err(|_| Error::new(ErrorKind::Invalid, "the options cannot be written as JSON"))?;
        Ok(Self::new(PLATFORM, content, options.consent))
    }
}

#[cfg(test)]
mod tests {
    use social_core::Remedy;

    use super::*;

    fn rule(error: &Error) -> &str {
        match error.remedy() {
            Remedy::FixInput { rule, .. } => rule,
            other => panic!("{other:?}"),
        }
    }

    fn options() -> PlatformOptions {
        let consent = Consent::given_by("ann");
        PostOptions::direct(Privacy::Friends, consent)
            .try_into()
            .unwrap()
    }

    #[test]
    fn what_is_stored_is_read_back() {
        let consent = Consent::given_by("ann").to_statement("I agree");
        let written = PostOptions::direct(Privacy::Other("NEW".to_owned()), consent)
            .allow_duet()
            .ai_generated()
            .branded_content()
            .cover_at(1_000);
        let stored: PlatformOptions = written.clone().try_into().unwrap();
        assert_eq!(PostOptions::stored(Some(&stored)).unwrap(), written);
        assert_eq!(PostOptions::submitted(Some(&stored)).unwrap(), written);
        let mut fields: Vec<_> = stored
            .content
            .as_object()
            .unwrap()
            .keys()
            .cloned()
            .collect();
        fields.sort();
        assert_eq!(fields, FIELDS);
    }

    #[test]
    fn nothing_is_on_by_default() {
        let options = options();
        let on = options
            .content
            .as_object()
            .unwrap()
            .values()
            .filter(|value| **value == true);
        assert_eq!(on.count(), 0);
    }

    #[test]
    fn branded_content_is_never_private() {
        let consent = Consent::given_by("ann");
        let both = PostOptions::direct(Privacy::SelfOnly, consent).branded_content();
        let error = PlatformOptions::try_from(both).unwrap_err();
        assert_eq!(rule(&error), "branded_content.audience");
    }

    #[test]
    fn unknown_fields_are_refused_when_submitted_and_tolerated_when_loaded() {
        let mut options = options();
        options.content["from_the_future"] = Value::Bool(true);
        let error = PostOptions::submitted(Some(&options)).unwrap_err();
        assert_eq!(rule(&error), "options.unknown");
        assert!(PostOptions::stored(Some(&options)).is_ok());
    }

    #[test]
    fn incomplete_options_are_refused() {
        assert_eq!(
            rule(&PostOptions::submitted(None).unwrap_err()),
            "options.required"
        );
        let mut silent = options();
        silent.consent = None;
        assert_eq!(
            rule(&PostOptions::submitted(Some(&silent)).unwrap_err()),
            "consent.required"
        );
        let mut empty = options();
        empty.content = Value::Null;
        assert_eq!(
            rule(&PostOptions::submitted(Some(&empty)).unwrap_err()),
            "options.form"
        );
    }
}
