//! The publish form as it arrives: words of a bounded size, and a file that streams into the media store.

mod examine;
mod passed;
pub(crate) mod store;

use std::time::Duration;

use social_core::model::OwnerId;

use axum::body::to_bytes;
use axum::extract::multipart::Field;
use axum::extract::{FromRequest as _, Multipart, Request};
use axum::http::StatusCode;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_TYPE};
use bytes::Bytes;
use futures_util::stream;
use social_core::media::{ByteStream, Media};
use social_core::{Error, ErrorKind, Remedy, Result};
use tokio::sync::mpsc;
use url::form_urlencoded;

pub(crate) use store::Kept;

use crate::app::{App, UPLOAD_LIMIT};
use crate::errors::Failure;
use crate::form::FormFields;
use crate::serve::Life;
use crate::view::problem::Words;
use passed::Passed;

/// The most bytes of all words together: far more than the longest title needs.
const WORDS_LIMIT: usize = 64 * 1024;
/// The most fields, those of files included.
const FIELDS_LIMIT: usize = 64;
/// How long a sender may be silent.
const SILENCE: Duration = Duration::from_secs(60);

/// A form as it arrived.
#[derive(Debug)]
pub(crate) struct Sent {
    pub(crate) fields: FormFields,
    pub(crate) file: Arrived,
}

/// What became of the file.
#[derive(Debug)]
pub(crate) enum Arrived {
    /// None was chosen.
    Nothing,
    /// It is in the media store, and kept for this owner.
    Kept(Kept),
    /// It has a name and no bytes.
    Empty { name: String },
    /// It has more bytes than the media store takes.
    TooLong { name: String },
}

/// Reads a form of either encoding. A file goes to the media store piece by piece, whatever comes before or after it.
pub(crate) async fn receive(app: &App, owner: &OwnerId, request: Request) -> Result<Sent, Failure> {
    let announced = request
        .headers()
        .get(CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|length| length > UPLOAD_LIMIT as u64) {
        return Err(file_too_large());
    }
    let multipart = request
        .headers()
        .get(CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"multipart/form-data"));
    if !multipart {
        return words_only(app, request).await;
    }
    // A file may take longer than a connection lives; who is silent for long is cut off all the same.
    let _held = request.extensions().get::<Life>().map(Life::hold);
    let passed = Passed::default();
    let request = request.map(|body| passed.watch(body));
    let mut parts = Multipart::from_request(request, &())
        .await
        .map_err(|_| status(StatusCode::BAD_REQUEST))?;
    let mut received = Received {
        pairs: Vec::new(),
        words: 0,
        fields: 0,
        file: Arrived::Nothing,
        passed: passed.clone(),
    };
    let outcome = received.read(app, owner, &mut parts).await;
    if outcome.is_err() {
        // A browser shows the answer only when all it sends is taken.
        drain(app, parts, &passed).await;
    }
    outcome?;
    Ok(Sent {
        fields: FormFields::from_pairs(received.pairs),
        file: received.file,
    })
}

async fn words_only(app: &App, request: Request) -> Result<Sent, Failure> {
    let body = to_bytes(request.into_body(), WORDS_LIMIT);
    let bytes = within(app, body).await?.map_err(|_| words_too_long())?;
    let pairs = form_urlencoded::parse(&bytes)
        .into_owned()
        .take(FIELDS_LIMIT);
    Ok(Sent {
        fields: FormFields::from_pairs(pairs),
        file: Arrived::Nothing,
    })
}

/// What has been read of a form with a file.
#[derive(Debug)]
struct Received {
    pairs: Vec<(String, String)>,
    words: usize,
    /// Of every kind.
    fields: usize,
    file: Arrived,
    passed: Passed,
}

impl Received {
    async fn read(
        &mut self,
        app: &App,
        owner: &OwnerId,
        parts: &mut Multipart,
    ) -> Result<(), Failure> {
        while let Some(part) = within(app, self.passed.field(parts)).await?? {
            self.fields += 1;
            if self.fields > FIELDS_LIMIT {
                return Err(status(StatusCode::BAD_REQUEST));
            }
            match file_name(&part) {
                // Of several files the first counts, as of several words of one name. A browser names a file that was
                // not chosen with nothing.
                Some(name) if name.is_empty() || !matches!(self.file, Arrived::Nothing) => {
                    self.skip(app, part).await?;
                }
                Some(name) => self.file = store_file(app, owner, name, part, &self.passed).await?,
                None => self.read_words(app, part).await?,
            }
        }
        Ok(())
    }

    async fn skip(&self, app: &App, mut part: Field<'_>) -> Result<(), Failure> {
        while within(app, self.passed.piece(&mut part)).await??.is_some() {}
        Ok(())
    }

    async fn read_words(&mut self, app: &App, mut part: Field<'_>) -> Result<(), Failure> {
        let name = part.name().unwrap_or_default().to_owned();
        let mut value = Vec::new();
        self.words += name.len();
        while let Some(piece) = within(app, self.passed.piece(&mut part)).await?? {
            self.words += piece.len();
            if self.words > WORDS_LIMIT {
                return Err(words_too_long());
            }
            value.extend_from_slice(&piece);
        }
        let value = String::from_utf8(value).map_err(|_| status(StatusCode::BAD_REQUEST))?;
        self.pairs.push((name, value));
        Ok(())
    }
}

/// Streams a file into the media store and keeps it for its owner.
async fn store_file(
    app: &App,
    owner: &OwnerId,
    name: String,
    part: Field<'_>,
    passed: &Passed,
) -> Result<Arrived, Failure> {
    let media = match put(app, part, passed).await {
        Ok(media) => media,
        Err(error) => {
            return match error.remedy() {
                Remedy::FixInput { rule, .. } if rule == "media.empty" => {
                    Ok(Arrived::Empty { name })
                }
                Remedy::FixInput { rule, .. } if rule == "media.limit" => {
                    Ok(Arrived::TooLong { name })
                }
                _ if error.kind() == ErrorKind::Unavailable => Err(broken_off()),
                _ => Err(error.into()),
            };
        }
    };
    let examined = examine::examine(app.social.media(), &media.id).await?;
    let kept = Kept::new(&**app.social.random(), name, &media, examined)?;
    app.own
        .keep_upload(app.social.media(), owner, &kept, app.social.clock().now())
        .await?;
    Ok(Arrived::Kept(kept))
}

/// The media store wants a stream that owns what it yields, so the pieces go through a short channel.
async fn put(app: &App, mut part: Field<'_>, passed: &Passed) -> Result<Media> {
    let (sender, receiver) = mpsc::channel::<Result<Bytes>>(4);
    let pieces: ByteStream = Box::pin(stream::unfold(receiver, |mut receiver| async move {
        receiver.recv().await.map(|piece| (piece, receiver))
    }));
    let pump = async move {
        loop {
            let piece = match within(app, passed.piece(&mut part)).await {
                Ok(Ok(Some(bytes))) => Ok(bytes),
                Ok(Ok(None)) => return,
                Ok(Err(_)) | Err(_) => Err(Error::new(
                    ErrorKind::Unavailable,
                    "the sender stopped in the middle",
                )),
            };
            let ends = piece.is_err();
            // The media store may have refused already; then the rest is not wanted.
            if sender.send(piece).await.is_err() || ends {
                return;
            }
        }
    };
    tokio::join!(pump, app.social.media().put(pieces, None)).1
}

/// Takes what is left, so that the sender hears the answer.
async fn drain(app: &App, mut parts: Multipart, passed: &Passed) {
    while let Ok(Ok(Some(mut part))) = within(app, passed.field(&mut parts)).await {
        while let Ok(Ok(Some(_))) = within(app, passed.piece(&mut part)).await {}
    }
}

/// Ends a wait for a sender that is silent.
async fn within<T>(app: &App, wait: impl Future<Output = T>) -> Result<T, Failure> {
    tokio::select! {
        output = wait => Ok(output),
        () = app.social.clock().sleep(SILENCE) => Err(status(StatusCode::REQUEST_TIMEOUT)),
    }
}

fn status(status: StatusCode) -> Failure {
    Failure::of_status(status)
}

fn file_too_large() -> Failure {
    let words = Words {
        title: "This file is too large".to_owned(),
        line: "Nothing was posted. TikTok takes videos of up to 4 GB; choose a smaller file."
            .to_owned(),
        button: None,
    };
    Failure::new(StatusCode::PAYLOAD_TOO_LARGE, "file_too_large", words)
}

fn words_too_long() -> Failure {
    let words = Words {
        title: "This is too much text".to_owned(),
        line: "Nothing was posted. All text of a form together may be 64 kB, and TikTok takes 4,000 characters at \
            most. Go back and shorten it."
            .to_owned(),
        button: None,
    };
    Failure::new(StatusCode::PAYLOAD_TOO_LARGE, "text_too_long", words)
}

fn broken_off() -> Failure {
    let words = Words {
        title: "The file did not arrive whole".to_owned(),
        line: "The connection broke. Press Post again: the same request can never post twice."
            .to_owned(),
        button: None,
    };
    Failure::new(StatusCode::BAD_REQUEST, "upload_broken", words)
}

/// The name of a file, if the part is one. Not every sender writes names in UTF-8, and some write them in the second form
/// of RFC 6266 alone; the reader of forms knows neither.
fn file_name(part: &Field<'_>) -> Option<String> {
    if let Some(name) = part.file_name() {
        return Some(clean_name(name));
    }
    let said = part.headers().get(CONTENT_DISPOSITION)?;
    named_in(said.as_bytes()).map(|name| clean_name(&name))
}

fn named_in(disposition: &[u8]) -> Option<String> {
    let said = String::from_utf8_lossy(disposition);
    let name = said.split(';').find_map(|parameter| {
        let (key, value) = parameter.split_once('=')?;
        let key = key.trim();
        let is_name = ["filename", "filename*"]
            .iter()
            .any(|known| key.eq_ignore_ascii_case(known));
        is_name.then_some(value)
    })?;
    // The second form has the set of characters before two quotes.
    let name = name.rsplit("''").next().unwrap_or_default();
    Some(name.trim().trim_matches('"').to_owned())
}

/// A name for showing: without folders, of a bounded length.
fn clean_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    last.chars().filter(|c| !c.is_control()).take(200).collect()
}

#[cfg(test)]
mod tests {
    use super::clean_name;

    #[test]
    fn names_lose_their_folders_and_what_cannot_be_shown() {
        assert_eq!(clean_name("clip.mp4"), "clip.mp4");
        assert_eq!(clean_name("../../etc/clip.mp4"), "clip.mp4");
        assert_eq!(clean_name("C:\\videos\\clip.mp4"), "clip.mp4");
        assert_eq!(clean_name("a\u{0}b\nc.mp4"), "abc.mp4");
        assert_eq!(clean_name(""), "");
        assert_eq!(clean_name(&"x".repeat(500)).len(), 200);
    }
}
