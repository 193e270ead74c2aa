//! Keys rotate: what a store keeps sealed must be shown, and replaced by the same under another key.

use std::io;

use async_trait::async_trait;
use base64::{Engine, engine::general_purpose::STANDARD};
use social_core::{
    error::Result,
    store::{Resealed, SealedField, SealedPage, SealedStore, SealedValue},
};

use super::{
    folder::Folder,
    logins::{FolderLogins, Kept, LOGIN, OFFER},
};

#[async_trait]
impl SealedStore for FolderLogins {
    async fn sealed(&self, page: &SealedPage) -> Result<Vec<SealedValue>> {
        let Some(prefix) = prefix(page.field) else {
            return Ok(Vec::new());
        };
        let page = page.clone();
        let list = move |folder: &Folder| {
            let mut values = Vec::new();
            for name in folder.names(prefix)? {
                let row = &name[prefix.len()..];
                let seen = page.after.as_deref().is_some_and(|after| row <= after);
                if seen || values.len() >= page.limit as usize {
                    continue;
                }
                // A damaged file fails when it is asked for, and does not keep the others here.
                let kept: Option<Kept> = folder.read(&name).unwrap_or(None);
                let sealed = kept.and_then(|kept| kept.sealed().ok()).unwrap_or_default();
                if !sealed.is_empty() && !sealed.starts_with(&page.not_under) {
                    values.push(SealedValue::new(page.field, row, sealed));
                }
            }
            Ok(values)
        };
        self.0.locked("logins.sealed", list).await
    }

    async fn reseal(&self, values: &[Resealed]) -> Result<u64> {
        let values = values.to_vec();
        let replace = move |folder: &Folder| {
            let mut replaced = 0;
            for value in &values {
                replaced += u64::from(reseal(folder, value)?);
            }
            Ok(replaced)
        };
        self.0.locked("logins.reseal", replace).await
    }
}

fn reseal(folder: &Folder, Resealed { old, new, .. }: &Resealed) -> io::Result<bool> {
    let Some(prefix) = prefix(old.field) else {
        return Ok(false);
    };
    let name = format!("{prefix}{}", old.row);
    let Some(mut kept) = folder.read::<Kept>(&name)? else {
        return Ok(false);
    };
    if kept.sealed()? != old.sealed {
        return Ok(false);
    }
    kept.sealed = STANDARD.encode(new);
    folder.write(&name, &kept)?;
    Ok(true)
}

/// How the names of a field's files begin.
fn prefix(field: SealedField) -> Option<&'static str> {
    match field {
        SealedField::Login => Some(LOGIN),
        SealedField::Offer => Some(OFFER),
        _ => None,
    }
}
