use async_trait::async_trait;

use super::{MemoryStore, Tables};
use crate::{
    error::Result,
    platform::hex,
    store::{Resealed, SealedField, SealedPage, SealedStore, SealedValue},
};

impl Tables {
    /// Every sealed value of a field with its row, in the order of rows.
    fn sealed(&mut self, field: SealedField) -> Vec<(String, &mut Vec<u8>)> {
        match field {
            SealedField::Login => {
                let logins = self.logins.logins.iter_mut();
                logins
                    .map(|(hash, login)| (hex::encode(hash), &mut login.sealed))
                    .collect()
            }
            SealedField::Offer => {
                let offers = self.logins.offers.iter_mut();
                offers
                    .map(|(id, offer)| (id.to_string(), &mut offer.sealed))
                    .collect()
            }
            SealedField::PostRequest => {
                let posts = self.posts.records();
                posts
                    .map(|post| (post.id.to_string(), &mut post.request))
                    .collect()
            }
            SealedField::PostState => {
                let posts = self.posts.records();
                posts
                    .map(|post| (post.id.to_string(), &mut post.checkpoint.sealed))
                    .collect()
            }
            SealedField::Tokens => {
                let rows = self.tokens.rows.iter_mut();
                rows.filter_map(|(id, row)| Some((id.clone(), row.record.sealed.as_mut()?)))
                    .collect()
            }
        }
    }
}

#[async_trait]
impl SealedStore for MemoryStore {
    async fn sealed(&self, page: &SealedPage) -> Result<Vec<SealedValue>> {
        let mut tables = self.tables();
        let values = tables.sealed(page.field).into_iter();
        let wanted = values.filter(|(row, sealed)| {
            page.after.as_ref().is_none_or(|after| row > after)
                && !sealed.starts_with(&page.not_under)
        });
        let limit = usize::try_from(page.limit).unwrap_or(usize::MAX);
        Ok(wanted
            .take(limit)
            .map(|(row, sealed)| SealedValue::new(page.field, row, sealed.clone()))
            .collect())
    }

    async fn reseal(&self, values: &[Resealed]) -> Result<u64> {
        let mut tables = self.tables();
        let mut replaced = 0;
        for Resealed { old, new } in values {
            let found = tables.sealed(old.field).into_iter();
            let same =
                |(row, sealed): &(String, &mut Vec<u8>)| *row == old.row && **sealed == old.sealed;
            if let Some((_, sealed)) = found.into_iter().find(same) {
                sealed.clone_from(new);
                replaced += 1;
            }
        }
        Ok(replaced)
    }
}
