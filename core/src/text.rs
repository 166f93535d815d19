//! Character classes, base64url and form encoding, without leniency.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

/// VSCHAR: printable ASCII with the space (RFC 6749 A).
pub(crate) fn is_vschar(byte: u8) -> bool {
    matches!(byte, 0x20..=0x7e)
}

/// Printable ASCII without the space.
pub(crate) fn is_visible(byte: u8) -> bool {
    matches!(byte, 0x21..=0x7e)
}

/// A `client_id`: VSCHAR, and at least one (RFC 6749 A.1).
pub(crate) fn is_client_id(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(is_vschar)
}

/// `unreserved` (RFC 3986 2.3), the alphabet of PKCE.
pub(crate) fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

/// base64url without padding (RFC 7515 2).
pub(crate) fn encode_base64url(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Strict: no padding, no other alphabet, no white space, no stray bits (RFC 7515 2, RFC 4648 3.5).
pub(crate) fn decode_base64url(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}

/// Pairs as `application/x-www-form-urlencoded` (RFC 6749 B).
pub(crate) fn encode_form<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

/// One value as `application/x-www-form-urlencoded`.
pub(crate) fn encode_form_value(value: &str) -> String {
    url::form_urlencoded::byte_serialize(value.as_bytes()).collect()
}

/// The pairs of a query, fragment or form. Refuses broken escapes, what is not UTF-8, and NUL, where lenient
/// decoders put replacement characters.
pub(crate) fn decode_form(text: &str) -> Option<Vec<(String, String)>> {
    text.split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            Some((decode_form_value(name)?, decode_form_value(value)?))
        })
        .collect()
}

fn decode_form_value(text: &str) -> Option<String> {
    let mut bytes = text.bytes();
    let mut out = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        out.push(match byte {
            b'+' => b' ',
            b'%' => hex(bytes.next()?)? << 4 | hex(bytes.next()?)?,
            other => other,
        });
    }
    let text = String::from_utf8(out).ok()?;
    (!text.contains('\0')).then_some(text)
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s01_s02_s03_base64url_is_strict() {
        for text in ["QQ==", "Q+", "Q/", "QUI \n", "QR", "Q", "QQ\0"] {
            assert_eq!(decode_base64url(text), None, "{text:?}");
        }
        assert_eq!(decode_base64url("QQ").as_deref(), Some(&b"A"[..]));
        assert_eq!(decode_base64url("-_8").as_deref(), Some(&[0xfb, 0xff][..]));
    }

    #[test]
    fn x29_form_decoding_is_strict() {
        for text in ["a=%zz", "a=%", "a=%1", "a=%00", "a=%c0%80", "%ff=a"] {
            assert_eq!(decode_form(text), None, "{text:?}");
        }
        let pairs = decode_form("a=b+c%20d&%63ode=%C3%A9&&flag").unwrap();
        let pairs: Vec<_> = pairs.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        assert_eq!(pairs, [("a", "b c d"), ("code", "\u{e9}"), ("flag", "")]);
    }

    #[test]
    fn t08_both_halves_of_basic_credentials_survive() {
        assert_eq!(encode_form_value("a:b %+\u{e9}\"~"), "a%3Ab+%25%2B%C3%A9%22%7E");
    }
}
