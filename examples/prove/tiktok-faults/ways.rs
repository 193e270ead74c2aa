//! The ways to post, and the remote steps of each.

use examples::stage::owner;
use social_core::{
    model::MediaId,
    publish::{Consent, MediaRef, PublishRequest},
};
use social_sandbox::Endpoint;
use social_tiktok::{PostOptions, Privacy};

/// Addresses that the platform can fetch and believes to be the app's own.
const VIDEO: &str = "https://media.example.com/sample.mp4";
const PHOTO: &str = "https://media.example.com/sample.jpg";

/// Parts of the file that is sent.
pub(crate) const PARTS: u64 = 3;

/// How something is posted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Way {
    File,
    FileToInbox,
    Address,
    /// For nobody else to see, so that it cannot be found among the public ones.
    PrivateAddress,
    AddressToInbox,
    Photos,
    PhotosToInbox,
}

/// One remote call of a post.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Moment {
    pub(crate) name: &'static str,
    pub(crate) endpoint: Endpoint,
    /// How many calls of the endpoint come before.
    pub(crate) skip: u64,
}

const fn moment(name: &'static str, endpoint: Endpoint, skip: u64) -> Moment {
    Moment {
        name,
        endpoint,
        skip,
    }
}

const CREATOR: Moment = moment("creator info", Endpoint::CreatorInfo, 0);
const INIT: Moment = moment("init", Endpoint::Init, 0);
const INBOX_INIT: Moment = moment("init", Endpoint::InboxInit, 0);
const PHOTO_INIT: Moment = moment("init", Endpoint::PhotoInit, 0);
/// What the account showed before, so that a lost post is not taken for one of them.
const LIST: Moment = moment("list", Endpoint::VideoList, 0);
const STATUS: Moment = moment("status", Endpoint::Status, 0);
const FIRST: Moment = moment("part 1", Endpoint::Upload, 0);
const SECOND: Moment = moment("part 2", Endpoint::Upload, 1);
pub(crate) const LAST: Moment = moment("last part", Endpoint::Upload, PARTS - 1);

impl Way {
    pub(crate) const ALL: [Self; 7] = [
        Self::File,
        Self::FileToInbox,
        Self::Address,
        Self::PrivateAddress,
        Self::AddressToInbox,
        Self::Photos,
        Self::PhotosToInbox,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::FileToInbox => "file to the inbox",
            Self::Address => "address",
            Self::PrivateAddress => "address, private",
            Self::AddressToInbox => "address to the inbox",
            Self::Photos => "photos",
            Self::PhotosToInbox => "photos to the inbox",
        }
    }

    /// Its calls, in their order.
    pub(crate) fn moments(self) -> &'static [Moment] {
        match self {
            Self::File => &[CREATOR, INIT, FIRST, SECOND, LAST, STATUS],
            Self::FileToInbox => &[INBOX_INIT, FIRST, SECOND, LAST, STATUS],
            Self::Address => &[CREATOR, LIST, INIT, STATUS],
            Self::PrivateAddress => &[CREATOR, INIT, STATUS],
            Self::Photos => &[CREATOR, LIST, PHOTO_INIT, STATUS],
            Self::AddressToInbox => &[INBOX_INIT, STATUS],
            Self::PhotosToInbox => &[PHOTO_INIT, STATUS],
        }
    }

    /// Whether the person has to finish it.
    pub(crate) fn ends_in_inbox(self) -> bool {
        matches!(
            self,
            Self::FileToInbox | Self::AddressToInbox | Self::PhotosToInbox
        )
    }

    /// Whether nobody can stop what an init has begun.
    pub(crate) fn is_fetched(self) -> bool {
        !matches!(self, Self::File | Self::FileToInbox)
    }

    pub(crate) fn request(self, media: &MediaId, name: &str) -> anyhow::Result<PublishRequest> {
        let consent = || Consent::given_by(owner());
        let direct = || PostOptions::direct(Privacy::Public, consent());
        let (request, options) = match self {
            Self::File => (PublishRequest::video(media.clone()), direct()),
            Self::FileToInbox => (
                PublishRequest::video(media.clone()),
                PostOptions::inbox(consent()),
            ),
            Self::Address => (PublishRequest::video_at(VIDEO.parse()?), direct()),
            Self::PrivateAddress => (
                PublishRequest::video_at(VIDEO.parse()?),
                PostOptions::direct(Privacy::SelfOnly, consent()),
            ),
            Self::AddressToInbox => (
                PublishRequest::video_at(VIDEO.parse()?),
                PostOptions::inbox(consent()),
            ),
            Self::Photos => (photos()?, direct()),
            Self::PhotosToInbox => (photos()?, PostOptions::inbox(consent())),
        };
        Ok(request.caption(name).options(options)?)
    }
}

fn photos() -> anyhow::Result<PublishRequest> {
    let photo = MediaRef::Url(PHOTO.parse()?);
    Ok(PublishRequest::photos([photo.clone(), photo]))
}
