//! What a file is, told once when it arrives.

use social_core::media::MediaStore;
use social_core::media::probe::{Container, Probe, probe};
use social_core::model::MediaId;
use social_core::{ErrorKind, Result};

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Examined {
    /// Codec, frame rate, frame size in words.
    pub(crate) facts: Option<String>,
    pub(crate) duration_ms: Option<u64>,
    /// Why it is not a video to post, and what to do.
    pub(crate) trouble: Option<String>,
}

/// Looks at a stored file. Its name plays no part.
///
/// # Errors
/// `Storage` when it cannot be read.
pub(crate) async fn examine(store: &dyn MediaStore, id: &MediaId) -> Result<Examined> {
    match probe(store, id).await {
        Ok(probe) => Ok(of(&probe)),
        Err(error) if error.kind() == ErrorKind::Invalid => Ok(Examined {
            trouble: Some(error.user_message().to_owned()),
            ..Examined::default()
        }),
        Err(error) => Err(error),
    }
}

fn of(probe: &Probe) -> Examined {
    let what = match probe.container {
        Container::Unknown => "The file is not a video, whatever its name says.".to_owned(),
        container => format!("The file is a {container} file without a video."),
    };
    let trouble = (!probe.is_video()).then(|| format!("{what} Choose an MP4, MOV or WebM video."));
    let mut facts = Vec::new();
    // Of several tracks, what a player shows first.
    if let Some(video) = probe.videos.first() {
        facts.push(video.codec.to_string());
        let rate = video.frame_rate.map(|rate| rate.mean.round());
        facts.extend(rate.map(|rate| format!("{rate} fps")));
        facts.extend(
            video
                .width
                .zip(video.height)
                .map(|(width, height)| format!("{width} × {height}")),
        );
    }
    Examined {
        facts: (!facts.is_empty()).then(|| facts.join(", ")),
        duration_ms: probe
            .duration
            .and_then(|length| u64::try_from(length.as_millis()).ok()),
        trouble,
    }
}
