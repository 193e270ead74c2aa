//! The bare loop: init, then one PUT after the other, and nothing else.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use examples::stage::say;
use serde_json::{Value, json};
use social_tiktok::{ChunkLimits, ChunkPlan};
use tokio::io::{AsyncReadExt, AsyncSeekExt};
use tokio_util::io::ReaderStream;

use crate::SIZE;

pub(crate) async fn send(token: &str, title: &str, folder: &str, sandbox: &str) -> Result<()> {
    say("ready");
    let http = reqwest::Client::builder().tls_certs_only([]).build()?;
    let plan = ChunkPlan::new(SIZE, ChunkLimits::default()).context("a plan")?;
    let init = json!({
        "post_info": { "privacy_level": "SELF_ONLY", "title": title,
            "brand_content_toggle": false, "brand_organic_toggle": false },
        "source_info": { "source": "FILE_UPLOAD", "video_size": SIZE,
            "chunk_size": plan.chunk, "total_chunk_count": plan.count },
    });
    let answer = http
        .post(format!(
            "{sandbox}/open.tiktokapis.com/v2/post/publish/video/init/"
        ))
        .bearer_auth(token)
        .header("content-type", "application/json; charset=UTF-8")
        .body(init.to_string())
        .send()
        .await?;
    let answer: Value = serde_json::from_slice(&answer.bytes().await?)?;
    let address = answer["data"]["upload_url"]
        .as_str()
        .context("an address")?;
    let path = Path::new(folder).join("bare.mp4");
    let mut offset = 0;
    while let Some(range) = plan.chunk_at(offset) {
        let mut file = tokio::fs::File::open(&path).await?;
        file.seek(std::io::SeekFrom::Start(range.start)).await?;
        let length = range.end - range.start;
        let body = ReaderStream::with_capacity(file.take(length), 256 << 10);
        let answer = http
            .put(address)
            .header("content-type", "video/mp4")
            .header("content-length", length)
            .header(
                "content-range",
                format!("bytes {}-{}/{SIZE}", range.start, range.end - 1),
            )
            .body(reqwest::Body::wrap_stream(body))
            .send()
            .await?;
        ensure!(answer.status().is_success(), "a part: {}", answer.status());
        offset = range.end;
    }
    std::future::pending().await
}
