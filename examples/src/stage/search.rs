use std::{
    collections::{BTreeSet, HashMap},
    fmt,
};

use base64::{
    Engine,
    engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD},
};
use social_core::platform::hex;

/// So many characters in a row of a secret are a leak, wherever they stand in it.
const PIECE: usize = 16;

/// Needles are looked up by their first bytes.
const KEY: usize = 8;

/// Something that must not be found.
#[derive(Clone)]
pub struct Secret {
    /// What it is.
    pub kind: String,
    /// The value itself.
    pub value: String,
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secret")
            .field("kind", &self.kind)
            .finish_non_exhaustive()
    }
}

/// A secret that was found. Says where, not what.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// The kind of the secret.
    pub kind: String,
    /// How it was written.
    pub form: &'static str,
    /// Where.
    pub place: String,
    /// At which byte of it first.
    pub at: usize,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            kind,
            form,
            place,
            at,
        } = self;
        write!(f, "{kind} ({form}) in {place} at byte {at}")
    }
}

struct Needle {
    bytes: Vec<u8>,
    kind: usize,
    form: &'static str,
}

/// Secrets to look for, in every form in which they are usually written.
pub struct Secrets {
    kinds: Vec<String>,
    needles: HashMap<[u8; KEY], Vec<Needle>>,
    /// Whether a key can be one of the needles', by its hash. Most bytes need no more than this look.
    filter: Vec<bool>,
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secrets")
            .field("kinds", &self.kinds)
            .finish_non_exhaustive()
    }
}

impl Secrets {
    /// Prepares a search. Values of fewer than eight bytes cannot be looked for and are refused.
    ///
    /// # Errors
    /// Names the kind of a value that is too short.
    pub fn new(secrets: impl IntoIterator<Item = Secret>) -> anyhow::Result<Self> {
        let mut all = Self {
            kinds: Vec::new(),
            needles: HashMap::new(),
            filter: vec![false; 1 << 20],
        };
        for secret in secrets {
            anyhow::ensure!(secret.value.len() >= KEY, "a {} is too short", secret.kind);
            all.add(&secret);
        }
        Ok(all)
    }

    fn add(&mut self, secret: &Secret) {
        let known = self.kinds.iter().position(|kind| *kind == secret.kind);
        let kind = known.unwrap_or_else(|| {
            self.kinds.push(secret.kind.clone());
            self.kinds.len() - 1
        });
        for (form, bytes) in forms(&secret.value) {
            let Some(key) = bytes.first_chunk::<KEY>().copied() else {
                continue;
            };
            self.filter[slot(key)] = true;
            let needles = self.needles.entry(key).or_default();
            needles.push(Needle { bytes, kind, form });
        }
    }

    /// Every kind and form found in `text`, once.
    pub fn search(&self, place: &str, text: &[u8]) -> Vec<Finding> {
        let mut found = BTreeSet::new();
        let mut findings = Vec::new();
        for (at, key) in text.array_windows::<KEY>().enumerate() {
            if !self.filter[slot(*key)] {
                continue;
            }
            for needle in self.needles.get(key).into_iter().flatten() {
                let new = text[at..].starts_with(&needle.bytes)
                    && found.insert((needle.kind, needle.form));
                if new {
                    findings.push(Finding {
                        kind: self.kinds[needle.kind].clone(),
                        form: needle.form,
                        place: place.to_owned(),
                        at,
                    });
                }
            }
        }
        findings
    }
}

fn slot(key: [u8; KEY]) -> usize {
    let hash = u64::from_le_bytes(key).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 44;
    usize::try_from(hash).unwrap_or_default()
}

/// What to look for.
fn forms(secret: &str) -> Vec<(&'static str, Vec<u8>)> {
    let mut forms: Vec<(&'static str, Vec<u8>)> = Vec::new();
    let bytes = secret.as_bytes();
    if secret.contains("://") {
        // The beginning of an address is no secret.
        forms.push(("plain", bytes.to_vec()));
    } else {
        let pieces = bytes.windows(PIECE.min(bytes.len()));
        forms.extend(pieces.map(|piece| ("plain", piece.to_vec())));
    }
    // Its end: of an address the part that is secret. Whoever writes all of it writes this.
    let end = &bytes[bytes.len().saturating_sub(PIECE)..];
    forms.push(("percent-encoded", percent(end, false).into_bytes()));
    forms.push(("percent-encoded", percent(end, true).into_bytes()));
    forms.push(("hexadecimal", hex::encode(end).into_bytes()));
    forms.push(("hexadecimal", hex::encode(end).to_uppercase().into_bytes()));
    forms.push(("list of bytes", list(end).into_bytes()));
    let json = serde_json::Value::from(secret).to_string();
    let inner = json.trim_matches('"');
    forms.push(("JSON", inner.as_bytes().to_vec()));
    forms.push(("JSON", inner.replace('/', "\\/").into_bytes()));
    for before in 0..3 {
        forms.push(("base64", base64(&STANDARD_NO_PAD, end, before)));
        forms.push(("base64", base64(&URL_SAFE_NO_PAD, end, before)));
    }
    forms
}

fn percent(bytes: &[u8], all: bool) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || (!all && b"-._~*".contains(&byte));
    let write = |byte: &u8| match *byte {
        byte if plain(byte) => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    };
    bytes.iter().map(write).collect()
}

/// As Rust shows a slice of bytes.
fn list(bytes: &[u8]) -> String {
    let numbers: Vec<String> = bytes.iter().map(u8::to_string).collect();
    numbers.join(", ")
}

/// The digits that depend on these bytes only, whatever stands around them: `before` bytes come first.
fn base64(engine: &impl Engine, bytes: &[u8], before: usize) -> Vec<u8> {
    let mut padded = vec![0; before];
    padded.extend(bytes);
    let digits = engine.encode(&padded).into_bytes();
    let first = (before * 8).div_ceil(6);
    let last = padded.len() * 8 / 6;
    digits[first..last].to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "act.Zk3vQ8*wN1!rT5yB7dM2hJ6xC9pLsE0aGfUu4";
    const ADDRESS: &str = "https://upload.example/video/?upload_id=7&upload_token=Zk3vQ8-wN1rT5";

    fn secrets() -> Secrets {
        let secret = |value: &str| Secret {
            kind: value[..3].to_owned(),
            value: value.to_owned(),
        };
        Secrets::new([secret(TOKEN), secret(ADDRESS), secret("demo-\"secret/")]).unwrap()
    }

    fn forms_found(text: &str) -> Vec<&'static str> {
        let found = secrets().search("here", text.as_bytes());
        found.into_iter().map(|finding| finding.form).collect()
    }

    #[test]
    fn every_form_is_found_wherever_it_stands() {
        use base64::engine::general_purpose::STANDARD;
        for secret in [TOKEN, ADDRESS] {
            let encoded =
                url::form_urlencoded::byte_serialize(secret.as_bytes()).collect::<String>();
            let planted = [
                (format!("a line with {secret} in it"), "plain"),
                (format!("token={encoded}&x=y"), "percent-encoded"),
                (hex::encode(secret), "hexadecimal"),
                (hex::encode(secret).to_uppercase(), "hexadecimal"),
                (format!("{:?}", secret.as_bytes()), "list of bytes"),
                (STANDARD.encode(secret), "base64"),
                (STANDARD.encode(format!("a{secret}b")), "base64"),
                (URL_SAFE_NO_PAD.encode(format!("ab{secret}")), "base64"),
            ];
            for (text, form) in planted {
                let found = forms_found(&text);
                assert!(found.contains(&form), "{form}: {found:?}");
            }
        }
        assert!(forms_found(r#"{"a":"demo-\"secret\/"}"#).contains(&"JSON"));
    }

    #[test]
    fn sixteen_characters_are_enough_and_fifteen_are_not() {
        assert_eq!(forms_found(&TOKEN[7..23]), ["plain"]);
        assert!(forms_found(&TOKEN[7..22]).is_empty());
    }

    #[test]
    fn harmless_text_and_the_beginning_of_an_address_are_not_found() {
        assert!(
            forms_found("GET https://upload.example/video/?upload_id=7 act. answered 200")
                .is_empty()
        );
        assert!(forms_found("").is_empty());
    }

    #[test]
    fn what_cannot_be_looked_for_is_refused() {
        let short = Secret {
            kind: "code".to_owned(),
            value: "1234567".to_owned(),
        };
        assert!(Secrets::new([short]).is_err());
    }
}
