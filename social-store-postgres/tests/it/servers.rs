//! Servers that cannot be used: what is said, within the waiting time, and nothing of the address.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpListener},
    thread,
    time::Duration,
};

use social_core::error::{Error, ErrorKind, Remedy};
use social_store_postgres::PgStore;
use url::Url;

use crate::schemas::database_url;

/// What a test's addresses hold and no error may.
const SECRET: &str = "hidden-word";

async fn refusal(url: &str) -> Error {
    let builder = PgStore::builder().acquire_timeout(Duration::from_millis(500));
    let error = builder.connect(url).await.expect_err("connects");
    let said = format!("{error:?} {error}");
    assert!(!said.contains(SECRET), "{said}");
    error
}

fn changed(change: impl FnOnce(&mut Url)) -> String {
    let mut url = Url::parse(&database_url()).unwrap();
    change(&mut url);
    url.into()
}

fn address(server: SocketAddr, settings: &str) -> String {
    format!("postgres://me:{SECRET}@{server}/db?{settings}")
}

#[tokio::test]
async fn what_is_no_address_is_invalid() {
    for url in ["", SECRET, &format!("mysql://me:{SECRET}@host/db")] {
        let error = refusal(url).await;
        assert_eq!(error.kind(), ErrorKind::Invalid, "{error:?}");
    }
    let builder = PgStore::builder().schema("Robert'); DROP SCHEMA x");
    let error = builder.connect(&database_url()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid, "{error:?}");
}

#[tokio::test]
async fn a_wrong_user_or_password_is_for_the_operator() {
    let url = changed(|url| {
        url.set_username("nobody-of-this-name").unwrap();
        url.set_password(Some(SECRET)).unwrap();
    });
    let error = refusal(&url).await;
    assert_eq!(*error.remedy(), Remedy::Operator, "{error:?}");
    let code = error.code().unwrap();
    assert!(
        ["sqlstate_28P01", "sqlstate_28000"].contains(&code),
        "{code}"
    );
    assert!(error.to_string().contains("password"), "{error}");
    assert_eq!(error.operation(), Some("postgres.connect"));
}

#[tokio::test]
async fn a_database_that_is_not_there_is_for_the_operator() {
    let error = refusal(&changed(|url| url.set_path(SECRET))).await;
    assert_eq!(error.code(), Some("sqlstate_3D000"));
    assert_eq!(*error.remedy(), Remedy::Operator);
    assert!(error.to_string().contains("create it"), "{error}");
}

#[tokio::test]
async fn no_server_is_unavailable_after_the_waiting_time() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let nobody = listener.local_addr().unwrap();
    drop(listener);
    let error = refusal(&address(nobody, "sslmode=disable")).await;
    assert_eq!(error.kind(), ErrorKind::Unavailable, "{error:?}");
    assert_eq!(*error.remedy(), Remedy::Backoff, "{error:?}");
    assert!(error.to_string().contains("host, port"), "{error}");
}

#[tokio::test]
async fn a_server_that_says_nothing_is_unavailable_after_the_waiting_time() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let silent = listener.local_addr().unwrap();
    let error = refusal(&address(silent, "sslmode=disable")).await;
    assert_eq!(error.kind(), ErrorKind::Unavailable, "{error:?}");
    drop(listener);
}

#[tokio::test]
async fn a_server_without_encryption_is_refused_where_it_is_asked_for() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let plain = listener.local_addr().unwrap();
    let server = thread::spawn(move || {
        let (mut client, _) = listener.accept().unwrap();
        let mut request = [0; 8];
        client.read_exact(&mut request).unwrap();
        client.write_all(b"N").unwrap();
        // Nothing more comes: not the password in clear text.
        client.read_to_end(&mut Vec::new()).unwrap()
    });
    let error = refusal(&address(plain, "sslmode=require")).await;
    assert_eq!(*error.remedy(), Remedy::Operator, "{error:?}");
    assert!(error.to_string().contains("sslmode"), "{error}");
    assert_eq!(server.join().unwrap(), 0);
}

#[test]
fn options_show_no_address() {
    let builder = format!("{:?}", PgStore::builder().schema("mine"));
    assert!(
        builder.contains("mine") && !builder.contains("postgres:"),
        "{builder}"
    );
}
