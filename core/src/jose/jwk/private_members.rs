//! Private keys as they are kept (RFC 7517): the public members and the secret ones behind them.

use zeroize::Zeroizing;

use crate::text;

/// A public JWK with these members, wiped when dropped.
pub(crate) fn with_private_members(public: &str, secret: &[(&str, &[u8])]) -> Zeroizing<String> {
    // Room for all of it: what grows leaves a copy behind.
    let room: usize = secret.iter().map(|(_, octets)| octets.len().saturating_mul(2) + 16).sum();
    let mut private = Zeroizing::new(String::with_capacity(public.len() + room));
    private.push_str(public.trim_end_matches('}'));
    for (name, octets) in secret {
        let value = Zeroizing::new(text::encode_base64url(octets));
        for part in [r#",""#, name, r#"":""#, &value, r#"""#] {
            private.push_str(part);
        }
    }
    private.push('}');
    private
}
