use super::*;

fn url(text: &str) -> Url {
    Url::parse(text).unwrap()
}

fn folder() -> (tempfile::TempDir, Library) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("pub")).unwrap();
    std::fs::write(folder.path().join("secret.mp4"), b"secret").unwrap();
    std::fs::write(folder.path().join("pub/a b.mp4"), b"public").unwrap();
    let library = Library::default();
    let host = MediaHost::new("https://cdn.example.org/v/", folder.path().join("pub"));
    library.add(host).unwrap();
    (folder, library)
}

#[test]
fn only_what_lies_in_the_folder_is_found() {
    let (_folder, library) = folder();
    let found = |text: &str| library.find(&url(text)).is_some();
    assert!(found("https://cdn.example.org/v/a%20b.mp4"));
    assert!(found("https://cdn.example.org/v/a%20b.mp4?signature=1#x"));
    for other in [
        "https://cdn.example.org/v/",
        "https://cdn.example.org/v/none.mp4",
        "https://cdn.example.org/a%20b.mp4",
        "https://cdn.example.org/v/..%2fsecret.mp4",
        "https://cdn.example.org/v/%2e%2e%2fsecret.mp4",
        "https://cdn.example.org/v/..%5csecret.mp4",
        "https://cdn.example.org/v//etc/passwd",
        "https://cdn.example.org/v/%2fetc%2fpasswd",
        "https://www.example.org/v/a%20b.mp4",
    ] {
        assert!(!found(other), "{other}");
    }
}

#[cfg(unix)]
#[test]
fn a_link_out_of_the_folder_leads_nowhere() {
    let (folder, library) = folder();
    let link = folder.path().join("pub/link.mp4");
    std::os::unix::fs::symlink(folder.path().join("secret.mp4"), link).unwrap();
    assert!(
        library
            .find(&url("https://cdn.example.org/v/link.mp4"))
            .is_none()
    );
}

#[test]
fn the_samples_are_there_unless_a_folder_takes_their_place() {
    let (folder, library) = folder();
    let sample = url("https://media.example.com/sample.mp4");
    assert!(matches!(
        library.find(&sample).unwrap().medium,
        Stored::Sample(_)
    ));
    let host = MediaHost::new(SAMPLE_MEDIA_URL, folder.path());
    library.add(host.clone()).unwrap();
    assert!(library.find(&sample).is_none());
    let secret = url("https://media.example.com/secret.mp4");
    assert!(library.find(&secret).is_some());
    library.add(host.redirects(true)).unwrap();
    assert!(library.find(&secret).is_none(), "no redirect is followed");
}

#[test]
fn addresses_are_those_the_platform_would_fetch() {
    let folder = tempfile::tempdir().unwrap();
    let library = Library::default();
    for wrong in [
        "cdn.example.org/",
        "http://cdn.example.org/",
        "https://192.0.2.1/",
        "https://cdn.example.org",
        "https://cdn.example.org/v",
        "https://CDN.example.org/",
        "https://cdn.example.org/?a/",
    ] {
        let host = MediaHost::new(wrong, folder.path());
        assert!(library.add(host).is_err(), "{wrong}");
    }
    let nowhere = MediaHost::new("https://cdn.example.org/", folder.path().join("none"));
    assert!(library.add(nowhere).unwrap_err().contains("not a folder"));
}
