//! Signatures through josekit, which uses OpenSSL. Its primitives only: documents are read by the core.

use ::josekit::{
    JoseError, Value,
    jwk::Jwk,
    jws::{ES256, ES384, ES512, EdDSA, JwsVerifier, PS256, PS384, PS512, RS256, RS384, RS512},
};

#[cfg(feature = "encryption")]
use crate::crypto::josekit_jwe::OpenSsl;
use crate::{
    crypto::ready,
    jose::{
        algorithm::Algorithm,
        backend::{BadKey, Crypto, SignatureVerifier, VerifyingKey},
        jwk::PublicKey,
    },
    text,
};

/// OpenSSL through josekit.
pub fn josekit() -> Crypto {
    let crypto = Crypto::new(Josekit);
    #[cfg(feature = "encryption")]
    let crypto = crypto.with_key_management(OpenSsl, OpenSsl);
    crypto
}

#[derive(Debug)]
struct Josekit;

impl SignatureVerifier for Josekit {
    fn supports(&self, algorithm: Algorithm) -> bool {
        !algorithm.is_symmetric()
    }

    fn prepare(
        &self,
        key: &PublicKey,
        algorithm: Algorithm,
    ) -> Result<Box<dyn VerifyingKey>, BadKey> {
        let jwk = to_jwk(key).map_err(|_| BadKey)?;
        // The curve of an EC key and the type of any key are compared by josekit.
        match algorithm {
            Algorithm::RS256 => prepared(RS256.verifier_from_jwk(&jwk)),
            Algorithm::RS384 => prepared(RS384.verifier_from_jwk(&jwk)),
            Algorithm::RS512 => prepared(RS512.verifier_from_jwk(&jwk)),
            Algorithm::PS256 => prepared(PS256.verifier_from_jwk(&jwk)),
            Algorithm::PS384 => prepared(PS384.verifier_from_jwk(&jwk)),
            Algorithm::PS512 => prepared(PS512.verifier_from_jwk(&jwk)),
            Algorithm::ES256 => prepared(ES256.verifier_from_jwk(&jwk)),
            Algorithm::ES384 => prepared(ES384.verifier_from_jwk(&jwk)),
            Algorithm::ES512 => prepared(ES512.verifier_from_jwk(&jwk)),
            Algorithm::EdDSA | Algorithm::Ed25519 => prepared(EdDSA.verifier_from_jwk(&jwk)),
            Algorithm::HS256 | Algorithm::HS384 | Algorithm::HS512 => Err(BadKey),
        }
    }
}

/// Without `kid`, `alg` and `use`: the core has compared them, and the verifier would ask for them again.
fn to_jwk(key: &PublicKey) -> Result<Jwk, JoseError> {
    let jwk = |kind: &str, members: &[(&str, &[u8])]| {
        let mut jwk = Jwk::new(kind);
        for (name, octets) in members {
            jwk.set_parameter(name, Some(Value::String(text::encode_base64url(octets))))?;
        }
        Ok(jwk)
    };
    match key {
        PublicKey::Rsa(key) => jwk("RSA", &[("n", key.n()), ("e", key.e())]),
        PublicKey::Ec(key) => {
            let mut jwk = jwk("EC", &[("x", key.x()), ("y", key.y())])?;
            jwk.set_curve(key.curve().name());
            Ok(jwk)
        }
        PublicKey::Ed25519(key) => {
            let mut jwk = jwk("OKP", &[("x", key.x())])?;
            jwk.set_curve("Ed25519");
            Ok(jwk)
        }
    }
}

fn prepared(
    verifier: Result<impl JwsVerifier + 'static, JoseError>,
) -> Result<Box<dyn VerifyingKey>, BadKey> {
    let verifier = verifier.map_err(|_| BadKey)?;
    Ok(ready(move |message, signature| verifier.verify(message, signature).is_ok()))
}
