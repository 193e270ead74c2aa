//! The nouns: platforms, accounts, tokens, ids.

mod account;
mod ids;
mod key;
mod more;
mod tokens;

pub use account::{Account, AccountKey, AccountStatus, AppKey, Connector, NeedsReauth, Platform};
pub use ids::{MediaId, PostId};
pub use key::IdempotencyKey;
pub use more::More;
pub use tokens::{Scopes, TokenSet};
