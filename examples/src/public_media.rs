//! The files of a [`PublicMedia`] over axum.

use std::convert::Infallible;

use axum::{Router, body::Body, extract::Request};
use social_core::{MediaStore, media::PublicMedia};
use tower::service_fn;

/// Answers what is asked for below the base of `media`. Nest it at the path of the base, or serve it alone.
///
/// A layer that logs requests must leave out the query: it holds the signature.
pub fn router<M: MediaStore>(media: PublicMedia<M>) -> Router {
    Router::new().fallback_service(service_fn(move |request: Request| {
        let media = media.clone();
        async move {
            let (head, _) = request.into_parts();
            let response = media.respond(&Request::from_parts(head, ())).await;
            Ok::<_, Infallible>(response.map(Body::new))
        }
    }))
}
