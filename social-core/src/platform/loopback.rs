use url::{Host, Url};

/// Whether an address leads to this machine: `localhost`, or a loopback address.
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_this_machine() {
        let leads = |text: &str| is_loopback(&text.parse().unwrap());
        for here in [
            "http://localhost",
            "https://LOCALHOST:1/a",
            "http://127.0.0.1:4100",
            "http://127.9.9.9",
            "http://[::1]/",
        ] {
            assert!(leads(here), "{here}");
        }
        for elsewhere in [
            "http://localhost.example",
            "http://a.localhost",
            "http://0.0.0.0",
            "http://10.0.0.1",
            "http://[::2]/",
            "data:,localhost",
        ] {
            assert!(!leads(elsewhere), "{elsewhere}");
        }
    }
}
