//! `TikTok-Signature: t=<seconds>,s=<hex>`.
//!
//! <https://developers.tiktok.com/doc/webhooks-verification>: an HMAC-SHA256 of time, dot and raw
//! body under the client secret, in lower-case hexadecimal.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::random::hex;

/// The header's value for a body.
pub(crate) fn header(client_secret: &str, seconds: i64, body: &str) -> String {
    let message = format!("{seconds}.{body}");
    let sign = |mac: Hmac<Sha256>| hex(&mac.chain_update(message).finalize().into_bytes());
    // A key of any length is accepted.
    let signature =
        Hmac::new_from_slice(client_secret.as_bytes()).map_or_else(|_| String::new(), sign);
    format!("t={seconds},s={signature}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_computed_vector() {
        let body = concat!(
            r#"{"client_key":"bwo2m45353a6k85","event":"post.publish.complete","#,
            r#""create_time":1770210810,"user_openid":"-000AbC_dEfGhIjKlMnOpQrStUvWxYz01234","#,
            r#""content":"{\"publish_id\":\"v_pub_file~v2-1.7602990000000000001\","#,
            r#"\"publish_type\":\"DIRECT_PUBLISH\"}"}"#
        );
        let expected =
            "t=1770210811,s=e50c0781a5fbea81719eeaa6bcf71861fc4861d277cf6a14dffc927822d6805d";
        assert_eq!(
            header("test_client_secret_0123456789", 1_770_210_811, body),
            expected
        );
    }
}
