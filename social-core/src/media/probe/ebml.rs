//! WebM and Matroska: what their headers say. The blocks with the media are not read.

mod element;
mod tracks;

use std::{borrow::Cow, time::Duration};

use super::{Container, Fact, Probe, broken, source::Source};
use crate::error::Result;
use element::{children, element, float, number};

/// More than any header has; they hold no media.
const MAX_HEADER: u64 = 1024 * 1024;
/// More than any file has outside of its clusters, and more clusters than are passed over in search of a header.
const MAX_ELEMENTS: usize = 10_000;

const SEGMENT: u32 = 0x1853_8067;
const INFO: u32 = 0x1549_A966;
const TRACKS: u32 = 0x1654_AE6B;

/// Reads the headers of a file that begins like one of these.
///
/// # Errors
/// `Invalid` when the file ends before its headers, or before where they say that it ends.
pub(super) async fn read(source: &mut Source<'_>, container: Container) -> Result<Probe> {
    let segment = match segment(source).await? {
        Ok(segment) => segment,
        Err(why) => return Ok(Probe::unread(container, why)),
    };
    let mut headers = Headers::default();
    let unread = headers.gather(source, &segment).await?;
    let mut probe = headers.probe(container, unread)?;
    match (segment.end, source.size()) {
        (Some(_), Some(_)) => {}
        (Some(_), None) => probe.skip(Fact::Completeness, "how long the file is, is not known"),
        (None, _) => probe.skip(Fact::Completeness, "the file does not say how long it is"),
    }
    Ok(probe)
}

/// The element that holds all others.
struct Segment {
    body: u64,
    /// Nothing when it goes on to the end of the file.
    end: Option<u64>,
}

type Unread = Cow<'static, str>;

/// The longest header of an element: four bytes for its id, eight for its size.
const HEAD: u64 = 12;

const UNEXPECTED: Unread = Cow::Borrowed("its headers are not laid out as expected");
const FAR: Unread = Cow::Borrowed("its headers lie behind what was fetched of it");

async fn segment(source: &mut Source<'_>) -> Result<std::result::Result<Segment, Unread>> {
    let mut at = 0;
    for _ in 0..MAX_ELEMENTS {
        let head = source.peek(at, HEAD).await?;
        let (element, length) = (element(head), head.len());
        let Some(element) = element else {
            return none(source, at, length).map(Err);
        };
        let body = at.saturating_add(element.header);
        let end = element.size.map(|size| body.saturating_add(size));
        check_end(source, element.id, end)?;
        match (element.id, end) {
            (SEGMENT, end) => return Ok(Ok(Segment { body, end })),
            (_, Some(end)) => at = end,
            (_, None) => break,
        }
    }
    Ok(Err(UNEXPECTED))
}

/// The `length` bytes that were read at `at` are no element.
fn none(source: &Source<'_>, at: u64, length: usize) -> Result<Unread> {
    if source.ends_within(at, HEAD) {
        return Err(broken(format!(
            "the file ends behind byte {at}, before its headers do: it is not complete"
        )));
    }
    let is_far = (length as u64) < HEAD;
    Ok(if is_far { FAR } else { UNEXPECTED })
}

fn check_end(source: &Source<'_>, id: u32, end: Option<u64>) -> Result<()> {
    match (end, source.size()) {
        (Some(end), Some(size)) if end > size => Err(broken(format!(
            "the element {id:X} ends at byte {end}, and the file after {size}: it is not complete"
        ))),
        _ => Ok(()),
    }
}

/// The headers that are looked at.
#[derive(Debug, Default)]
struct Headers {
    info: Option<Vec<u8>>,
    tracks: Option<Vec<u8>>,
}

impl Headers {
    /// Walks the segment until both are there. Answers why one of them is not.
    async fn gather(
        &mut self,
        source: &mut Source<'_>,
        segment: &Segment,
    ) -> Result<Option<Unread>> {
        let mut at = segment.body;
        for _ in 0..MAX_ELEMENTS {
            if self.info.is_some() && self.tracks.is_some() {
                return Ok(None);
            }
            if segment.end.is_some_and(|end| at >= end) {
                return Ok(Some(Cow::Borrowed("it has no such header")));
            }
            let head = source.peek(at, HEAD).await?;
            let (element, length) = (element(head), head.len());
            let Some(element) = element else {
                return none(source, at, length).map(Some);
            };
            let body = at.saturating_add(element.header);
            let Some(end) = element.size.map(|size| body.saturating_add(size)) else {
                return Ok(Some(Cow::Borrowed(
                    "media of unknown length stand before it",
                )));
            };
            check_end(source, element.id, Some(end))?;
            let header = match element.id {
                INFO => Some(&mut self.info),
                TRACKS => Some(&mut self.tracks),
                _ => None,
            };
            if let Some(header) = header.filter(|header| header.is_none()) {
                if end - body > MAX_HEADER {
                    return Ok(Some(Cow::Owned(format!(
                        "a header has more than {MAX_HEADER} bytes, and no more are read"
                    ))));
                }
                *header = source.take(body..end).await?;
                if header.is_none() {
                    return Ok(Some(FAR));
                }
            }
            at = end;
        }
        Ok(Some(Cow::Owned(format!(
            "the first {MAX_ELEMENTS} elements of the file hold no such header"
        ))))
    }

    fn probe(self, container: Container, unread: Option<Unread>) -> Result<Probe> {
        let unread = unread.unwrap_or(FAR);
        let mut probe = Probe::bare(container);
        match self.tracks {
            Some(tracks) => tracks::read(&mut probe, &tracks)?,
            None => {
                for fact in [Fact::Video, Fact::Size, Fact::FrameRate, Fact::Audio] {
                    probe.skip(fact, unread.clone());
                }
            }
        }
        probe.duration = self.info.as_deref().map(duration).transpose()?.flatten();
        if probe.duration.is_none() {
            let unsaid = Cow::Borrowed("its headers do not say how long it plays");
            let why = if self.info.is_some() { unsaid } else { unread };
            probe.skip(Fact::Duration, why);
        }
        Ok(probe)
    }
}

/// In ticks of so many nanoseconds, as a floating-point number.
fn duration(info: &[u8]) -> Result<Option<Duration>> {
    let (mut scale, mut ticks) = (1_000_000, None);
    for child in children(info) {
        let (id, body) = child?;
        match id {
            0x002A_D7B1 => scale = number(body),
            0x4489 => ticks = float(body),
            _ => {}
        }
    }
    let seconds = ticks.map(|ticks| ticks * scale as f64 / 1e9);
    let known = seconds.filter(|seconds| *seconds > 0.0);
    Ok(known.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()))
}
