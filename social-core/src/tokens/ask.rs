use super::{Tokens, ValidTokens};
use crate::{
    error::{Remedy, Result},
    model::AccountKey,
};

impl Tokens {
    /// Asks the platform something with [valid](Self::valid) tokens. When it refuses them (an error with
    /// [`Remedy::Refresh`], as after a 401), they are [replaced](Self::rejected) and it is asked once more.
    ///
    /// For what may be asked twice, or was certainly not done when the tokens are refused. Not for the steps of a post: there a
    /// refusal is a result of its own, which the [journal](crate::publish::journal) has tried again.
    ///
    /// # Errors
    /// As [`valid`](Self::valid), [`rejected`](Self::rejected) and the question; the second refusal is answered as it is.
    ///
    /// # Cancel safety
    /// As the question. A refresh that was begun goes on without its caller.
    pub async fn with_valid<T, F>(
        &self,
        key: &AccountKey,
        mut ask: impl FnMut(ValidTokens) -> F,
    ) -> Result<T>
    where
        F: Future<Output = Result<T>>,
    {
        let valid = self.valid(key).await?;
        match ask(valid.clone()).await {
            Err(error) if *error.remedy() == Remedy::Refresh => {
                ask(self.rejected(&valid).await?).await
            }
            answer => answer,
        }
    }
}
