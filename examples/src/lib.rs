//! What proofs and tests share.
