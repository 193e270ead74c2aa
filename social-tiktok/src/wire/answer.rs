use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::json;

/// The body of an answer, whichever of TikTok's shapes it has: `{data, error: {code, ...}}`, the flat
/// `{error, error_description, log_id}` of the OAuth endpoints, the flat `{code, message, log_id}` that one page of the
/// documentation shows, or bare data. Not `Debug`: the data may hold tokens.
#[derive(Default)]
pub(crate) struct Answer {
    /// The platform's error code; nothing when it says `ok` or says nothing.
    pub(crate) code: Option<String>,
    /// The platform's id of the request, `log_id` or `logid`.
    pub(crate) log_id: Option<String>,
    data: Value,
}

impl Answer {
    /// Reads a body. What is no JSON object gives an answer that says nothing.
    pub(crate) fn read(body: &[u8]) -> Self {
        let Some(Value::Object(mut top)) = json::read(body) else {
            return Self::default();
        };
        let (said, log_id) = match top.get("error") {
            Some(Value::Object(error)) => (word(error, "code"), log_id(error)),
            Some(Value::String(code)) => (Some(code.clone()), None),
            _ => (word(&top, "code"), None),
        };
        let log_id = log_id.or_else(|| self::log_id(&top));
        let data = match top.remove("data") {
            Some(data) => data,
            None => Value::Object(top),
        };
        Self {
            code: said
                .filter(|said| !said.is_empty() && said != "ok")
                .map(|said| code(&said)),
            log_id: log_id.map(|id| request_id(&id)),
            data,
        }
    }

    /// The data as `T`. The cause of a failure is dropped: it could quote a value.
    pub(crate) fn data<T: DeserializeOwned>(&self) -> Option<T> {
        T::deserialize(&self.data).ok()
    }
}

fn word(object: &Map<String, Value>, name: &str) -> Option<String> {
    object.get(name)?.as_str().map(str::to_owned)
}

fn log_id(object: &Map<String, Value>) -> Option<String> {
    word(object, "log_id")
        .or_else(|| word(object, "logid"))
        .filter(|id| !id.is_empty())
}

/// A code of the platform, such as `spam_risk`. What is not written like one is not repeated: it could be anything, also
/// a token.
pub(super) fn code(text: &str) -> String {
    let of_a_word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    readable(text, of_a_word)
}

/// A request id: digits and capitals in every body seen; hexadecimal of either case is let through as well.
fn request_id(text: &str) -> String {
    let plain = |c: char| c.is_ascii_hexdigit() || c == '-';
    if text.len() <= 64 && text.chars().all(plain) {
        text.to_owned()
    } else {
        capitals(text)
    }
}

/// The name of a state: capitals, digits and underscores.
pub(super) fn capitals(text: &str) -> String {
    readable(text, |c| {
        c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_'
    })
}

fn readable(text: &str, allowed: impl Fn(char) -> bool) -> String {
    if text.len() <= 64 && text.chars().all(allowed) {
        text.to_owned()
    } else {
        "unreadable".to_owned()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> (Option<String>, Option<String>) {
        let answer = Answer::read(text.as_bytes());
        (answer.code, answer.log_id)
    }

    fn some(text: &str) -> Option<String> {
        Some(text.to_owned())
    }

    #[test]
    fn errors_are_read_flat_and_nested_with_both_spellings() {
        let nested = r#"{"data":{},"error":{"code":"spam_risk","message":"m","log_id":"1"}}"#;
        assert_eq!(read(nested), (some("spam_risk"), some("1")));
        let spelt = r#"{"error":{"code":"spam_risk","logid":"2"}}"#;
        assert_eq!(read(spelt), (some("spam_risk"), some("2")));
        let oauth = r#"{"error":"invalid_grant","error_description":"d","log_id":"3"}"#;
        assert_eq!(read(oauth), (some("invalid_grant"), some("3")));
        let flat = r#"{"code":"access_token_invalid","message":"m","log_id":"4"}"#;
        assert_eq!(read(flat), (some("access_token_invalid"), some("4")));
        let fine = r#"{"data":{},"error":{"code":"ok","message":"","log_id":"5"}}"#;
        assert_eq!(read(fine), (None, some("5")));
        assert_eq!(read("{}"), (None, None));
    }

    #[test]
    fn request_ids_of_either_case_are_kept() {
        for id in ["20221011224844AB93", "0f3c9a71-42de", "LOG_1"] {
            let text = format!(r#"{{"error":{{"code":"internal","log_id":"{id}"}}}}"#);
            assert_eq!(read(&text), (some("internal"), some(id)));
        }
    }

    #[test]
    fn what_is_no_code_is_not_repeated() {
        let address = r#"{"error":{"code":"https://a.example/?token=1","log_id":"a b"}}"#;
        let token = r#"{"error":{"code":"act.Zk3vQ8","log_id":"Zk3vQ8wN1rT5"}}"#;
        for text in [address, token] {
            assert_eq!(read(text), (some("unreadable"), some("unreadable")));
        }
    }

    #[test]
    fn what_is_no_object_says_nothing() {
        for text in ["", "null", "[]", "<html>", "{\"error\":"] {
            let answer = Answer::read(text.as_bytes());
            assert!(
                answer.code.is_none() && answer.data::<super::super::User>().is_none(),
                "{text}"
            );
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let answer = Answer::read(&bytes);
            let _ = answer.data::<super::super::PublishStatus>();
        }

        #[test]
        fn any_shape_of_the_known_fields_is_read(
            value in json(),
            name in prop_oneof!["error", "code", "data", "log_id"],
        ) {
            let answer = Answer::read(serde_json::json!({ name: value }).to_string().as_bytes());
            let _ = answer.data::<super::super::CreatorInfo>();
            let _ = answer.data::<super::super::PublishStatus>();
            let _ = answer.data::<super::super::User>();
        }
    }

    fn json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            ".{0,12}".prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 16, 4, |inner| {
            let names = prop_oneof!["code", "status", "privacy_level_options", "[a-z]{1,6}"];
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                proptest::collection::btree_map(names, inner, 0..4)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }
}
