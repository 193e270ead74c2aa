//! Documents and captions, told by what is in them.

use proptest::prelude::*;

use super::*;
use crate::publish::MediaType;

/// An archive with these empty parts, and a comment at its end.
fn archive(parts: &[&str], comment: &[u8]) -> Vec<u8> {
    let (mut file, mut list) = (Vec::new(), Vec::new());
    for part in parts {
        let at = u32::try_from(file.len()).unwrap();
        let length = u16::try_from(part.len()).unwrap().to_le_bytes();
        file.extend(
            [
                b"PK\x03\x04",
                &[0; 22][..],
                &length,
                &[0; 2],
                part.as_bytes(),
            ]
            .concat(),
        );
        let entry = [
            b"PK\x01\x02",
            &[0; 24][..],
            &length,
            &[0; 12],
            &at.to_le_bytes(),
        ];
        list.extend([&entry.concat()[..], part.as_bytes()].concat());
    }
    let (at, length) = (file.len(), list.len());
    file.extend(list);
    file.extend(b"PK\x05\x06\0\0\0\0\0\0\0\0");
    for number in [length, at] {
        file.extend(u32::try_from(number).unwrap().to_le_bytes());
    }
    file.extend(u16::try_from(comment.len()).unwrap().to_le_bytes());
    file.extend(comment);
    file
}

/// An entry of a directory: its name, and which entries are beside and below it.
type Entry<'a> = (&'a str, [u32; 3]);

const NONE: u32 = u32::MAX;

/// A compound file of 512-byte sectors: one of its table, then those of its directory, which stand in the file in the reverse
/// order.
fn compound(entries: &[Entry<'_>]) -> Vec<u8> {
    let mut header = b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1".to_vec();
    header.resize(512, 0xFF);
    header[30..32].copy_from_slice(&9_u16.to_le_bytes());
    let sectors: Vec<_> = entries.chunks(4).collect();
    let last = u32::try_from(sectors.len()).unwrap();
    header[48..52].copy_from_slice(&last.to_le_bytes());
    header[76..80].copy_from_slice(&0_u32.to_le_bytes());
    let mut table = vec![0xFF; 512];
    for sector in 1..=last {
        let next = if sector == 1 { 0xFFFF_FFFE } else { sector - 1 };
        let at = 4 * sector as usize;
        table[at..at + 4].copy_from_slice(&next.to_le_bytes());
    }
    let mut file = [header, table].concat();
    for sector in sectors.iter().rev() {
        let mut bytes: Vec<u8> = sector.iter().flat_map(entry).collect();
        bytes.resize(512, 0);
        file.extend(bytes);
    }
    file
}

fn entry((name, links): &Entry<'_>) -> Vec<u8> {
    let mut bytes: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let length = u16::try_from(bytes.len() + 2).unwrap();
    bytes.resize(128, 0);
    bytes[64..66].copy_from_slice(&length.to_le_bytes());
    for (at, link) in [68, 72, 76].into_iter().zip(links) {
        bytes[at..at + 4].copy_from_slice(&link.to_le_bytes());
    }
    bytes
}

const LEAF: [u32; 3] = [NONE; 3];
const ROOT: Entry<'static> = ("Root Entry", [NONE, NONE, 1]);

async fn is(bytes: Vec<u8>, expected: Container) {
    let shown = bytes[..bytes.len().min(60)].escape_ascii().to_string();
    let found = probed(bytes).await.unwrap();
    assert_eq!(found.container, expected, "{shown}");
    assert_eq!(found.content_type, expected.content_type());
    assert!(!found.is_video());
    assert_eq!(found.not_checked, [], "{shown}");
}

#[tokio::test]
async fn captions_are_told_by_their_first_lines() {
    for (text, expected) in [
        ("WEBVTT", Container::Vtt),
        ("WEBVTT\n\n00:01.000 --> 00:04.000\nHello", Container::Vtt),
        ("\u{feff}WEBVTT - of the harbour\r\n", Container::Vtt),
        ("WEBVTTX\n", Container::Unknown),
        ("1\n00:00:01,000 --> 00:00:04,000\nHello", Container::Srt),
        (
            "\u{feff}\r\n1\r\n00:00:01,000 --> 00:00:04,000 X1:40\r\nHello",
            Container::Srt,
        ),
        ("12\n00:00:01.000 --> 00:00:04.000\nHello", Container::Srt),
        ("1\n00:00:01,000 -> 00:00:04,000\nHello", Container::Unknown),
        (
            "one\n00:00:01,000 --> 00:00:04,000\nHello",
            Container::Unknown,
        ),
        ("1\n2\n00:00:01,000 --> 00:00:04,000", Container::Unknown),
        ("1", Container::Unknown),
    ] {
        is(text.as_bytes().to_vec(), expected).await;
        let captions = expected.media_type() == Some(MediaType::Captions);
        assert_eq!(captions, expected != Container::Unknown);
    }
}

#[tokio::test]
async fn a_pdf_is_told_by_its_first_bytes() {
    is(b"%PDF-1.7\n%\xE2\xE3".to_vec(), Container::Pdf).await;
    is(b"a %PDF-1.7".to_vec(), Container::Unknown).await;
}

#[tokio::test]
async fn an_archive_is_the_document_whose_parts_it_has() {
    let types = "[Content_Types].xml";
    for (parts, expected) in [
        (
            &[types, "_rels/.rels", "word/document.xml"][..],
            Container::Docx,
        ),
        (&["word/document2.xml", types], Container::Docx),
        (
            &[types, "ppt/presentation.xml", "ppt/embeddings/word/a.docx"],
            Container::Pptx,
        ),
        (&[types, "xl/workbook.xml"], Container::Unknown),
        (&["word/document.xml"], Container::Unknown),
        (&["a.txt"], Container::Unknown),
    ] {
        is(archive(parts, b""), expected).await;
        is(
            archive(parts, b"PK\x05\x06 is how it ends, said a comment"),
            expected,
        )
        .await;
    }
}

#[tokio::test]
async fn a_compound_file_is_the_document_at_its_top() {
    let word = [ROOT, ("WordDocument", LEAF)];
    is(compound(&word), Container::Doc).await;
    // Behind five others, and in another sector.
    let beside = |next| [NONE, next, NONE];
    let slides = [
        ROOT,
        ("1Table", beside(2)),
        ("Current User", beside(3)),
        ("Pictures", beside(4)),
        ("Data", beside(5)),
        ("PowerPoint Document", LEAF),
    ];
    is(compound(&slides), Container::Ppt).await;
    // Slides in a text are no slides.
    let inside = [
        ROOT,
        ("ObjectPool", [NONE, 3, 2]),
        ("PowerPoint Document", LEAF),
        ("WordDocument", LEAF),
    ];
    is(compound(&inside), Container::Doc).await;
    let sheet = [ROOT, ("Workbook", LEAF)];
    is(compound(&sheet), Container::Unknown).await;
}

#[tokio::test]
async fn a_document_that_is_cut_off_or_turns_in_circles_ends() {
    let zip = archive(&["[Content_Types].xml", "word/document.xml"], b"");
    let doc = compound(&[ROOT, ("WordDocument", LEAF)]);
    for cut in [4, 8, 60, 500, 512, 600, 1_024] {
        for file in [&zip, &doc] {
            let head = file[..cut.min(file.len() - 1)].to_vec();
            assert_eq!(probed(head).await.unwrap().container, Container::Unknown);
        }
    }
    let circle = [ROOT, ("a", [1, 2, 1]), ("b", [1, 2, 0])];
    is(compound(&circle), Container::Unknown).await;
    let mut turning = compound(&[ROOT, ("a", LEAF)]);
    turning[512 + 4..512 + 8].copy_from_slice(&1_u32.to_le_bytes());
    is(turning, Container::Unknown).await;
}

#[tokio::test]
async fn the_beginning_alone_tells_no_document_that_is_packed() {
    let zip = archive(&["[Content_Types].xml", "word/document.xml"], b"");
    let size = zip.len() as u64;
    let part = probe_head(&zip[..60], Some(size)).await.unwrap();
    assert_eq!(part.container, Container::Unknown);
    let whole = probe_head(&zip, Some(size)).await.unwrap();
    assert_eq!(whole.container, Container::Docx);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_is_packed_ends(
        zip in any::<bool>(),
        noise in proptest::collection::vec((0_usize..2_000, any::<u8>()), 0..60),
    ) {
        let mut file = match zip {
            true => archive(&["[Content_Types].xml", "ppt/a.xml", "b"], b"a comment"),
            false => compound(&[ROOT, ("a", [NONE, 2, NONE]), ("WordDocument", LEAF)]),
        };
        for (at, byte) in noise {
            if let Some(place) = file.get_mut(at) {
                *place = byte;
            }
        }
        let size = file.len() as u64;
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        // It is answered, whatever it says; but for a movie by chance, without an error.
        let _ = runtime.block_on(probe_head(&file, Some(size)));
    }
}
