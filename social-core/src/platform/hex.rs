//! Hexadecimal digits, in which digests, signatures and ids are written.

/// The bytes in lowercase digits. The text never grows, so wiping it leaves no copy of it behind.
pub fn encode(bytes: impl AsRef<[u8]>) -> String {
    let bytes = bytes.as_ref();
    let mut text = String::with_capacity(2 * bytes.len());
    for digit in bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]) {
        text.push(char::from_digit(digit.into(), 16).unwrap_or_default());
    }
    text
}

/// The bytes that these digits stand for; `None` for anything else. Capitals count as digits: where one value has one
/// text only, compare with what [`encode`] makes of the answer.
pub fn decode(text: &str) -> Option<Vec<u8>> {
    let mut bytes = vec![0; text.len() / 2];
    decode_to(text, &mut bytes)?;
    Some(bytes)
}

/// As [`decode`], into a place of the caller's, for example one that is wiped. `None` also when the digits do not fill it
/// exactly; what is in it then is of no use.
pub fn decode_to(text: &str, bytes: &mut [u8]) -> Option<()> {
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    if !rest.is_empty() || pairs.len() != bytes.len() {
        return None;
    }
    for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
        *byte = digit(*high)? << 4 | digit(*low)?;
    }
    Some(())
}

fn digit(text: u8) -> Option<u8> {
    let digit = char::from(text).to_digit(16)?;
    u8::try_from(digit).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn digits_are_lowercase_and_two_a_byte() {
        assert_eq!(encode([0x00, 0x0f, 0xa0, 0xff]), "000fa0ff");
        assert_eq!(encode([]), "");
    }

    #[test]
    fn what_is_not_digits_in_pairs_is_nothing() {
        assert_eq!(decode("000FA0ff").unwrap(), [0x00, 0x0f, 0xa0, 0xff]);
        assert_eq!(decode(""), Some(Vec::new()));
        for bad in ["0", "000", "0x", " 00", "+1", "0g", "ää", "é0", "00\n"] {
            assert_eq!(decode(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn a_place_is_filled_exactly() {
        let mut place = [0; 2];
        assert_eq!(decode_to("beef", &mut place), Some(()));
        assert_eq!(place, [0xbe, 0xef]);
        for other in ["be", "beefed", "", "bee"] {
            assert_eq!(decode_to(other, &mut place), None, "{other:?}");
        }
    }

    proptest! {
        #[test]
        fn what_was_encoded_is_decoded(bytes: Vec<u8>) {
            let text = encode(&bytes);
            prop_assert_eq!(decode(&text.to_uppercase()), Some(bytes.clone()));
            prop_assert_eq!(decode(&text), Some(bytes));
        }

        #[test]
        fn any_text_is_taken_or_refused(text: String) {
            if let Some(bytes) = decode(&text) {
                prop_assert_eq!(encode(bytes), text.to_lowercase());
            }
        }
    }
}
