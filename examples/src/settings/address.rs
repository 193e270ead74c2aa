//! What an address of the web is good for.

use std::net::IpAddr;

use url::{Host, Url};

/// Whether an address is a scheme, a host and a port, and no more.
pub fn is_bare(url: &Url) -> bool {
    url.has_host()
        && url.path() == "/"
        && url.query().is_none()
        && url.fragment().is_none()
        && url.username().is_empty()
        && url.password().is_none()
}

/// Whether something can be at the address: a name that can be looked up, or the address of one machine, and a port.
pub fn can_lead(url: &Url) -> bool {
    let is_there = |ip: IpAddr| !ip.is_unspecified();
    let host = match url.host() {
        Some(Host::Domain(name)) => is_name(name),
        Some(Host::Ipv4(ip)) => is_there(ip.into()),
        Some(Host::Ipv6(ip)) => is_there(ip.into()),
        None => false,
    };
    host && url.port() != Some(0)
}

/// As DNS has names; with underscores, which some networks use.
fn is_name(name: &str) -> bool {
    let name = name.strip_suffix('.').unwrap_or(name);
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    let is_label = |label: &str| (1..=63).contains(&label.len()) && label.bytes().all(is_plain);
    name.len() <= 253 && name.split('.').all(is_label)
}
