//! What keeps everything from being sent.

use social_core::Social;

use crate::view::shell::Notice;

/// The notice of every page while the data are in a life that nobody accepted. Nothing where that cannot be told now: what
/// the page itself reads says so.
pub(crate) async fn notice(social: &Social) -> Option<Notice> {
    let held = social.worker().incarnation_guard().is_held().await;
    held.unwrap_or_default().then(|| Notice {
        title: "Nothing is sent now".to_owned(),
        line: "The data of this server were restored, copied or moved, or DATABASE_INSTANCE names another place than \
            before. Another copy may be at work, so no post starts or goes on, whatever its page says of its time, and no \
            access is renewed. Whoever runs this server finds with `worker status` what to do; then all goes on."
            .to_owned(),
    })
}
