//! The nouns: platforms, accounts, tokens, ids.

mod account;
mod ids;
mod more;
mod text;
mod tokens;

pub use account::{Account, AccountKey, AccountStatus, AppKey, Connector, NeedsReauth, Platform};
pub use ids::{MediaId, PostId};
pub use more::More;
pub use text::{AccountId, AppId, IdempotencyKey, OwnerId, PrincipalId, RemoteId};
pub use tokens::{Scopes, TokenSet};
