use async_trait::async_trait;
use uuid::Uuid;

use super::MemoryStore;
use crate::{
    error::Result,
    random::{Random, SystemRandom},
    store::{Installation, InstallationStore},
};

#[derive(Default)]
pub(super) struct Row {
    id: Option<Uuid>,
    key_check: Option<Vec<u8>>,
}

#[async_trait]
impl InstallationStore for MemoryStore {
    async fn installation(&self) -> Result<Installation> {
        let row = &mut self.tables().installation;
        let id = match row.id {
            Some(id) => id,
            None => {
                let mut bytes = [0; 16];
                SystemRandom.fill(&mut bytes)?;
                *row.id
                    .insert(uuid::Builder::from_random_bytes(bytes).into_uuid())
            }
        };
        Ok(Installation::new(id, row.key_check.clone()))
    }

    async fn put_key_check(&self, check: &[u8], replaces: Option<&[u8]>) -> Result<Vec<u8>> {
        let row = &mut self.tables().installation;
        if row.key_check.is_none() || row.key_check.as_deref() == replaces {
            row.key_check = Some(check.to_owned());
        }
        Ok(row.key_check.clone().unwrap_or_default())
    }
}
