use std::{fs, ops::Range, path::Path, time::Duration};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use futures_util::{StreamExt, stream};
use social_core::{
    Error, ErrorKind, MediaDir, MediaStore, MediaStoreExt, Result,
    media::{Arrived, ByteStream, Media, PublicUrl, StoredMedia, UploadId},
    model::MediaId,
};

use crate::conformance::media::{InFolders, no_time};

#[derive(Clone, Copy, Debug, PartialEq)]
enum Fault {
    /// Forgets the upload with the answer to its finish.
    FinishesOnce,
    /// Takes a part wherever it is said to begin.
    IgnoresTheOffset,
    /// Takes for whole what breaks off.
    KeepsWhatBreaksOff,
    /// Ends every range at the end of the file.
    CutsRanges,
    /// Says that what it never had was removed.
    RemovesWhatIsNotThere,
    /// Does not say how far the upload has come.
    TellsNoLength,
    /// Reads a part to its end, and only then writes it.
    WritesPartsWhole,
    /// Removes the file of a finished upload with the upload.
    SweepsFiles,
    /// Has one address for all files.
    OneAddress,
    /// Says of every part that it was taken.
    TakesAll,
    /// Leaves out the last of each page but the first.
    SkipsFiles,
    /// Lists nothing where one file cannot be told of.
    EndsAtTheSpoilt,
    /// Counts what cannot be told of to what is asked for.
    CountsTheSpoilt,
    /// Lists what was removed for a while.
    ListsUploads,
    /// Answers a renewal, and leaves the age.
    ForgetsRenewals,
    /// Removes by age whatever its age.
    RemovesTheYoung,
    /// Removes nothing by age.
    KeepsTheOld,
    /// Says that it takes parts, and does not.
    PromisesParts,
}

#[derive(Debug)]
struct Broken(MediaDir, Fault);

impl Broken {
    fn is(&self, fault: Fault) -> bool {
        self.1 == fault
    }

    /// How the upload would answer, and forgotten.
    async fn forget(&self, id: &UploadId) -> Result<()> {
        self.0.abort_upload(id).await.map(drop)
    }
}

/// The files behind `after` that have no possible time.
fn spoilt(root: &Path, after: Option<&MediaId>) -> Vec<MediaId> {
    let inside = |path: &Path| {
        let entries = fs::read_dir(path).into_iter().flatten();
        entries.map(|entry| entry.unwrap())
    };
    let files = inside(root).flat_map(|folder| inside(&folder.path()));
    let spoilt = files.filter(|file| file.metadata().unwrap().modified().unwrap() == no_time());
    let ids = spoilt.map(|file| file.file_name().to_str().unwrap().parse().unwrap());
    let is_behind = |id: &MediaId| after.is_none_or(|after| id.as_str() > after.as_str());
    ids.filter(is_behind).collect()
}

/// Without the error at its end.
fn unbroken(stream: ByteStream) -> ByteStream {
    Box::pin(stream.take_while(|piece| std::future::ready(piece.is_ok())))
}

#[async_trait]
impl MediaStore for Broken {
    async fn put(&self, stream: ByteStream, size_hint: Option<u64>) -> Result<Media> {
        let stream = match self.1 {
            Fault::KeepsWhatBreaksOff => unbroken(stream),
            _ => stream,
        };
        self.0.put(stream, size_hint).await
    }

    async fn stat(&self, id: &MediaId) -> Result<Media> {
        self.0.stat(id).await
    }

    async fn read(&self, id: &MediaId, range: Range<u64>) -> Result<ByteStream> {
        let mut range = range;
        if self.is(Fault::CutsRanges) {
            let size = self.0.stat(id).await?.size;
            range = range.start.min(size)..range.end.min(size);
        }
        self.0.read(id, range).await
    }

    async fn public_url(&self, _: &MediaId, _: Duration) -> Result<Option<PublicUrl>> {
        let url = "https://media.example.com/file".parse().unwrap();
        Ok(self.is(Fault::OneAddress).then(|| PublicUrl::new(url)))
    }

    async fn remove(&self, id: &MediaId) -> Result<bool> {
        Ok(self.0.remove(id).await? || self.is(Fault::RemovesWhatIsNotThere))
    }

    fn lists(&self) -> bool {
        true
    }

    async fn renew(&self, id: &MediaId) -> Result<Media> {
        match self.1 {
            Fault::ForgetsRenewals => self.0.stat(id).await,
            _ => self.0.renew(id).await,
        }
    }

    async fn list(&self, after: Option<&MediaId>, limit: u32) -> Result<Vec<StoredMedia>> {
        let mut found = self.0.list(after, limit).await?;
        let spoilt = spoilt(self.0.root(), after);
        match self.1 {
            Fault::EndsAtTheSpoilt if !spoilt.is_empty() => {
                return Err(Error::storage("a file cannot be looked at"));
            }
            Fault::CountsTheSpoilt => {
                let mut all: Vec<_> = found.iter().map(|it| it.media.id.clone()).collect();
                all.extend(spoilt);
                all.sort_by(|a, b| a.as_str().cmp(b.as_str()));
                let asked = &all[..all.len().min(limit as usize)];
                found.retain(|it| asked.contains(&it.media.id));
            }
            Fault::SkipsFiles if after.is_some() && found.len() > 1 => drop(found.remove(0)),
            Fault::ListsUploads if found.is_empty() && after.is_none() => {
                let media = Media::new(MediaId::from_digest([0; 32]), 1);
                found.push(StoredMedia::new(media, DateTime::UNIX_EPOCH));
            }
            _ => {}
        }
        Ok(found)
    }

    async fn remove_older(&self, id: &MediaId, before: DateTime<Utc>) -> Result<bool> {
        match self.1 {
            Fault::RemovesTheYoung => self.0.remove(id).await,
            Fault::KeepsTheOld => Ok(false),
            _ => self.0.remove_older(id, before).await,
        }
    }

    fn takes_parts(&self) -> bool {
        true
    }

    async fn begin_upload(&self, expected_size: Option<u64>) -> Result<UploadId> {
        if self.is(Fault::PromisesParts) {
            return Err(Error::new(ErrorKind::Unsupported, "no parts"));
        }
        self.0.begin_upload(expected_size).await
    }

    async fn upload_part(&self, id: &UploadId, offset: u64, part: ByteStream) -> Result<u64> {
        let (mut part, mut offset) = (part, offset);
        match self.1 {
            Fault::IgnoresTheOffset => offset = self.0.upload_length(id).await?,
            Fault::WritesPartsWhole => {
                let mut all = Vec::new();
                while let Some(piece) = part.next().await {
                    all.push(Ok(piece?));
                }
                part = Box::pin(stream::iter(all));
            }
            _ => {}
        }
        let answer = self.0.upload_part(id, offset, part).await;
        match answer {
            Err(error) if self.is(Fault::TellsNoLength) && Arrived::of(&error).is_some() => {
                Err(Error::new(error.kind(), "somewhere else"))
            }
            Err(error) if self.is(Fault::TakesAll) && error.kind() == ErrorKind::Conflict => {
                Ok(Arrived::of(&error).unwrap_or_default())
            }
            answer => answer,
        }
    }

    async fn upload_length(&self, id: &UploadId) -> Result<u64> {
        self.0.upload_length(id).await
    }

    async fn finish_upload(&self, id: &UploadId) -> Result<Media> {
        let media = self.0.finish_upload(id).await?;
        if self.is(Fault::FinishesOnce) {
            self.forget(id).await?;
        }
        Ok(media)
    }

    async fn abort_upload(&self, id: &UploadId) -> Result<bool> {
        self.0.abort_upload(id).await
    }

    async fn sweep_uploads(&self, before: DateTime<Utc>) -> Result<u64> {
        let swept = self.0.sweep_uploads(before).await?;
        if swept > 0 && self.is(Fault::SweepsFiles) {
            let kept = self.0.put_bytes("kept").await?;
            self.0.remove(&kept.id).await?;
        }
        Ok(swept)
    }
}

/// One test per fault: the name of the case, the fault, and the words of the failure.
macro_rules! faults {
    ($folders:ident: $($case:ident finds $fault:ident, $words:literal;)*) => {
        $(
            #[tokio::test]
            async fn $case() {
                let case = async {
                    let make = |folder| Broken(folder, Fault::$fault);
                    let harness = InFolders::$folders(make, |broken| &broken.0);
                    social_core::conformance::media::$case(&harness).await
                };
                super::caught(case, $words).await;
            }
        )*
    };
}

faults! { new:
    finishing_again_answers_the_same finds FinishesOnce, "there is no such upload";
    a_part_elsewhere_is_refused_with_the_length finds IgnoresTheOffset, "a part elsewhere";
    of_many_parts_at_one_offset_one_is_taken finds TakesAll, "is taken";
    a_file_that_breaks_off_is_not_stored finds KeepsWhatBreaksOff, "the sender's own error";
    a_range_beyond_the_end_is_refused finds CutsRanges, "beyond the end";
    a_removed_file_is_gone finds RemovesWhatIsNotThere, "it is not there any more";
    more_than_announced_is_refused finds TellsNoLength, "more than announced";
    a_part_cut_off_keeps_what_arrived finds WritesPartsWhole, "what arrived is kept";
    a_sweep_takes_what_is_stale_and_no_file finds SweepsFiles, "NotFound";
    an_address_is_of_one_file finds OneAddress, "two files have two addresses";
    every_file_is_listed_once finds SkipsFiles, "at once";
    only_files_are_listed finds ListsUploads, "there is no file";
    what_is_renewed_is_young finds RemovesTheYoung, "it is not older";
    what_is_older_goes finds KeepsTheOld, "it was stored before";
    of_a_renewal_and_a_removal_the_file_is_kept_or_known_gone finds ForgetsRenewals, "what is renewed is younger";
    a_store_says_whether_it_takes_parts finds PromisesParts, "no parts";
}

#[cfg(target_os = "linux")]
faults! { in_memory:
    a_spoilt_file_keeps_none_of_the_others finds EndsAtTheSpoilt, "one file ends the listing";
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_page_that_a_spoilt_file_is_counted_to_is_found() {
    let case = async {
        let make = |folder| Broken(folder, Fault::CountsTheSpoilt);
        let harness = InFolders::in_memory(make, |broken| &broken.0);
        social_core::conformance::media::a_spoilt_file_keeps_none_of_the_others(&harness).await
    };
    super::caught(case, "all others, 1 at once").await;
}
