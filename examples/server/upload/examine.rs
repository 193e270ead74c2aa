//! What a file is, told once when it arrives.

use serde::{Deserialize, Serialize};
use social_core::media::MediaStore;
use social_core::media::probe::{Container, Probe, probe};
use social_core::model::MediaId;
use social_core::publish::Violation;
use social_core::{Error, ErrorKind, Result};

use crate::present::trouble::facts;

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Examined {
    /// Codec, frame rate, frame size in words.
    pub(crate) facts: Option<String>,
    pub(crate) duration_ms: Option<u64>,
    pub(crate) trouble: Option<Trouble>,
}

/// Why a file is not a video to post, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Trouble {
    finding: String,
    advice: String,
}

impl Trouble {
    /// As a finding about the file.
    pub(crate) fn violation(&self) -> Violation {
        Violation::new("media.container", "media", &*self.finding).advice(&*self.advice)
    }
}

/// Looks at a stored file. Its name plays no part.
///
/// # Errors
/// `Storage` when it cannot be read.
pub(crate) async fn examine(store: &dyn MediaStore, id: &MediaId) -> Result<Examined> {
    match probe(store, id).await {
        Ok(probe) => Ok(of(&probe)),
        Err(error) if error.kind() == ErrorKind::Invalid => Ok(Examined {
            trouble: Some(told(&error)),
            ..Examined::default()
        }),
        Err(error) => Err(error),
    }
}

fn told(error: &Error) -> Trouble {
    let words = error.words(&facts().over());
    Trouble {
        finding: words.finding,
        advice: words.advice,
    }
}

fn of(probe: &Probe) -> Examined {
    let what = match probe.container {
        Container::Unknown => "This file is not a video.".to_owned(),
        container => format!("This file is a {container} file without a video."),
    };
    let trouble = (!probe.is_video()).then(|| Trouble {
        finding: what,
        advice: "Choose an MP4, MOV or WebM video.".to_owned(),
    });
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
