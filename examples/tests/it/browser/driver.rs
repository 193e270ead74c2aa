//! Chromium and its driver, for one test.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;
use thirtyfour::prelude::*;
use thirtyfour::session::handle::SessionHandle;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::{Mutex, MutexGuard};

use crate::harness::{Server, within};

/// A browser window.
pub(crate) struct Screen {
    pub(crate) driver: WebDriver,
    server: String,
    chromedriver: Child,
    _profile: TempDir,
    _turn: MutexGuard<'static, ()>,
}

/// A browser at a time, also where all tests share a process.
static ONE: Mutex<()> = Mutex::const_new(());

const FLAGS: [&str; 11] = [
    "--headless=new",
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--window-size=1280,900",
    "--force-device-scale-factor=1",
    "--hide-scrollbars",
    "--no-first-run",
    "--disable-extensions",
    "--disable-background-networking",
    "--disable-component-update",
];

/// Chromedriver and its port. With port 0 it binds a free IPv4 port and then the same one of IPv6, and ends when somebody
/// has taken that in between: it is started again, a few times.
async fn chromedriver() -> (Child, String) {
    let mut said = Vec::new();
    for _ in 0..5 {
        let program = std::env::var("CHROMEDRIVER").unwrap_or_else(|_| "chromedriver".to_owned());
        let mut child = Command::new(program)
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("chromedriver; scripts/install-missing installs it");
        let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines();
        let port = within(Duration::from_secs(30), "chromedriver's port", async {
            while let Some(line) = lines.next_line().await.expect("readable") {
                if let Some((_, port)) = line.split_once("successfully on port ") {
                    return Some(port.trim_end_matches('.').to_owned());
                }
                said.push(line);
            }
            None
        });
        if let Some(port) = port.await {
            tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
            return (child, port);
        }
        child.wait().await.expect("ended");
    }
    panic!("chromedriver does not start: {said:#?}");
}

impl Screen {
    /// Opens a window; fails when there is no browser.
    pub(crate) async fn open() -> Self {
        let turn = ONE.lock().await;
        let (chromedriver, port) = chromedriver().await;
        let profile = tempfile::tempdir().expect("a folder");
        let mut wanted = DesiredCapabilities::chrome();
        for flag in FLAGS {
            wanted.add_arg(flag).expect("a flag");
        }
        wanted
            .add_arg(&format!("--user-data-dir={}", profile.path().display()))
            .expect("a flag");
        wanted
            .set(
                "goog:loggingPrefs",
                json!({ "browser": "ALL", "performance": "ALL" }),
            )
            .expect("a wish");
        let server = format!("http://127.0.0.1:{port}");
        let driver = within(
            Duration::from_secs(60),
            "a browser",
            WebDriver::new(&server, wanted),
        )
        .await
        .expect("a browser");
        Self {
            driver,
            server,
            chromedriver,
            _profile: profile,
            _turn: turn,
        }
    }

    /// A window that has followed the server's link.
    pub(crate) async fn at(server: &Server) -> Self {
        let screen = Self::open().await;
        screen.driver.goto(&server.link).await.expect("opened");
        screen
    }

    /// Speaks to Chromium itself.
    pub(crate) async fn tell(&self, command: &str, params: Value) -> Value {
        let handle: &SessionHandle = self.driver.handle();
        let address = format!(
            "{}/session/{}/goog/cdp/execute",
            self.server,
            handle.session_id()
        );
        let request = reqwest::Client::new()
            .post(address)
            .header("content-type", "application/json");
        let answer = request
            .body(json!({ "cmd": command, "params": params }).to_string())
            .send()
            .await;
        let answer = answer.expect("chromedriver").text().await.expect("text");
        let answer: Value = serde_json::from_str(&answer).expect("JSON");
        assert!(
            answer["value"].get("error").is_none(),
            "{command}: {answer}"
        );
        answer["value"].clone()
    }

    /// As wide as a phone or a desk, in one of the colour schemes.
    pub(crate) async fn looks(&self, width: u32, scheme: &str) {
        let size =
            json!({ "width": width, "height": 900, "deviceScaleFactor": 1, "mobile": false });
        self.tell("Emulation.setDeviceMetricsOverride", size).await;
        let media = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }, { "name": "prefers-reduced-motion", "value": "reduce" }] });
        self.tell("Emulation.setEmulatedMedia", media).await;
    }

    /// The page as it is now, narrow and wide, light and dark, whole.
    pub(crate) async fn picture(&self, name: &str) {
        use base64::Engine as _;

        let folder = pictures();
        std::fs::create_dir_all(&folder).expect("a folder");
        for (width, scheme) in [
            (390, "light"),
            (390, "dark"),
            (1280, "dark"),
            (1280, "light"),
        ] {
            self.looks(width, scheme).await;
            let shot = self
                .tell(
                    "Page.captureScreenshot",
                    json!({ "format": "png", "captureBeyondViewport": true }),
                )
                .await;
            let png = base64::engine::general_purpose::STANDARD
                .decode(shot["data"].as_str().expect("a picture"))
                .expect("base64");
            std::fs::write(folder.join(format!("{name}-{width}-{scheme}.png")), png)
                .expect("written");
        }
    }

    /// What the console said since it was asked last. It also counts answers: a form with something to fix is answered 422,
    /// which is as it should be.
    pub(crate) async fn complaints(&self) -> Vec<String> {
        let log = self
            .driver
            .handle()
            .get_log("browser")
            .await
            .expect("a log");
        let bad = log
            .into_iter()
            .filter(|entry| entry.level == "SEVERE" || entry.level == "WARNING");
        bad.map(|entry| entry.message)
            .filter(|message| !message.contains("responded with a status of 422"))
            .collect()
    }

    /// Every address that pages asked for since the last time.
    pub(crate) async fn requests(&self) -> Vec<String> {
        let log = self
            .driver
            .handle()
            .get_log("performance")
            .await
            .expect("a log");
        let sent = log.into_iter().filter_map(|entry| {
            let event: Value = serde_json::from_str(&entry.message).ok()?;
            let message = &event["message"];
            (message["method"] == "Network.requestWillBeSent").then(|| {
                message["params"]["request"]["url"]
                    .as_str()
                    .map(str::to_owned)
            })?
        });
        sent.collect()
    }

    /// Nothing was complained of, and nothing was asked of anybody but these.
    pub(crate) async fn is_clean(&self, origins: &[&str]) {
        assert_eq!(self.complaints().await, Vec::<String>::new());
        let requests = self.requests().await;
        assert!(!requests.is_empty(), "the log of requests works");
        // The browser's own pages are its own affair.
        let own = ["blob:", "data:", "chrome:", "chrome-untrusted:"];
        for address in requests {
            let known = origins.iter().any(|origin| address.starts_with(origin));
            let known = known || own.iter().any(|scheme| address.starts_with(scheme));
            assert!(known, "{address}");
        }
    }

    /// Closes the window.
    pub(crate) async fn close(mut self) {
        self.driver.clone().quit().await.expect("closed");
        self.chromedriver.kill().await.expect("ended");
    }
}

/// Kept under the target folder, for whoever wants to look.
fn pictures() -> PathBuf {
    let own = std::env::current_exe().expect("a path");
    let target = own
        .ancestors()
        .nth(3)
        .map_or_else(|| Path::new("target").to_owned(), Path::to_owned);
    target.join("screenshots")
}
