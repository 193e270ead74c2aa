//! Who is connected, by address: one of them does not get every place. A proxy's connections are everybody's.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How many connections each address has.
#[derive(Clone, Debug, Default)]
pub(super) struct Peers(Arc<Mutex<HashMap<IpAddr, usize>>>);

/// A place of an address; it is free again when this is dropped.
#[derive(Debug)]
pub(super) struct Place {
    peers: Peers,
    of: IpAddr,
}

impl Peers {
    fn all(&self) -> MutexGuard<'_, HashMap<IpAddr, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A place, if the address has fewer than `most`.
    pub(super) fn enter(&self, address: IpAddr, most: usize) -> Option<Place> {
        let of = one_person(address);
        let mut all = self.all();
        let open = all.entry(of).or_default();
        (*open < most).then(|| {
            *open += 1;
            Place {
                peers: self.clone(),
                of,
            }
        })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut all = self.peers.all();
        if let Some(open) = all.get_mut(&self.of) {
            *open -= 1;
            if *open == 0 {
                all.remove(&self.of);
            }
        }
    }
}

/// Of IPv6 a person has at least a whole /64.
fn one_person(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => address.into(),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
        }
    }
}

/// Addresses and networks of proxies.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Proxies(Vec<Network>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Network {
    address: IpAddr,
    /// How many leading bits count.
    bits: u32,
}

impl Proxies {
    /// Reads addresses and networks that are separated by commas.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let names = text.split(',').map(str::trim);
        names
            .filter(|name| !name.is_empty())
            .map(Network::parse)
            .collect::<Option<_>>()
            .map(Self)
    }

    pub(super) fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|network| network.contains(address))
    }
}

impl Network {
    fn parse(text: &str) -> Option<Self> {
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits.parse().ok()?)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().ok()?;
        let all = if address.is_ipv4() { 32 } else { 128 };
        let bits = bits.unwrap_or(all);
        (bits <= all).then_some(Self { address, bits })
    }

    fn contains(&self, address: IpAddr) -> bool {
        let differ = match (self.address, address) {
            (IpAddr::V4(own), IpAddr::V4(other)) => {
                (own.to_bits() ^ other.to_bits()).leading_zeros()
            }
            (IpAddr::V6(own), IpAddr::V6(other)) => {
                (own.to_bits() ^ other.to_bits()).leading_zeros()
            }
            _ => return false,
        };
        differ >= self.bits
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn an_address_has_so_many_places_and_gets_them_back() {
        let peers = Peers::default();
        let first = peers.enter(ip("192.0.2.1"), 2);
        let second = peers.enter(ip("::ffff:192.0.2.1"), 2);
        assert!(first.is_some() && second.is_some());
        assert!(peers.enter(ip("192.0.2.1"), 2).is_none());
        assert!(peers.enter(ip("192.0.2.2"), 2).is_some());
        drop(first);
        assert!(peers.enter(ip("192.0.2.1"), 2).is_some());
        drop(second);
        assert!(peers.all().is_empty(), "nothing is kept of who is gone");
    }

    #[test]
    fn of_ipv6_a_network_is_one_person() {
        let peers = Peers::default();
        let _held = peers.enter(ip("2001:db8:1:2::3"), 1).expect("a place");
        assert!(peers.enter(ip("2001:db8:1:2:ffff::1"), 1).is_none());
        assert!(peers.enter(ip("2001:db8:1:3::3"), 1).is_some());
    }

    #[test]
    fn proxies_are_addresses_and_networks() {
        let proxies = Proxies::parse("127.0.0.1, 10.1.0.0/16,2001:db8::/32,").expect("proxies");
        for inside in [
            "127.0.0.1",
            "10.1.255.9",
            "2001:db8:9::1",
            "::ffff:10.1.0.1",
        ] {
            assert!(proxies.contains(ip(inside)), "{inside}");
        }
        for outside in ["127.0.0.2", "10.2.0.1", "2001:db9::1", "::1"] {
            assert!(!proxies.contains(ip(outside)), "{outside}");
        }
        assert!(
            Proxies::parse("0.0.0.0/0")
                .expect("all")
                .contains(ip("192.0.2.1"))
        );
        for none in ["proxy.example", "10.0.0.0/33", "10.0.0.0/x", "10.0.0/8"] {
            assert_eq!(Proxies::parse(none), None, "{none}");
        }
        assert_eq!(Proxies::parse(" , "), Some(Proxies::default()));
    }
}
