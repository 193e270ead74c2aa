//! The platform's side: a small HTTP server that keeps everything in memory. It knows nothing of the client.

mod oauth;
mod posts;
mod shows;
mod subscriptions;

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use axum::{
    Router,
    extract::State,
    http::{HeaderMap, Method, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use serde_json::{Value, json};
use social_core::time::Clock;
use url::form_urlencoded;

pub(crate) const APP: &str = "app-1";
pub(crate) const SECRET: &str = "secret-of-the-app";

/// The running platform.
pub(crate) struct Peer {
    pub(crate) url: url::Url,
    world: Arc<Mutex<World>>,
    server: tokio::task::JoinHandle<()>,
}

/// What befalls the next request whose path has this in it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Trouble {
    /// It is carried out and nobody hears of it.
    LostAfter,
    /// A gateway answers that there is nobody.
    LostBefore,
    /// No, for good.
    Refused,
}

pub(crate) struct World {
    pub(crate) clock: Arc<dyn Clock>,
    /// How many requests have come.
    pub(crate) heard: usize,
    pub(crate) trouble: Option<(&'static str, Trouble)>,
    /// The person says no.
    pub(crate) declines: bool,
    /// No numbers are told.
    pub(crate) bare: bool,
    /// Fields are sent that nobody knows.
    pub(crate) talkative: bool,
    pub(crate) posts: Vec<posts::Post>,
    pub(crate) notes: Vec<shows::Note>,
    /// What was sent to the app's address: the signature's time, and the body.
    pub(crate) hooks: Vec<(i64, Vec<u8>)>,
    /// Everything that must not be seen.
    pub(crate) secrets: Vec<String>,
    /// What of which account is sent where.
    pub(crate) subscribed: Vec<(String, String, String)>,
    /// What is sent of no account.
    pub(crate) not_sent: Vec<String>,
    /// The app's address, and whether it is used.
    pub(crate) address: Option<(String, bool)>,
    codes: HashMap<String, String>,
    pushed: HashMap<String, BTreeMap<String, String>>,
    access: HashMap<String, String>,
    refresh: HashMap<String, String>,
    containers: Vec<posts::Container>,
    last: u64,
}

/// One request, taken apart.
pub(crate) struct Asked<'a> {
    pub(crate) path: Vec<&'a str>,
    pub(crate) query: BTreeMap<String, String>,
    pub(crate) form: BTreeMap<String, String>,
    pub(crate) body: Value,
    pub(crate) token: &'a str,
}

pub(crate) type Answer = (u16, Value);

pub(crate) fn error(status: u16, code: &str) -> Answer {
    (status, json!({"error": code}))
}

impl Peer {
    pub(crate) async fn start(clock: Arc<dyn Clock>) -> std::io::Result<Self> {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}/", listener.local_addr()?);
        let world = Arc::new(Mutex::new(World::new(clock)));
        let router = Router::new()
            .fallback(answer)
            .with_state(Arc::clone(&world));
        let server = tokio::spawn(async move {
            // It ends with the process.
            let _ = axum::serve(listener, router).await;
        });
        let url = url.parse().map_err(std::io::Error::other)?;
        Ok(Self { url, world, server })
    }

    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn answer(
    State(world): State<Arc<Mutex<World>>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let mut world = world.lock().unwrap_or_else(PoisonError::into_inner);
    let pairs = |text: &[u8]| form_urlencoded::parse(text).into_owned().collect();
    let token = headers.get(header::AUTHORIZATION);
    let token = token.and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    let asked = Asked {
        path: uri.path().trim_matches('/').split('/').collect(),
        query: pairs(uri.query().unwrap_or_default().as_bytes()),
        form: pairs(&body),
        body: serde_json::from_slice(&body).unwrap_or_default(),
        token: token.unwrap_or_default(),
    };
    let (status, value) = world.answer(&method, &asked);
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    match value["location"].as_str() {
        Some(to) => (StatusCode::SEE_OTHER, [(header::LOCATION, to.to_owned())]).into_response(),
        None => (status, value.to_string()).into_response(),
    }
}

impl World {
    fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            heard: 0,
            trouble: None,
            declines: false,
            bare: false,
            talkative: false,
            posts: Vec::new(),
            notes: Vec::new(),
            hooks: Vec::new(),
            secrets: vec![SECRET.to_owned()],
            subscribed: Vec::new(),
            not_sent: Vec::new(),
            address: None,
            codes: HashMap::new(),
            pushed: HashMap::new(),
            access: HashMap::new(),
            refresh: HashMap::new(),
            containers: Vec::new(),
            last: 0,
        }
    }

    pub(crate) fn fresh(&mut self, prefix: &str) -> String {
        self.last += 1;
        format!("{prefix}-{}", self.last)
    }

    fn answer(&mut self, method: &Method, asked: &Asked<'_>) -> Answer {
        self.heard += 1;
        let path = format!("{method} {}", asked.path.join("/"));
        let struck = self.trouble.take_if(|(at, _)| path.contains(*at));
        match struck.map(|(_, trouble)| trouble) {
            None => self.route(method, asked),
            Some(Trouble::LostAfter) => {
                self.route(method, asked);
                error(504, "gateway")
            }
            Some(Trouble::LostBefore) => error(504, "gateway"),
            Some(Trouble::Refused) => error(422, "not_allowed"),
        }
    }

    fn route(&mut self, method: &Method, asked: &Asked<'_>) -> Answer {
        let path = asked.path.as_slice();
        match path {
            ["authorize"] => return self.authorize(asked),
            ["push"] => return self.push(asked),
            ["token"] => return self.token(asked),
            ["revoke"] => return self.revoke(asked),
            ["callback"] => return self.callback(asked),
            _ => {}
        }
        let Some(account) = self.access.get(asked.token).cloned() else {
            return error(401, "token_expired");
        };
        match (method.as_str(), path) {
            ("POST", ["containers"]) => self.make_container(&account, asked),
            ("GET", ["containers", id]) => self.container(id),
            ("POST", ["posts"]) => self.publish(asked),
            ("GET", ["me"]) => self.profile(&account),
            ("GET", ["posts"]) => self.list(&account, asked),
            ("GET", ["posts", id]) => self.card(&account, id),
            ("GET", ["posts", id, "notes"]) => self.notes_on(id, asked),
            ("GET", ["notes"]) => self.all_notes(&account, asked),
            ("GET", ["notes", id, "replies"]) => self.replies_to(id, asked),
            ("POST", ["notes", id, "replies"]) => self.reply(&account, id, asked),
            ("POST", ["notes", id, "delete"]) => self.delete(id),
            ("POST", ["notes", id]) => self.hide(id, asked),
            ("GET", ["counts", _]) => self.counts(asked),
            ("GET", ["subscriptions"]) => self.subscriptions(&account),
            ("POST", ["subscriptions"]) => self.subscribe(&account, asked),
            _ => error(404, "no_such_path"),
        }
    }
}
