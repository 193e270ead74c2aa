//! TikTok offline: an HTTP server that speaks its dialect and keeps its rules, with a clock that can
//! be moved and faults that can be armed.
//!
//! ```
//! use social_sandbox::{DEMO_CLIENT_KEY, Sandbox};
//!
//! # let runtime = tokio::runtime::Runtime::new()?;
//! # runtime.block_on(async {
//! let sandbox = Sandbox::start().await?;
//! assert!(sandbox.url().starts_with("http://127.0.0.1:"));
//! let tokens = sandbox.control().grant(DEMO_CLIENT_KEY, "studio-account", &["video.publish"])?;
//! assert_eq!(tokens.expires_in, 7200);
//! sandbox.stop().await;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The platform's hosts are the first segment of the path: `{url}/www.tiktok.com/...`,
//! `{url}/open.tiktokapis.com/...`, `{url}/open-upload.tiktokapis.com/...`. A TLS proxy may instead
//! forward requests under the hosts' own names. What is handed out leads back the way the request
//! came.
//!
//! Nothing here is shared with the clients it judges, and it never talks beyond loopback.

mod builder;
mod calls;
mod clock;
mod control;
mod digest;
mod endpoint;
mod faults;
mod media;
mod random;
mod reached;
mod sandbox;
mod secrets;
mod server;
mod shared;
mod state_file;
mod surface;
mod tiktok;
mod transcript;
mod world;

pub use builder::{
    DEMO_CLIENT_KEY, DEMO_CLIENT_SECRET, DEMO_REDIRECT_URIS, SandboxBuilder, StartError,
};
pub use control::{
    AppProperties, ClockView, Control, ControlError, InboxItem, Post, PrefixClaim, PublishView,
    TokenPair,
};
pub use endpoint::Endpoint;
pub use faults::{ArmedFault, Fault, FaultKind};
pub use media::{MediaHost, SAMPLE_MEDIA_URL};
pub use sandbox::Sandbox;
pub use secrets::Secret;
pub use shared::{PostIds, Settings};
pub use tiktok::app::App;
pub use tiktok::display::{AccountStats, VideoMetrics};
pub use tiktok::grant::RefreshCount;
pub use tiktok::publish::{Medium, Mode, PublishStatus, Source};
pub use tiktok::standing::{AccountSettings, Ruling};
pub use tiktok::webhook::delivery::{DeliveryAttempt, DeliveryState, WebhookDelivery};
pub use tiktok::webhook::settings::{WebhookContent, WebhookOrder, WebhookSettings};
pub use transcript::{Ending, Exchange};
