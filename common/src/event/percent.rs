//! Percent-encoding of header values, as defined by the CloudEvents HTTP binding (section 3.1.3.2), which the NATS
//! binding adopts: space, double quote, percent and everything outside printable ASCII.

use std::borrow::Cow;

fn is_plain(byte: u8) -> bool {
    matches!(byte, 0x21..=0x7e) && byte != b'"' && byte != b'%'
}

pub(super) fn encode(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    for byte in value.bytes() {
        if is_plain(byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

/// The decoded value of a header. A `%` that does not begin a pair of hex digits is literal, since other
/// writers may not encode it; bytes that are no UTF-8 give `None`.
pub fn decode(value: &str) -> Option<Cow<'_, str>> {
    if !value.contains('%') {
        return Some(Cow::Borrowed(value));
    }
    let bytes = value.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let pair = bytes.get(at + 1..at + 3).filter(|_| byte == b'%');
        match pair.and_then(|pair| hex_pair(pair[0], pair[1])) {
            Some(decoded) => {
                out.push(decoded);
                at += 3;
            }
            None => {
                out.push(byte);
                at += 1;
            }
        }
    }
    String::from_utf8(out).ok().map(Cow::Owned)
}

fn hex_pair(high: u8, low: u8) -> Option<u8> {
    let digit = |byte: u8| {
        char::from(byte)
            .to_digit(16)
            .and_then(|digit| u8::try_from(digit).ok())
    };
    Some(digit(high)? << 4 | digit(low)?)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_specification_s_own_example() {
        assert_eq!(encode("Euro € 😀"), "Euro%20%E2%82%AC%20%F0%9F%98%80");
    }

    #[test]
    fn a_stray_percent_stands_for_itself() {
        assert_eq!(decode("100%").unwrap(), "100%");
        assert_eq!(decode("%zz%20").unwrap(), "%zz ");
        assert_eq!(decode("%ff"), None);
    }

    proptest! {
        #[test]
        fn decoding_undoes_encoding(value in any::<String>()) {
            let encoded = encode(&value);
            prop_assert!(encoded.bytes().all(is_plain_or_percent));
            prop_assert_eq!(decode(&encoded).unwrap(), value);
        }
    }

    fn is_plain_or_percent(byte: u8) -> bool {
        is_plain(byte) || byte == b'%'
    }
}
