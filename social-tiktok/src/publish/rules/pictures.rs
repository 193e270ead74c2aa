//! What holds for each photo. TikTok refuses the whole post for one of them and does not say which.
//!
//! <https://developers.tiktok.com/doc/content-posting-api-reference-photo-post>

use social_core::{
    Error, ErrorKind, Result,
    media::probe::{Container, ImageFacts, image},
    publish::{MediaRef, Preflight, Violation},
};

use super::{super::run::Run, media_rule};

/// The least that TikTok may mean by 20 MB, and the most.
const SIZE_DOUBTFUL: u64 = 20_000_000;
const SIZE_MAX: u64 = 20 << 20;
/// TikTok writes "1080p". Photos of 941 by 1672 pixels pass and of 1086 by 1448 do not, so it is about the shorter side.
const SHORT_SIDE_MAX: u32 = 1080;

/// Looks at the photos that this service keeps itself.
///
/// # Errors
/// When they cannot be read now.
pub(super) async fn stored(run: &Run<'_>, found: &mut Preflight) -> Result<()> {
    for (number, media) in (1..).zip(&run.cx.request.media) {
        let MediaRef::Stored(id) = &media.source else {
            continue;
        };
        let bytes = run.cx.media.stat(id).await?.size;
        let facts = image(run.cx.media, id).await;
        picture(number, Some(bytes), facts, found)?;
    }
    Ok(())
}

/// What a look at one photo has shown.
///
/// # Errors
/// When it could not be looked at.
pub(super) fn picture(
    number: usize,
    bytes: Option<u64>,
    facts: Result<ImageFacts>,
    found: &mut Preflight,
) -> Result<()> {
    size(number, bytes, found);
    match facts {
        Ok(facts) => {
            if format(number, &facts, found) {
                sides(number, facts.size, found);
            }
            Ok(())
        }
        Err(error) if error.kind() == ErrorKind::Invalid => {
            found.violations.push(broken(number, &error));
            Ok(())
        }
        Err(error) => Err(error),
    }
}

fn broken(number: usize, error: &Error) -> Violation {
    let mut violation = Violation::of_error("photos.readable", "media", error);
    violation.finding = format!("Photo {number}: {}", violation.finding);
    violation
}

fn size(number: usize, bytes: Option<u64>, found: &mut Preflight) {
    let Some(bytes) = bytes else {
        let unknown = format!("the size of photo {number}: its server does not say");
        found.not_checked.push(unknown);
        return;
    };
    if bytes <= SIZE_DOUBTFUL {
        return;
    }
    let violation = if bytes > SIZE_MAX {
        let message =
            format!("Photo {number} has {bytes} bytes, TikTok takes {SIZE_MAX} (20 MiB).");
        media_rule("photos.size", message, SIZE_MAX).advice("Make it smaller.")
    } else {
        let message = format!(
            "Photo {number} has {bytes} bytes; TikTok may refuse more than {SIZE_DOUBTFUL} (20 MB)."
        );
        media_rule("photos.size_near", message, SIZE_DOUBTFUL)
            .advice("Make it smaller if it does.")
            .soft()
    };
    found.violations.push(violation);
}

fn format(number: usize, facts: &ImageFacts, found: &mut Preflight) -> bool {
    let good = matches!(facts.format, Container::Jpeg | Container::WebP);
    if !good {
        let what = match facts.format {
            Container::Unknown => "no picture that TikTok takes".to_owned(),
            known => format!("a {known} file"),
        };
        let message = format!("Photo {number} is {what}; TikTok takes JPEG and WebP.");
        let violation =
            media_rule("photos.format", message, "JPEG, WebP").advice("Export it again.");
        found.violations.push(violation);
    }
    good
}

fn sides(number: usize, size: Option<(u32, u32)>, found: &mut Preflight) {
    let Some((width, height)) = size else {
        let unknown = format!("width and height of photo {number}: not within what was read");
        found.not_checked.push(unknown);
        return;
    };
    if width.min(height) > SHORT_SIDE_MAX {
        let message = format!(
            "Photo {number} has {width} by {height} pixels; TikTok takes up to {SHORT_SIDE_MAX} on the shorter side."
        );
        let violation =
            media_rule("photos.dimensions", message, SHORT_SIDE_MAX).advice("Make it smaller.");
        found.violations.push(violation);
    } else if width > SHORT_SIDE_MAX {
        let message = format!(
            "Photo {number} is {width} pixels wide; TikTok may refuse more than {SHORT_SIDE_MAX}."
        );
        let violation = media_rule("photos.width_near", message, SHORT_SIDE_MAX)
            .advice("Make it smaller if it does.");
        found.violations.push(violation.soft());
    } else {
        found
            .passed
            .push(format!("photo {number}: {width} by {height}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(found: &Preflight) -> Vec<(&str, bool)> {
        let names = found.violations.iter();
        names
            .map(|found| (found.rule.as_str(), found.soft))
            .collect()
    }

    #[test]
    fn limit_photo_bytes() {
        let found = |bytes| {
            let mut found = Preflight::default();
            size(3, Some(bytes), &mut found);
            found
        };
        assert!(rules(&found(20_000_000)).is_empty());
        assert_eq!(rules(&found(20_000_001)), [("photos.size_near", true)]);
        assert_eq!(rules(&found(20_971_520)), [("photos.size_near", true)]);
        let unknown = |bytes| {
            let mut found = Preflight::default();
            size(3, bytes, &mut found);
            found.not_checked
        };
        assert_eq!(
            unknown(None),
            ["the size of photo 3: its server does not say"]
        );
        assert!(unknown(Some(20_000_000)).is_empty());
        let large = found(20_971_521);
        assert_eq!(rules(&large), [("photos.size", false)]);
        let large = &large.violations[0];
        assert!(large.finding.starts_with("Photo 3 "), "{}", large.finding);
        assert_eq!(large.limit.as_deref(), Some("20971520"));
    }

    #[test]
    fn limit_photo_pixels() {
        let found = |size| {
            let mut found = Preflight::default();
            sides(7, size, &mut found);
            found
        };
        // As TikTok was seen to take and to refuse them.
        assert!(rules(&found(Some((941, 1672)))).is_empty());
        assert!(rules(&found(Some((1080, 1920)))).is_empty());
        for refused in [(1086, 1448), (1254, 1254), (1448, 1086)] {
            let found = found(Some(refused));
            assert_eq!(rules(&found), [("photos.dimensions", false)]);
            assert!(found.violations[0].finding.starts_with("Photo 7 "));
        }
        let wide = found(Some((1920, 1080)));
        assert_eq!(rules(&wide), [("photos.width_near", true)]);
        let unknown = found(None);
        assert!(unknown.violations.is_empty() && unknown.not_checked.len() == 1);
    }
}
