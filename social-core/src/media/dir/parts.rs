#[cfg(test)]
mod tests;

use futures_util::StreamExt;

use super::{
    MediaDir, not_as_announced,
    sink::{Sink, unwritable},
    upload::{Tail, Upload, unknown},
};
use crate::{
    error::{Error, ErrorKind, Result},
    media::{Arrived, ByteStream, UploadId, file},
};

impl MediaDir {
    pub(super) async fn begin(&self, expected: Option<u64>) -> Result<UploadId> {
        self.check_announced(expected)?;
        let root = self.root.clone();
        let begun = file::blocking(move || Upload::begin(&root, expected)).await?;
        begun.map_err(unwritable)
    }

    pub(super) async fn write_part(
        &self,
        id: &UploadId,
        offset: u64,
        part: ByteStream,
    ) -> Result<u64> {
        let upload = self.upload(id)?;
        let taken = upload.clone();
        let tail = file::blocking(move || taken.open_at(offset)).await??;
        self.write_to(tail, &upload, offset, part).await
    }

    pub(super) fn upload(&self, id: &UploadId) -> Result<Upload> {
        Upload::of(&self.root, id).ok_or_else(unknown)
    }

    pub(super) async fn write_to(
        &self,
        tail: Tail,
        upload: &Upload,
        offset: u64,
        part: ByteStream,
    ) -> Result<u64> {
        let mut sink = Sink::open(move || Ok(tail));
        let pushed = self.push(&mut sink, upload, offset, part).await;
        // Whatever cut it off, what arrived is kept.
        let written = match sink.finish().await {
            Ok(tail) => file::blocking(move || tail.close()).await?,
            Err(error) => {
                return self
                    .cut_off(upload, offset, pushed.err().unwrap_or(error))
                    .await;
            }
        };
        match (pushed, written) {
            (Ok(()), Ok(length)) => {
                let upload = upload.clone();
                file::blocking(move || upload.is_there()).await??;
                Ok(length)
            }
            (Err(error), _) => self.cut_off(upload, offset, error).await,
            (Ok(()), Err(error)) => self.cut_off(upload, offset, unwritable(error)).await,
        }
    }

    async fn push(
        &self,
        sink: &mut Sink<Tail>,
        upload: &Upload,
        offset: u64,
        mut part: ByteStream,
    ) -> Result<()> {
        let most = upload.expected.unwrap_or(self.limit);
        let mut length = offset;
        while let Some(chunk) = part.next().await {
            let chunk = chunk?;
            length = length.saturating_add(chunk.len() as u64);
            if length > most {
                let expected = upload.expected;
                return Err(
                    expected.map_or_else(|| self.too_long(), |most| not_as_announced(most, "more"))
                );
            }
            sink.push(&chunk).await?;
        }
        Ok(())
    }

    /// The error with how far the upload has come.
    async fn cut_off(&self, upload: &Upload, offset: u64, error: Error) -> Result<u64> {
        let asked = upload.clone();
        match file::blocking(move || asked.length()).await? {
            Err(lost) if lost.kind() == ErrorKind::NotFound => Err(lost),
            length => Err(Arrived::cut_off(length.unwrap_or(offset), error)),
        }
    }
}
