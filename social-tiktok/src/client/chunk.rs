use http::{HeaderValue, Method, StatusCode, header};
use secrecy::SecretString;
use social_core::{
    Error, ErrorKind, Remedy, Result,
    http::{Call, Reply},
    media::ByteStream,
    time::Deadline,
};

use super::{Client, named};
use crate::classify;

const NAME: &str = "upload_chunk";

/// One stretch of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "what the headers say")]
pub struct Chunk {
    /// The media type of the whole file: `video/mp4`, `video/quicktime` or `video/webm`.
    pub content_type: &'static str,
    /// The offset of the first byte.
    pub first: u64,
    /// How many bytes; at least one.
    pub len: u64,
    /// The size of the whole file.
    pub total: u64,
}

/// What TikTok said to a chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ChunkAnswer {
    /// It is stored (206, 201, 200).
    Stored {
        /// TikTok says that it has everything (201).
        complete: bool,
        /// The last number of the answer's `Content-Range`: a count or the last offset, which is not documented.
        progress: Option<u64>,
    },
    /// It is not what comes next (416).
    OutOfStep {
        /// As above.
        progress: Option<u64>,
    },
    /// The upload address has expired or is unknown (403, 404). The status says what became of the post.
    Gone,
}

impl Client {
    /// Sends one chunk to an upload address (`PUT`), exactly as the address was given. `on_sent` hears how many bytes have
    /// left.
    ///
    /// A chunk that broke off may be sent again: TikTok answers 416 if it has it already.
    ///
    /// # Errors
    /// `Protocol` when the address does not lead to TikTok; `Rejected` and `Invalid` when TikTok refuses the headers or the
    /// file (400); `RateLimited`, `Unavailable`, `Timeout` and whatever answer means nothing here, with `Reconcile` when the
    /// chunk may have arrived; the error of the stream, after which it has not.
    ///
    /// Of the last chunk no error is the last word: an earlier copy of it may have arrived. Ask for the status.
    pub async fn upload_chunk(
        &self,
        upload_url: &SecretString,
        chunk: Chunk,
        bytes: ByteStream,
        on_sent: &(dyn Fn(u64) + Send + Sync),
        deadline: &Deadline,
    ) -> Result<ChunkAnswer> {
        let check = self.0.endpoints.check_upload(upload_url);
        check.map_err(|error| named(error, NAME))?;
        let call = Call::new(NAME, Method::PUT, upload_url.clone(), deadline)
            .header(
                header::CONTENT_TYPE,
                HeaderValue::from_static(chunk.content_type),
            )
            .header(header::CONTENT_RANGE, content_range(chunk)?)
            .stream(bytes, chunk.len)
            .on_sent(on_sent)
            .timeout(self.0.chunk_timeout);
        let (reply, answer) = self.send(call).await?;
        let progress = progress(&reply);
        match reply.status {
            StatusCode::OK | StatusCode::PARTIAL_CONTENT if answer.code.is_none() => {
                Ok(ChunkAnswer::Stored {
                    complete: false,
                    progress,
                })
            }
            StatusCode::CREATED if answer.code.is_none() => Ok(ChunkAnswer::Stored {
                complete: true,
                progress,
            }),
            StatusCode::RANGE_NOT_SATISFIABLE => Ok(ChunkAnswer::OutOfStep { progress }),
            StatusCode::FORBIDDEN | StatusCode::NOT_FOUND => Ok(ChunkAnswer::Gone),
            status => {
                // Documented by the status alone, as everything is here; a limit means the same everywhere.
                let alone = answer.code.is_none()
                    && matches!(
                        status,
                        StatusCode::BAD_REQUEST | StatusCode::TOO_MANY_REQUESTS
                    );
                let refusal = classify::api(&reply, &answer, self.asked(NAME, alone));
                Err(refusal.unwrap_or_else(|| named(unknown_status(), NAME)))
            }
        }
    }
}

fn unknown_status() -> Error {
    let message = "TikTok answered a chunk with a status that means nothing there";
    Error::new(ErrorKind::Protocol, message).with_remedy(Remedy::Reconcile)
}

fn content_range(chunk: Chunk) -> Result<HeaderValue> {
    let Chunk {
        first, len, total, ..
    } = chunk;
    let last = first.checked_add(len).and_then(|end| end.checked_sub(1));
    last.filter(|last| len > 0 && *last < total)
        .and_then(|last| HeaderValue::try_from(format!("bytes {first}-{last}/{total}")).ok())
        .ok_or_else(|| {
            let message = "the chunk does not lie within the file";
            named(Error::new(ErrorKind::Invalid, message), NAME)
        })
}

/// `bytes 0-END/TOTAL`.
fn progress(reply: &Reply) -> Option<u64> {
    let value = reply.headers.get(header::CONTENT_RANGE)?.to_str().ok()?;
    let (range, _total) = value.trim().strip_prefix("bytes")?.trim().split_once('/')?;
    let (_first, end) = range.split_once('-')?;
    end.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn progress_of(text: &str) -> Option<u64> {
        let mut reply = Reply::default();
        let value = HeaderValue::from_str(text).ok()?;
        reply.headers.insert(header::CONTENT_RANGE, value);
        progress(&reply)
    }

    #[test]
    fn ranges_are_inclusive_and_within_the_file() {
        let chunk = |first, len| Chunk {
            content_type: "video/mp4",
            first,
            len,
            total: 100,
        };
        assert_eq!(content_range(chunk(90, 10)).unwrap(), "bytes 90-99/100");
        assert!(content_range(chunk(91, 10)).is_err());
        assert!(content_range(chunk(0, 0)).is_err());
        assert!(content_range(chunk(u64::MAX, 2)).is_err());
    }

    #[test]
    fn progress_is_read_from_the_header() {
        assert_eq!(progress_of("bytes 0-9999999/50000123"), Some(9_999_999));
        assert_eq!(progress_of("bytes */50000123"), None);
        assert_eq!(progress_of("items 0-1/2"), None);
    }

    proptest! {
        #[test]
        fn any_header_is_read(text in ".{0,40}") {
            let _ = progress_of(&text);
        }
    }
}
