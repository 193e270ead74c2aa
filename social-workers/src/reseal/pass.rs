use std::sync::Arc;

use social_core::{
    ErrorKind, Result, Social,
    store::{Resealed, SealedField, SealedPage, SealedStore, SealedValue},
};

use super::{Listener, ResealReport, ResealSettings};

/// One walk through everything sealed under another key than the one that is current when it begins.
pub(super) struct Pass<'a> {
    social: &'a Social,
    settings: ResealSettings,
    listener: Option<&'a Listener>,
    /// How everything begins that needs no walk.
    prefix: Vec<u8>,
    found: u64,
}

impl<'a> Pass<'a> {
    pub(super) async fn new(
        social: &'a Social,
        settings: ResealSettings,
        listener: Option<&'a Listener>,
    ) -> Result<Self> {
        Ok(Self {
            social,
            settings,
            listener,
            prefix: social.worker().vault().prefix().await?,
            found: 0,
        })
    }

    /// Says whether there was nothing to do, apart from what cannot be opened.
    pub(super) async fn run(mut self, report: &mut ResealReport) -> Result<bool> {
        report.passes += 1;
        report.unreadable.clear();
        for store in &self.social.worker().stores().sealed {
            for field in SealedField::ALL {
                self.walk(store, field, report).await?;
            }
        }
        Ok(self.found == 0)
    }

    async fn walk(
        &mut self,
        store: &Arc<dyn SealedStore>,
        field: SealedField,
        report: &mut ResealReport,
    ) -> Result<()> {
        let limit = self.settings.page.max(1);
        let mut page = SealedPage::new(field, self.prefix.clone(), limit);
        loop {
            let values = store.sealed(&page).await?;
            let is_last = values.len() < usize::try_from(limit).unwrap_or(usize::MAX);
            page.after = values.last().map(|value| value.row.clone());
            self.replace(store, values, report).await?;
            if is_last {
                return Ok(());
            }
            if !self.settings.pause.is_zero() {
                self.social.clock().sleep(self.settings.pause).await;
            }
        }
    }

    async fn replace(
        &mut self,
        store: &Arc<dyn SealedStore>,
        values: Vec<SealedValue>,
        report: &mut ResealReport,
    ) -> Result<()> {
        let mut fresh = Vec::with_capacity(values.len());
        for value in values {
            if value.sealed.is_empty() {
                // The mark of a login that was used: there is nothing in it.
                continue;
            }
            let (vault, place) = (self.social.worker().vault(), value.field.place(&value.row));
            let plain = match vault.open(&place, &value.sealed).await {
                Ok(plain) => plain,
                Err(error) if error.kind() == ErrorKind::Seal => {
                    report.cannot_read(value.field, error);
                    continue;
                }
                Err(error) => return Err(error),
            };
            let new = vault.seal(&place, &plain).await?;
            fresh.push(Resealed::new(value, new));
        }
        if fresh.is_empty() {
            return Ok(());
        }
        let count = u64::try_from(fresh.len()).unwrap_or(u64::MAX);
        let replaced = store.reseal(&fresh).await?;
        self.found += count;
        report.resealed += replaced;
        report.changed += count.saturating_sub(replaced);
        tracing::debug!(resealed = report.resealed, "sealing again");
        if let Some(hear) = self.listener {
            hear(report);
        }
        Ok(())
    }
}
