//! Files in fragments, as browsers and screen recorders write them.

use super::*;

/// A fragment of one video track. What it does not say itself, its track's header does, and then the file's index.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fragment {
    pub(super) samples: u32,
    /// How long each lasts and how many bytes it has, in the run; else from the index: 512 ticks, 10 bytes.
    pub(super) in_run: Option<(u32, u32)>,
    /// The same in the header of the track.
    pub(super) in_header: Option<(u32, u32)>,
    /// When it starts.
    pub(super) time: Option<u64>,
    pub(super) base: Base,
}

/// From where the place of the data counts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Base {
    /// A place of the file, named.
    File,
    /// The fragment, which is said.
    Fragment,
    /// Nothing said.
    Unsaid,
}

impl Default for Fragment {
    fn default() -> Self {
        Self {
            samples: 24,
            in_run: None,
            in_header: None,
            time: None,
            base: Base::Fragment,
        }
    }
}

impl Fragment {
    fn index(&self, at: usize) -> Vec<u8> {
        let word = u32::to_be_bytes;
        let mut flags = match self.base {
            Base::File => 0x1,
            Base::Fragment => 0x2_0000,
            Base::Unsaid => 0,
        };
        let mut header = Vec::new();
        if self.base == Base::File {
            header.extend(u64::to_be_bytes(at as u64));
        }
        if let Some((length, size)) = self.in_header {
            flags |= 0x18;
            header.extend([word(length), word(size)].concat());
        }
        let tfhd = boxed(b"tfhd", &[&word(flags), &word(1), &header]);
        let tfdt = match self.time {
            Some(time) => boxed(b"tfdt", &[&[1, 0, 0, 0], &time.to_be_bytes()]),
            None => Vec::new(),
        };
        let (flags, entries) = match self.in_run {
            Some((length, size)) => {
                let entry = [word(length), word(size), word(7)].concat();
                (0x701, entry.repeat(self.samples as usize))
            }
            None => (0x1, Vec::new()),
        };
        let run = |offset: u32| {
            let numbers = [word(flags), word(self.samples), word(offset)].concat();
            let trun = boxed(b"trun", &[&numbers, &entries]);
            let traf = boxed(b"traf", &[&tfhd, &tfdt, &trun]);
            boxed(b"moof", &[&boxed(b"mfhd", &[&[0; 8]]), &traf])
        };
        let length = u32::try_from(run(0).len()).unwrap();
        run(length + 8)
    }

    fn bytes(&self) -> usize {
        let (_, size) = self.in_run.or(self.in_header).unwrap_or((512, 10));
        self.samples as usize * size as usize
    }
}

/// A file whose index names no sample, and 12288 ticks a second.
fn index(announced: Option<u32>) -> Vec<u8> {
    let file = fixture("eleven-minutes-fragmented.mp4");
    let (moov, end) = (find(&file, b"moov"), find(&file, b"moof"));
    let (mvex, trex) = (find(&file, b"mvex"), find(&file, b"trex"));
    let mut defaults = file[trex..trex + 32].to_vec();
    defaults[20..24].copy_from_slice(&512_u32.to_be_bytes());
    defaults[24..28].copy_from_slice(&10_u32.to_be_bytes());
    let mehd = announced.map(|length| boxed(b"mehd", &[&[0; 4], &length.to_be_bytes()]));
    let extends = boxed(b"mvex", &[&mehd.unwrap_or_default(), &defaults]);
    let inner = [&file[moov + 8..mvex], &extends, &file[mvex + 40..end]].concat();
    [file[..moov].to_vec(), boxed(b"moov", &[&inner])].concat()
}

pub(super) fn file(fragments: &[Fragment]) -> Vec<u8> {
    announcing(None, fragments)
}

fn announcing(length: Option<u32>, fragments: &[Fragment]) -> Vec<u8> {
    let mut file = index(length);
    for fragment in fragments {
        let index = fragment.index(file.len());
        file.extend(index);
        file.extend(boxed(b"mdat", &[&vec![0; fragment.bytes()]]));
    }
    file
}

/// As [`file`], with other media in each.
pub(super) fn file_of(fragments: &[Fragment], media: &[u8]) -> Vec<u8> {
    let mut file = index(None);
    for fragment in fragments {
        let index = fragment.index(file.len());
        file.extend(index);
        file.extend(boxed(b"mdat", &[media]));
    }
    file
}

#[tokio::test]
async fn length_and_rate_are_those_of_all_fragments() {
    let found = probed(fixture("eleven-minutes-fragmented.mp4")).await;
    let found = found.unwrap();
    assert_about(found.duration, 661.0);
    assert_eq!(video(&found).1, constant(24.0));
    assert_eq!(found.not_checked, []);
    let found = probed(fixture("clip-fragmented.mp4")).await.unwrap();
    assert_eq!(video(&found).1, constant(30.0));
    // With the silence that the coder of the sound has added.
    assert_about(found.duration, 1.067);
    assert_eq!(
        (&found.audios[..], &found.not_checked[..]),
        (&[AAC][..], &[][..])
    );
}

#[tokio::test]
async fn a_sample_has_what_its_run_says_or_its_header_or_the_index() {
    let plain = Fragment::default();
    for base in [Base::File, Base::Fragment, Base::Unsaid] {
        for (fragment, rate) in [
            (plain, 24.0),
            (
                Fragment {
                    in_header: Some((256, 9)),
                    ..plain
                },
                48.0,
            ),
            (
                Fragment {
                    in_run: Some((1024, 11)),
                    ..plain
                },
                12.0,
            ),
            (
                Fragment {
                    in_run: Some((1024, 11)),
                    in_header: Some((256, 9)),
                    ..plain
                },
                12.0,
            ),
        ] {
            let whole = file(&[Fragment { base, ..fragment }; 4]);
            let found = probed(whole.clone()).await.unwrap();
            assert_eq!(video(&found).1, constant(rate), "{fragment:?}");
            assert_about(found.duration, 96.0 / rate);
            assert_eq!(found.not_checked, []);
            // The last byte of the media belongs to a sample; behind the boxes nothing would show it.
            let mut open = whole;
            let last = open.len() - fragment.bytes() - 8;
            open[last..last + 4].fill(0);
            assert!(probed(open.clone()).await.is_ok());
            open.pop();
            let error = probed(open).await.unwrap_err();
            assert!(
                error.message().contains("there are media up to byte"),
                "{error}"
            );
        }
    }
}

#[tokio::test]
async fn a_file_in_fragments_is_missed_where_it_is_cut() {
    let whole = file(&[Fragment::default(); 3]);
    let start = find(&whole, b"moof");
    for cut in start + 1..whole.len() {
        let part = probed(whole[..cut].to_vec()).await;
        let is_between = (cut - start).is_multiple_of((whole.len() - start) / 3);
        // A few bytes behind the last box are no box.
        let is_rest = (cut - start) % ((whole.len() - start) / 3) < 8;
        match part {
            Ok(_) => assert!(is_between || is_rest, "{cut}"),
            Err(error) => assert_eq!(error.kind(), ErrorKind::Invalid, "{cut}"),
        }
    }
    let none = probed(whole[..start].to_vec()).await.unwrap_err();
    assert!(none.message().contains("not complete"), "{none}");
    // Between two fragments only what the index announces tells.
    let announced = announcing(Some(6000), &[Fragment::default(); 3]);
    let found = probed(announced).await.unwrap();
    assert_about(found.duration, 3.0);
    let [open] = &found.not_checked[..] else {
        panic!("{found:?}")
    };
    assert_eq!(
        open.to_string(),
        "completeness not checked: the index announces 6 s, and its fragments have 3 s"
    );
    let kept = probed(announcing(Some(3000), &[Fragment::default(); 3]));
    assert_eq!(kept.await.unwrap().not_checked, []);
}

#[tokio::test]
async fn what_lies_between_fragments_counts_as_time() {
    let at = |seconds: u64| Fragment {
        time: Some(seconds * 12_288),
        ..Fragment::default()
    };
    let found = probed(file(&[at(100), at(101), at(130)])).await.unwrap();
    assert_about(found.duration, 31.0);
    assert_eq!(video(&found).1, constant(24.0));
}

#[tokio::test]
async fn a_rate_that_varies_between_fragments_varies() {
    let slow = Fragment {
        in_header: Some((12_288, 10)),
        ..Fragment::default()
    };
    let found = probed(file(&[Fragment::default(), slow])).await.unwrap();
    assert_eq!(video(&found).1.pace, Pace::Varies);
}

#[tokio::test]
async fn of_the_beginning_of_a_file_in_fragments_only_what_the_index_announces_is_known() {
    let whole = announcing(Some(3000), &[Fragment::default(); 3]);
    let size = Some(whole.len() as u64);
    let all = probe_head(&whole, size).await.unwrap();
    assert_eq!(all, probed(whole.clone()).await.unwrap());
    let head = &whole[..find(&whole, b"moof") + 200];
    let found = probe_head(head, size).await.unwrap();
    assert_about(found.duration, 3.0);
    assert!(found.is_unchecked(Fact::FrameRate) && found.is_unchecked(Fact::Completeness));
    assert_eq!(found.videos.len(), 1);
    let silent = file(&[Fragment::default(); 3]);
    let head = &silent[..find(&silent, b"moof") + 200];
    let found = probe_head(head, Some(silent.len() as u64)).await.unwrap();
    assert!(found.duration.is_none() && found.is_unchecked(Fact::Duration));
}

#[tokio::test]
async fn a_run_that_claims_more_samples_than_it_has_bytes_for_is_refused() {
    let run = Fragment {
        in_run: Some((512, 10)),
        ..Fragment::default()
    };
    let mut file = file(&[run; 2]);
    let count = find(&file, b"trun") + 12;
    file[count..count + 4].copy_from_slice(&9_999_u32.to_be_bytes());
    let error = probed(file).await.unwrap_err();
    assert!(error.message().contains("has room for 24"), "{error}");
}
