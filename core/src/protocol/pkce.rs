//! Proof key for code exchange (RFC 7636): always S256.

use sha2::{Digest, Sha256};

use crate::{secret::CodeVerifier, text};

/// `code_challenge` for `code_challenge_method=S256` (RFC 7636 4.2).
pub(crate) fn s256_challenge(verifier: &CodeVerifier) -> String {
    text::encode_base64url(&Sha256::digest(verifier.expose().as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc7636_appendix_b() {
        let verifier = CodeVerifier::new("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk").unwrap();
        assert_eq!(s256_challenge(&verifier), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    }
}
