//! A running sandbox.

use std::fmt;
use std::sync::Arc;

use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::builder::{SandboxBuilder, StartError};
use crate::control::Control;
use crate::server::Phase;
use crate::shared::Shared;

/// A running sandbox. Dropping it stops it at once and ends every connection; a state file then
/// holds what was written last. [`stop`](Self::stop) is the gentle way.
pub struct Sandbox {
    shared: Arc<Shared>,
    phase: watch::Sender<Phase>,
    tasks: Tasks,
}

/// What runs in the background.
pub(crate) struct Tasks {
    pub(crate) server: JoinHandle<()>,
    pub(crate) courier: JoinHandle<()>,
    pub(crate) keeper: Option<JoinHandle<()>>,
}

impl fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sandbox")
            .field("url", &self.url())
            .finish_non_exhaustive()
    }
}

impl Sandbox {
    pub(crate) fn new(shared: Arc<Shared>, phase: watch::Sender<Phase>, tasks: Tasks) -> Self {
        Self {
            shared,
            phase,
            tasks,
        }
    }

    /// A sandbox yet to be configured.
    pub fn builder() -> SandboxBuilder {
        SandboxBuilder::default()
    }

    /// Starts one with every default: a free port of 127.0.0.1, the demo app, nothing kept.
    ///
    /// # Errors
    /// No port is free.
    pub async fn start() -> Result<Self, StartError> {
        Self::builder().start().await
    }

    /// Its address, `http://127.0.0.1:PORT`, without a slash at the end.
    pub fn url(&self) -> &str {
        self.shared.url()
    }

    /// The control surface, without HTTP.
    pub fn control(&self) -> Control {
        Control::new(Arc::clone(&self.shared))
    }

    /// Stops it: no new connections, held calls are released, calls in flight have five seconds to
    /// end, the state is written.
    ///
    /// Not cancel safe in one respect: when the future is dropped, the sandbox stops at once.
    pub async fn stop(mut self) {
        self.shared.faults.clear();
        self.phase.send_replace(Phase::Ending);
        if let Err(error) = (&mut self.tasks.server).await {
            tracing::error!(%error, "the sandbox's server ended badly");
        }
        if let Err(error) = (&mut self.tasks.courier).await {
            tracing::error!(%error, "the delivery of webhooks ended badly");
        }
        self.phase.send_replace(Phase::Ended);
        if let Some(keeper) = &mut self.tasks.keeper
            && let Err(error) = keeper.await
        {
            tracing::error!(%error, "the state was not kept");
        }
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.tasks.server.abort();
        self.tasks.courier.abort();
        if let Some(keeper) = &self.tasks.keeper {
            keeper.abort();
        }
    }
}
