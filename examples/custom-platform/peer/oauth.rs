use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use url::Url;

use super::{Answer, Asked, SECRET, World, error};

/// How long an access token lives, in seconds.
const LIFE: i64 = 3_600;
/// The one person there is, as this app knows them.
const PERSON: &str = "person-1";
/// Their two mailboxes.
const MAILBOXES: [(&str, &str); 2] = [("box-1", "Home"), ("box-2", "Work")];

impl World {
    /// Takes what the consent page would be asked, from the app itself, and names it (RFC 9126).
    pub(super) fn push(&mut self, asked: &Asked<'_>) -> Answer {
        if asked.form.get("client_secret").map(String::as_str) != Some(SECRET) {
            return error(401, "invalid_client");
        }
        let name = self.secret("request");
        self.pushed.insert(name.clone(), asked.form.clone());
        (201, json!({"request_uri": name, "expires_in": 60}))
    }

    /// The person answers at once. Of a request that was pushed nothing in the address counts.
    pub(super) fn authorize(&mut self, asked: &Asked<'_>) -> Answer {
        let asks = match asked.query.get("request_uri") {
            Some(name) => self.pushed.remove(name).unwrap_or_default(),
            None => asked.query.clone(),
        };
        let param = |name: &str| asks.get(name).cloned().unwrap_or_default();
        let Ok(mut back) = Url::parse(&param("redirect_uri")) else {
            return error(400, "redirect_uri");
        };
        let answer = if self.declines {
            ("error", "access_denied".to_owned())
        } else {
            let code = self.secret("code");
            self.codes.insert(code.clone(), param("code_challenge"));
            ("code", code)
        };
        let query = [answer, ("state", param("state"))];
        back.query_pairs_mut().extend_pairs(query);
        (303, json!({"location": back.as_str()}))
    }

    pub(super) fn token(&mut self, asked: &Asked<'_>) -> Answer {
        let field = |name: &str| asked.form.get(name).cloned().unwrap_or_default();
        if field("client_secret") != SECRET {
            return error(401, "invalid_client");
        }
        if field("grant_type") == "refresh_token" {
            // The old one is dead at once.
            return match self.refresh.remove(&field("refresh_token")) {
                Some(account) => (200, self.pair(&account)),
                None => error(400, "invalid_grant"),
            };
        }
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(field("code_verifier")));
        match self.codes.remove(&field("code")) {
            Some(expected) if expected == challenge => {
                let accounts = MAILBOXES
                    .map(|(id, name)| json!({"id": id, "name": name, "tokens": self.pair(id)}));
                (200, json!({"person": PERSON, "accounts": accounts}))
            }
            _ => error(400, "invalid_grant"),
        }
    }

    /// Ends all tokens of that account.
    pub(super) fn revoke(&mut self, asked: &Asked<'_>) -> Answer {
        let token = asked.form.get("token").cloned().unwrap_or_default();
        let Some(account) = self.access.remove(&token) else {
            return error(400, "invalid_grant");
        };
        self.access.retain(|_, of| *of != account);
        self.refresh.retain(|_, of| *of != account);
        (200, json!({}))
    }

    /// The person has taken the right away on the platform's own pages.
    pub(crate) fn end_access(&mut self) {
        self.access.clear();
        self.refresh.clear();
    }

    fn pair(&mut self, account: &str) -> Value {
        let (access, refresh) = (self.secret("access"), self.secret("refresh"));
        self.access.insert(access.clone(), account.to_owned());
        self.refresh.insert(refresh.clone(), account.to_owned());
        json!({"access": access, "refresh": refresh, "expires_in": LIFE})
    }

    fn secret(&mut self, kind: &str) -> String {
        let secret = self.fresh(&format!("secret-{kind}"));
        self.secrets.push(secret.clone());
        secret
    }
}
