use std::fmt;

use crate::publish::MediaType;

/// A file's format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Container {
    /// Word document of before 2007.
    Doc,
    /// Word document.
    Docx,
    /// JPEG picture.
    Jpeg,
    /// Matroska other than WebM.
    Matroska,
    /// QuickTime movie.
    Mov,
    /// ISO base media file other than QuickTime: MP4, M4V, 3GP.
    Mp4,
    /// PDF document.
    Pdf,
    /// PNG picture.
    Png,
    /// PowerPoint slides of before 2007.
    Ppt,
    /// PowerPoint slides.
    Pptx,
    /// SubRip captions.
    Srt,
    /// None of these.
    Unknown,
    /// WebVTT captions.
    Vtt,
    /// WebM.
    WebM,
    /// WebP picture.
    WebP,
}

impl Container {
    /// Its media type, for example `video/mp4`. Each is registered but that of SRT, which has none and goes by this one.
    pub fn content_type(self) -> Option<&'static str> {
        Some(match self {
            Self::Doc => "application/msword",
            Self::Docx => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            Self::Jpeg => "image/jpeg",
            Self::Matroska => "video/matroska",
            Self::Mov => "video/quicktime",
            Self::Mp4 => "video/mp4",
            Self::Pdf => "application/pdf",
            Self::Png => "image/png",
            Self::Ppt => "application/vnd.ms-powerpoint",
            Self::Pptx => {
                "application/vnd.openxmlformats-officedocument.presentationml.presentation"
            }
            Self::Srt => "application/x-subrip",
            Self::Unknown => return None,
            Self::Vtt => "text/vtt",
            Self::WebM => "video/webm",
            Self::WebP => "image/webp",
        })
    }

    /// The usual end of its files' names, without the dot.
    pub fn extension(self) -> Option<&'static str> {
        Some(match self {
            Self::Doc => "doc",
            Self::Docx => "docx",
            Self::Jpeg => "jpg",
            Self::Matroska => "mkv",
            Self::Mov => "mov",
            Self::Mp4 => "mp4",
            Self::Pdf => "pdf",
            Self::Png => "png",
            Self::Ppt => "ppt",
            Self::Pptx => "pptx",
            Self::Srt => "srt",
            Self::Unknown => return None,
            Self::Vtt => "vtt",
            Self::WebM => "webm",
            Self::WebP => "webp",
        })
    }

    /// What a file of this format is in a post.
    pub fn media_type(self) -> Option<MediaType> {
        Some(match self {
            Self::Doc | Self::Docx | Self::Pdf | Self::Ppt | Self::Pptx => MediaType::Document,
            Self::Jpeg | Self::Png | Self::WebP => MediaType::Photo,
            Self::Matroska | Self::Mov | Self::Mp4 | Self::WebM => MediaType::Video,
            Self::Srt | Self::Vtt => MediaType::Captions,
            Self::Unknown => return None,
        })
    }

    /// Whether videos come in it.
    pub fn holds_video(self) -> bool {
        self.media_type() == Some(MediaType::Video)
    }
}

impl fmt::Display for Container {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Doc => "DOC",
            Self::Docx => "DOCX",
            Self::Jpeg => "JPEG",
            Self::Matroska => "Matroska",
            Self::Mov => "MOV",
            Self::Mp4 => "MP4",
            Self::Pdf => "PDF",
            Self::Png => "PNG",
            Self::Ppt => "PPT",
            Self::Pptx => "PPTX",
            Self::Srt => "SRT",
            Self::Unknown => "unknown",
            Self::Vtt => "WebVTT",
            Self::WebM => "WebM",
            Self::WebP => "WebP",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Container; 15] = [
        Container::Doc,
        Container::Docx,
        Container::Jpeg,
        Container::Matroska,
        Container::Mov,
        Container::Mp4,
        Container::Pdf,
        Container::Png,
        Container::Ppt,
        Container::Pptx,
        Container::Srt,
        Container::Unknown,
        Container::Vtt,
        Container::WebM,
        Container::WebP,
    ];

    #[test]
    fn what_is_known_has_a_type_an_ending_and_a_place_in_a_post() {
        let mut endings = std::collections::BTreeSet::new();
        for container in ALL {
            let known = container != Container::Unknown;
            assert_eq!(container.content_type().is_some(), known, "{container}");
            assert_eq!(container.extension().is_some(), known, "{container}");
            assert_eq!(container.media_type().is_some(), known, "{container}");
            endings.extend(container.extension());
        }
        assert_eq!(endings.len(), ALL.len() - 1, "no two have one ending");
    }

    #[test]
    fn only_films_hold_video() {
        let films = ALL.into_iter().filter(|it| it.holds_video());
        let expected = [
            Container::Matroska,
            Container::Mov,
            Container::Mp4,
            Container::WebM,
        ];
        assert!(films.eq(expected));
    }
}
