use aes_gcm::{
    AesGcm, KeyInit,
    aead::{
        AeadInOut,
        array::ArraySize,
        consts::{U12, U16},
    },
    aes::Aes256,
};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};

use super::*;
use crate::platform::hex;

const IV: [u8; 16] = *b"an initial value";

/// IV, tag and ciphertext as the older application makes them.
fn parts<N: ArraySize>(plain: &[u8]) -> [Vec<u8>; 3] {
    let cipher = AesGcm::<Aes256, N>::new(&KEY.into());
    let iv = &IV[..N::to_usize()];
    let mut text = plain.to_vec();
    let tag = cipher
        .encrypt_inout_detached(iv.try_into().unwrap(), &[], text.as_mut_slice().into())
        .unwrap();
    [iv.to_vec(), tag.to_vec(), text]
}

fn digits(bytes: &[u8]) -> String {
    hex::encode(bytes)
}

fn join(parts: &[Vec<u8>; 3], write: impl Fn(&[u8]) -> String) -> String {
    parts.each_ref().map(|part| write(part)).join(":")
}

fn refusal(text: &str) -> Error {
    let error = Vault::adopt(text, &KEY).unwrap_err();
    assert_operator(&error);
    error
}

#[test]
fn reads_hex_and_base64_with_either_length_of_iv() {
    for plain in [&b""[..], b"x", b"a refresh token", &[0x61; 500]] {
        for parts in [parts::<U12>(plain), parts::<U16>(plain)] {
            for text in [
                join(&parts, digits),
                join(&parts, digits).to_uppercase(),
                join(&parts, |part| STANDARD.encode(part)),
                join(&parts, |part| URL_SAFE_NO_PAD.encode(part)),
            ] {
                assert_eq!(
                    Vault::adopt(&text, &KEY).unwrap().as_slice(),
                    plain,
                    "{text}"
                );
            }
        }
    }
}

#[test]
fn reads_a_value_made_elsewhere() {
    // Test case 15 of the GCM specification (McGrew and Viega): a key of 256 bits, an IV of 96, no associated data.
    let key = [
        0xfe, 0xff, 0xe9, 0x92, 0x86, 0x65, 0x73, 0x1c, 0x6d, 0x6a, 0x8f, 0x94, 0x67, 0x30, 0x83,
        0x08, 0xfe, 0xff, 0xe9, 0x92, 0x86, 0x65, 0x73, 0x1c, 0x6d, 0x6a, 0x8f, 0x94, 0x67, 0x30,
        0x83, 0x08,
    ];
    let text = "cafebabefacedbaddecaf888:b094dac5d93471bdec1a502270e3cc6c:\
        522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa\
        8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662898015ad";
    let plain = "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72\
        1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b391aafd255";
    assert_eq!(hex::encode(Vault::adopt(text, &key).unwrap()), plain);

    // By the crypto module of Node.js, with an IV of 12 and of 16 bytes.
    for text in [
        "YW4gaW5pdGlhbCB2:cezTaGYyDf1WU/E5ZLN9Xg==:s0FanyvbAS2ZbIGw0vA0",
        "616e20696e697469616c2076616c7565:e6028eee649d5b3e7f2adc23370f2ef9:af7f0640ef7bf4372e60951017196d",
    ] {
        assert_eq!(
            Vault::adopt(text, &KEY).unwrap().as_slice(),
            b"a refresh token"
        );
    }
}

#[test]
fn every_single_bit_flip_and_another_key_read_the_same() {
    let parts = parts::<U16>(b"a refresh token");
    let mut messages = HashSet::new();
    for part in 0..3 {
        for bit in 0..parts[part].len() * 8 {
            let mut changed = parts.clone();
            changed[part][bit / 8] ^= 1 << (bit % 8);
            messages.insert(refusal(&join(&changed, digits)).to_string());
        }
    }
    let error = Vault::adopt(&join(&parts, digits), &OLD).unwrap_err();
    assert!(
        error
            .message()
            .contains(&SealingKey::new(&OLD).id().to_string())
    );
    assert_eq!(messages.len(), 1, "{messages:?}");
    assert!(
        messages
            .iter()
            .all(|text| text.contains(&SealingKey::new(&KEY).id().to_string()))
    );
}

#[test]
fn other_forms_are_refused() {
    let parts = parts::<U12>(b"a refresh token");
    let [iv, tag, text] = parts.each_ref().map(|part| digits(part));
    for length in [0, 4, 8, 12, 13, 14, 15] {
        let error = refusal(&format!("{iv}:{}:{text}", &tag[..length * 2]));
        assert!(error.message().contains("a tag of 16"), "{error}");
    }
    for other in [
        String::new(),
        "::".to_owned(),
        format!("{iv}:{tag}"),
        format!("{iv}:{tag}:{text}:"),
        format!("{iv}00:{tag}:{text}"),
        format!("{iv}:{tag}00:{text}"),
        format!("{iv}:{tag}:{text}0"),
        format!("{iv}:{tag}:not hex"),
        format!("{iv}:{}:{text}", STANDARD.encode(&parts[1])),
        format!("{iv}:{tag}:{text}é"),
    ] {
        let error = refusal(&other);
        assert!(error.message().contains("iv:authTag:ciphertext"), "{error}");
        assert!(!error.message().contains(&text), "{error}");
    }
}

#[tokio::test]
async fn open_never_reads_it() {
    let text = join(&parts::<U12>(b"a refresh token"), digits);
    let error = vault().open(&PLACE, text.as_bytes()).await.unwrap_err();
    assert_operator(&error);
    assert!(error.message().contains("does not open"), "{error}");
}
