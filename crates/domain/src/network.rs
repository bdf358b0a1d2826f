//! Which addresses of the network an address that a user typed may lead to: only those of the open internet, unless the
//! platform allows others. Judged on the address that a connection is made to, never on a name.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

/// A block of addresses, such as `10.1.0.0/16`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Block {
    address: IpAddr,
    bits: u8,
}

/// A text that is no block of addresses.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is no block of addresses: expected one such as 10.1.0.0/16 or 192.0.2.7")]
pub struct InvalidBlock(pub String);

impl FromStr for Block {
    type Err = InvalidBlock;

    fn from_str(text: &str) -> Result<Self, InvalidBlock> {
        let invalid = || InvalidBlock(text.chars().take(60).collect());
        let (address, bits) = text
            .trim()
            .split_once('/')
            .map_or((text.trim(), None), |(address, bits)| (address, Some(bits)));
        let address: IpAddr = address.parse().map_err(|_| invalid())?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let bits = bits.map_or(Ok(most), |bits| bits.parse().map_err(|_| invalid()))?;
        if bits > most {
            return Err(invalid());
        }
        Ok(Self { address, bits })
    }
}

impl Block {
    /// Whether an address lies in the block.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.address, plain(address)) {
            (IpAddr::V4(block), IpAddr::V4(address)) => {
                let shift = 32 - u32::from(self.bits);
                u32::from(block).checked_shr(shift).unwrap_or(0) == u32::from(address).checked_shr(shift).unwrap_or(0)
            }
            (IpAddr::V6(block), IpAddr::V6(address)) => {
                let shift = 128 - u32::from(self.bits);
                u128::from(block).checked_shr(shift).unwrap_or(0) == u128::from(address).checked_shr(shift).unwrap_or(0)
            }
            _ => false,
        }
    }
}

/// An IPv4 address in the clothes of an IPv6 one, as itself.
fn plain(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V6(six) => six.to_ipv4_mapped().map_or(address, IpAddr::V4),
        IpAddr::V4(_) => address,
    }
}

/// Whether a connection may be made to an address.
#[must_use]
pub fn allowed(address: IpAddr, allow: &[Block]) -> bool {
    allow.iter().any(|block| block.contains(address)) || open(plain(address))
}

/// Whether an address belongs to the open internet (IANA's special-purpose registries).
fn open(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(four) => open_four(four),
        IpAddr::V6(six) => open_six(six),
    }
}

fn open_four(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let inside = a == 0
        || a == 10
        || a == 127
        || a >= 224
        || (a == 100 && (64..128).contains(&b))
        || (a == 169 && b == 254)
        || (a == 172 && (16..32).contains(&b))
        || (a == 192 && b == 168)
        || (a == 192 && b == 0 && (c == 0 || c == 2))
        || (a == 192 && b == 88 && c == 99)
        || (a == 198 && (b == 18 || b == 19))
        || (a == 198 && b == 51 && c == 100)
        || (a == 203 && b == 0 && c == 113);
    !inside
}

fn open_six(address: Ipv6Addr) -> bool {
    let parts = address.segments();
    // Only 2000::/3 is given out; of that, some carries an IPv4 address or is for documents.
    let global = parts[0] & 0xe000 == 0x2000;
    let teredo_or_special = parts[0] == 0x2001 && parts[1] < 0x0200;
    let document = (parts[0] == 0x2001 && parts[1] == 0x0db8) || parts[0] == 0x3fff;
    let six_to_four = parts[0] == 0x2002;
    // 64:ff9b::/96 leads to the IPv4 address at its end.
    if parts[..6] == [0x0064, 0xff9b, 0, 0, 0, 0] {
        let [.., a, b, c, d] = address.octets();
        return open_four(Ipv4Addr::new(a, b, c, d));
    }
    global && !teredo_or_special && !document && !six_to_four
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_inside_the_network_is_refused_in_every_form() {
        let inside = [
            "127.0.0.1",
            "127.9.9.9",
            "0.0.0.0",
            "10.0.0.1",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "169.254.169.254",
            "100.100.100.200",
            "192.0.0.192",
            "198.18.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "203.0.113.9",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:169.254.169.254",
            "::127.0.0.1",
            "fe80::1",
            "fec0::1",
            "fc00::1",
            "fd00:ec2::254",
            "ff02::1",
            "64:ff9b::a00:1",
            "64:ff9b:1::1",
            "2002:7f00:1::",
            "2001::1",
            "2001:db8::1",
        ];
        for text in inside {
            assert!(!allowed(text.parse().unwrap(), &[]), "{text}");
        }
        for text in [
            "1.1.1.1",
            "172.32.0.1",
            "100.63.0.1",
            "193.0.0.1",
            "2606:4700::1111",
            "::ffff:8.8.8.8",
            "64:ff9b::808:808",
        ] {
            assert!(allowed(text.parse().unwrap(), &[]), "{text}");
        }
    }

    #[test]
    fn the_platform_may_allow_blocks() {
        let blocks: Vec<Block> = ["10.1.0.0/16", "127.0.0.1", "fd00::/8"]
            .iter()
            .map(|text| text.parse().unwrap())
            .collect();
        for (text, expected) in [
            ("10.1.200.3", true),
            ("10.2.0.1", false),
            ("127.0.0.1", true),
            ("::ffff:127.0.0.1", true),
            ("127.0.0.2", false),
            ("fd12::1", true),
            ("fe80::1", false),
        ] {
            assert_eq!(allowed(text.parse().unwrap(), &blocks), expected, "{text}");
        }
        assert!("0.0.0.0/0".parse::<Block>().unwrap().contains("9.9.9.9".parse().unwrap()));
        for bad in ["", "10.0.0.0/33", "host", "10.0.0.0/x", "::/129"] {
            assert!(bad.parse::<Block>().is_err(), "{bad}");
        }
    }
}
