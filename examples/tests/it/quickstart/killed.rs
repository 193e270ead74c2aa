//! The promise of the first page: killed at any step and started again, there is one post.

use std::time::Duration;

use futures_util::future::join_all;
use serde_json::json;

use super::program::{Desk, Run};
use crate::harness::{pause, video_of};

/// Two parts: what is sent in between counts.
const SIZE: usize = 11_000_000;

/// Where the program is when it is killed.
#[derive(Clone, Copy, Debug)]
enum Place {
    /// A line of its terminal.
    Line(&'static str),
    /// A call of TikTok: after some others, before or after it was carried out.
    Call(&'static str, &'static str, u64),
}

use Place::{Call, Line};

/// Every step in its order, each call before it is carried out and before its answer is there.
const PLACES: [Place; 14] = [
    Line("Reading"),
    Line("http://127.0.0.1:"),
    Call("token", "hold_before", 0),
    Call("token", "hold", 0),
    Call("creator_info", "hold", 0),
    Line("Connected"),
    Call("creator_info", "hold_before", 1),
    Call("init", "hold_before", 0),
    Call("init", "hold", 0),
    Call("upload", "hold_before", 1),
    Call("upload", "hold", 0),
    Call("upload", "hold", 1),
    Call("status", "hold_before", 0),
    Call("status", "hold", 0),
];

#[tokio::test]
async fn killed_at_any_step_and_started_again_it_publishes_exactly_once() {
    let video = video_of(SIZE);
    join_all(PLACES.map(|place| once(place, &video))).await;
}

async fn once(place: Place, video: &[u8]) {
    let desk = Desk::new();
    desk.put("big.mp4", video);
    let mut run = desk.start(&["big.mp4"]).await;
    let said = match place {
        Line(line) => {
            until(&mut run, line).await;
            run.kill().await
        }
        Call(endpoint, kind, skip) => {
            let sandbox = desk.sandbox().await;
            let fault = json!({ "endpoint": endpoint, "kind": kind, "skip": skip, "times": 1 });
            let hold = sandbox.arm(fault).await;
            let back = run.consent("studio-account").await;
            // Held, the tab waits too.
            let tab = tokio::spawn(async move { reqwest::get(back).await.is_ok() });
            sandbox.holds(hold).await;
            let said = run.kill().await;
            tab.abort();
            said
        }
    };
    let mut run = desk.start(&["big.mp4"]).await;
    let end = loop {
        if run.is_unanswered() {
            run.sign_in("studio-account").await;
            break run.end().await;
        }
        if !run.is_running() {
            break run.end().await;
        }
        pause(Duration::from_millis(100)).await;
    };
    assert_eq!(end.code, 0, "{place:?}: {said:?}, then {end:?}");
    assert!(
        end.out.contains("Published"),
        "{place:?}: {said:?}, then {end:?}"
    );
    assert_eq!(desk.posts().await, 1, "{place:?}: {said:?}, then {end:?}");
}

/// Goes on until the terminal shows the line; whoever is asked to sign in does.
async fn until(run: &mut Run, line: &str) {
    for _ in 0..12_000 {
        if run.said().iter().any(|said| said.trim().starts_with(line)) {
            return;
        }
        if !line.starts_with("http") && run.is_unanswered() {
            run.sign_in("studio-account").await;
        }
        pause(Duration::from_millis(10)).await;
    }
    panic!("it never said {line:?}: {:?}", run.said());
}
