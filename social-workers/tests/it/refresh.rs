use std::time::Duration;

use social_workers::RefreshWorker;

use crate::stage::{Script, Stage};

#[tokio::test]
async fn refreshes_in_the_window_and_once() {
    let life = Duration::from_secs(7_200);
    let script = Script {
        token_lives: Some(life),
        ..Script::default()
    };
    let stage = Stage::with(script).await;
    let worker = RefreshWorker::new(&stage.social);
    assert_eq!(worker.run_once().await.unwrap().total(), 0, "not due yet");
    stage.clock.advance(life * 3 / 4);
    let other = RefreshWorker::new(&stage.social);
    let (a, b) = tokio::join!(worker.run_once(), other.run_once());
    let (a, b) = (a.unwrap(), b.unwrap());
    assert_eq!(a.refreshed + b.refreshed, 1);
    assert_eq!(stage.platform.script.lock().unwrap().refreshes, 1);
    assert_eq!(worker.run_once().await.unwrap().total(), 0, "fresh again");
}

#[tokio::test]
async fn run_refreshes_until_it_is_told_to_stop() {
    let life = Duration::from_secs(7_200);
    let script = Script {
        token_lives: Some(life),
        ..Script::default()
    };
    let stage = Stage::with(script).await;
    let (clock, platform) = (stage.clock.clone(), stage.platform.clone());
    let twice = async {
        while platform.script.lock().unwrap().refreshes < 2 {
            clock.advance(Duration::from_secs(30));
            tokio::task::yield_now().await;
        }
    };
    RefreshWorker::new(&stage.social).run(twice).await;
    assert!(stage.platform.script.lock().unwrap().refreshes >= 2);
}
