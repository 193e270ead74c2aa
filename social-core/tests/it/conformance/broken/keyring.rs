use std::{
    fmt,
    path::{Path, PathBuf},
    sync::{
        Arc, OnceLock,
        atomic::{AtomicUsize, Ordering},
    },
};

use async_trait::async_trait;
use social_core::{
    KeyRing, LocalKeyRing, Result,
    conformance::keyring,
    vault::{KeyId, SealingKey},
};

use crate::conformance::keyring::{KeyFile, forms};

#[derive(Clone, Copy, PartialEq)]
enum Fault {
    /// Forgets a key when it no longer seals.
    ForgetsOldKeys,
    /// Has no key now and then.
    Forgetful,
    /// Keeps to the key that it had first.
    KeepsTheFirst,
    /// Gives some key for one that it has not.
    KnowsEveryKey,
    /// Makes a key of its own.
    MakesItsOwn,
    /// Makes another whenever it is prepared.
    PreparesAnew,
    /// Prints the keys.
    Shows,
}

struct Broken {
    ring: LocalKeyRing,
    path: PathBuf,
    fault: Fault,
    first: OnceLock<Arc<SealingKey>>,
    asked: AtomicUsize,
}

impl Broken {
    fn over(path: &Path, fault: Fault) -> Arc<dyn KeyRing> {
        static RINGS: AtomicUsize = AtomicUsize::new(0);
        let own = path.with_extension(RINGS.fetch_add(1, Ordering::Relaxed).to_string());
        let path = match fault {
            Fault::MakesItsOwn => own,
            _ => path.to_owned(),
        };
        Arc::new(Self {
            ring: LocalKeyRing::file(&path),
            path,
            fault,
            first: OnceLock::new(),
            asked: AtomicUsize::new(0),
        })
    }
}

impl fmt::Debug for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.fault {
            Fault::Shows => write!(f, "{:?}", forms(&self.path)),
            _ => f.write_str("Broken"),
        }
    }
}

#[async_trait]
impl KeyRing for Broken {
    async fn prepare(&self, fresh: bool) -> Result<()> {
        if self.fault == Fault::PreparesAnew && fresh && self.path.exists() {
            std::fs::remove_file(&self.path).unwrap();
            LocalKeyRing::file(&self.path).prepare(true).await?;
            return self.ring.reload().await;
        }
        self.ring.prepare(fresh).await
    }

    async fn current(&self) -> Result<Arc<SealingKey>> {
        let key = self.ring.current().await?;
        let first = self.first.get_or_init(|| Arc::clone(&key));
        Ok(match self.fault {
            Fault::KeepsTheFirst => Arc::clone(first),
            _ => key,
        })
    }

    async fn get(&self, id: &KeyId) -> Result<Option<Arc<SealingKey>>> {
        let current = self.ring.current().await?;
        let found = self.ring.get(id).await?;
        let asked = self.asked.fetch_add(1, Ordering::Relaxed);
        Ok(match self.fault {
            Fault::ForgetsOldKeys => found.filter(|key| key.id() == current.id()),
            Fault::Forgetful => found.filter(|_| asked % 4 != 3),
            Fault::KnowsEveryKey => found.or(Some(current)),
            _ => found,
        })
    }

    async fn reload(&self) -> Result<()> {
        self.ring.reload().await
    }
}

macro_rules! faults {
    ($($case:ident finds $fault:ident, $words:literal;)*) => {
        $(
            #[tokio::test]
            async fn $case() {
                let case = async {
                    let harness = KeyFile::new(|path| Broken::over(path, Fault::$fault));
                    keyring::$case(&harness).await
                };
                super::caught(case, $words).await;
            }
        )*
    };
}

faults! {
    two_processes_have_one_key finds MakesItsOwn, "is missing beside an existing database";
    preparing_again_changes_nothing finds PreparesAnew, "another key seals";
    every_generation_is_readable_after_a_rotation finds ForgetsOldKeys, "is held";
    a_new_key_reaches_the_other_process finds KeepsTheFirst, "a new key seals";
    an_unknown_generation_is_named finds KnowsEveryKey, "nobody has this key";
    of_many_askers_all_have_one_key finds Forgetful, "each has the key that seals";
    no_key_is_shown finds Shows, "shows secret";
}
