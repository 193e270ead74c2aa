use super::{LENGTH, Mark, create, read, update};

fn mark(writes: i64) -> Mark {
    Mark::new("0b0e3c1e-7f7a-4b0e-9d61-5d2f0b5a7c11".to_owned(), writes)
}

#[test]
fn what_is_written_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("life");
    assert_eq!(read(&path).unwrap(), None);
    create(&path, &mark(7)).unwrap();
    assert_eq!(read(&path).unwrap(), Some(mark(7)));
    update(&path, &mark(i64::MAX)).unwrap();
    assert_eq!(read(&path).unwrap(), Some(mark(i64::MAX)));
    assert_eq!(std::fs::metadata(&path).unwrap().len(), LENGTH as u64);
}

#[test]
fn every_half_written_line_is_told_from_a_whole_one() {
    let (old, new) = (mark(0x99).line(), mark(0x0001_0000).line());
    for split in 1..LENGTH {
        let mixed = [&new.as_bytes()[..split], &old.as_bytes()[split..]].concat();
        let read = Mark::parse(&mixed);
        assert!(
            read.is_none() || read == Some(mark(0x99)) || read == Some(mark(0x0001_0000)),
            "{split}: {read:?}"
        );
        assert_eq!(Mark::parse(&new.as_bytes()[..split]), None, "{split}");
    }
}

#[test]
fn nonsense_is_as_good_as_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("life");
    for nonsense in [&b""[..], b"\n", b"\xff\xff", &[b'x'; 1_000]] {
        std::fs::write(&path, nonsense).unwrap();
        assert_eq!(read(&path).unwrap(), None);
    }
}

#[test]
fn one_that_was_removed_does_not_come_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("life");
    update(&path, &mark(1)).unwrap();
    assert!(!path.exists());
}
