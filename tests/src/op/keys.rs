//! Signing keys, the key set, and tokens signed over raw text.

use std::sync::{Arc, Mutex};

use hmac::Hmac;
use rsa::rand_core::{CryptoRng, RngCore};
use rsa::signature::{RandomizedSigner as _, SignatureEncoding as _, Signer as _};
use rsa::traits::{PrivateKeyParts as _, PublicKeyParts as _};
use rsa::{BigUint, RsaPrivateKey};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256, Sha384, Sha512};

use super::{Alg, base64url, lock};

/// The keys of one generation.
#[derive(Clone, Debug)]
pub(crate) struct Keys {
    seed: u64,
    generation: usize,
}

impl Keys {
    pub(crate) const fn new(seed: u64) -> Self {
        Self { seed, generation: 0 }
    }

    pub(crate) const fn rotate(&mut self) {
        self.generation += 1;
    }

    pub(crate) fn kid(&self, alg: Alg) -> String {
        let family = match alg {
            Alg::Rs256 | Alg::Ps256 => "rsa",
            Alg::Es256 => "ec",
            Alg::EdDsa => "okp",
            Alg::None | Alg::Hs256 | Alg::Hs384 | Alg::Hs512 => return String::new(),
        };
        let hash = base64url(&self.derive(family));
        format!("{family}-{}-{}", self.generation, &hash[..8])
    }

    /// Signs with the current key of the algorithm, HMACs with `secret`.
    pub(crate) fn sign(&self, alg: Alg, secret: &[u8], input: &[u8]) -> Vec<u8> {
        match alg {
            Alg::None => Vec::new(),
            Alg::Rs256 => {
                let key = RsaPrivateKey::clone(&rsa_key(self.generation + 1));
                rsa::pkcs1v15::SigningKey::<rsa::sha2::Sha256>::new(key).sign(input).to_vec()
            }
            Alg::Ps256 => {
                let key = RsaPrivateKey::clone(&rsa_key(self.generation + 1));
                let mut salt = Script::new(&[b"salt", input]);
                rsa::pss::SigningKey::<rsa::sha2::Sha256>::new(key)
                    .sign_with_rng(&mut salt, input)
                    .to_vec()
            }
            Alg::Es256 => {
                use p256::ecdsa::{Signature, signature::Signer as _};
                let signature: Signature = self.ec("ec").sign(input);
                signature.to_bytes().to_vec()
            }
            Alg::EdDsa => {
                use ed25519_dalek::Signer as _;
                self.ed().sign(input).to_bytes().to_vec()
            }
            Alg::Hs256 => mac::<Hmac<Sha256>>(secret, input),
            Alg::Hs384 => mac::<Hmac<Sha384>>(secret, input),
            Alg::Hs512 => mac::<Hmac<Sha512>>(secret, input),
        }
    }

    /// The key set as the certification suite publishes it: a client must look at `kty`, `crv`
    /// and `use`, and must not fail on a curve it does not know.
    pub(crate) fn jwks(&self) -> Value {
        let coordinates = self.derive("secp256k1");
        json!({ "keys": [
            self.rsa_jwk(),
            rsa_public(0, "rsa-second", "sig"),
            ec_public(&self.ec("ec"), &self.kid(Alg::Es256), "sig"),
            ec_public(&self.ec("ec-second"), "ec-second", "sig"),
            {
                "kty": "EC", "use": "sig", "kid": "ec-k1", "crv": "secp256k1",
                "x": base64url(&coordinates), "y": base64url(&Sha256::digest(coordinates)),
            },
            self.okp_jwk(),
            with_alg(rsa_public(0, "rsa-enc", "enc"), "RSA-OAEP"),
            with_alg(ec_public(&self.ec("ec-enc"), "ec-enc", "enc"), "ECDH-ES"),
        ]})
    }

    /// Just the keys that sign, one for each `kty`.
    pub(crate) fn single_jwks(&self) -> Value {
        let ec = ec_public(&self.ec("ec"), &self.kid(Alg::Es256), "sig");
        json!({ "keys": [self.rsa_jwk(), ec, self.okp_jwk()] })
    }

    /// The private halves of the keys to which others encrypt.
    pub(super) fn decryption_jwks(&self) -> [Value; 2] {
        let key = self.ec("ec-enc");
        let mut ec = ec_public(&key, "ec-enc", "enc");
        ec["d"] = base64url(&key.to_bytes()).into();
        let mut rsa = rsa_private(0, "rsa-enc");
        rsa["use"] = "enc".into();
        [rsa, ec]
    }

    fn rsa_jwk(&self) -> Value {
        rsa_public(self.generation + 1, &self.kid(Alg::Rs256), "sig")
    }

    fn okp_jwk(&self) -> Value {
        json!({
            "kty": "OKP", "use": "sig", "kid": self.kid(Alg::EdDsa), "crv": "Ed25519",
            "x": base64url(self.ed().verifying_key().as_bytes()),
        })
    }

    // A second key of the same family stays over rotations, as a decoy.
    fn ec(&self, label: &str) -> p256::ecdsa::SigningKey {
        let scalars = (0_u8..).map(|attempt| {
            Sha256::new().chain_update(self.derive(label)).chain_update([attempt]).finalize()
        });
        let mut keys = scalars.filter_map(|bytes| p256::ecdsa::SigningKey::from_slice(&bytes).ok());
        keys.next().expect("nearly every 256-bit string is a P-256 scalar")
    }

    fn ed(&self) -> ed25519_dalek::SigningKey {
        ed25519_dalek::SigningKey::from_bytes(&self.derive("okp"))
    }

    fn derive(&self, label: &str) -> [u8; 32] {
        let rotating = !label.contains('-');
        let generation = if rotating { self.generation } else { 0 };
        Sha256::new()
            .chain_update(self.seed.to_be_bytes())
            .chain_update(generation.to_be_bytes())
            .chain_update(label)
            .finalize()
            .into()
    }
}

fn mac<M: hmac::Mac + hmac::KeyInit>(secret: &[u8], input: &[u8]) -> Vec<u8> {
    let mut mac =
        <M as hmac::KeyInit>::new_from_slice(secret).expect("HMAC takes keys of any length");
    mac.update(input);
    mac.finalize().into_bytes().to_vec()
}

fn rsa_public(index: usize, kid: &str, usage: &str) -> Value {
    let key = rsa_key(index);
    let (n, e): (&BigUint, &BigUint) = (key.n(), key.e());
    json!({
        "kty": "RSA", "use": usage, "kid": kid,
        "n": base64url(&n.to_bytes_be()), "e": base64url(&e.to_bytes_be()),
    })
}

/// The same with its private members (RFC 7518 6.3.2).
pub(super) fn rsa_private(index: usize, kid: &str) -> Value {
    let key = rsa_key(index);
    let one = BigUint::from(1_u8);
    let [p, q] = key.primes() else { unreachable!("there are two primes") };
    let inverse = key.crt_coefficient().expect("the primes differ");
    let mut jwk = rsa_public(index, kid, "sig");
    for (name, number) in [
        ("d", key.d()),
        ("p", p),
        ("q", q),
        ("dp", &(key.d() % (p - &one))),
        ("dq", &(key.d() % (q - &one))),
        ("qi", &inverse),
    ] {
        jwk[name] = base64url(&number.to_bytes_be()).into();
    }
    jwk
}

fn ec_public(key: &p256::ecdsa::SigningKey, kid: &str, usage: &str) -> Value {
    let point = key.verifying_key().to_sec1_point(false);
    let (x, y) = point.as_bytes()[1..].split_at(32);
    json!({
        "kty": "EC", "use": usage, "kid": kid, "crv": "P-256",
        "x": base64url(x), "y": base64url(y),
    })
}

fn with_alg(mut key: Value, alg: &str) -> Value {
    key["alg"] = alg.into();
    key
}

/// RSA key number `index` of this process: making one is slow, so all providers share them.
fn rsa_key(index: usize) -> Arc<RsaPrivateKey> {
    static POOL: Mutex<Vec<Arc<RsaPrivateKey>>> = Mutex::new(Vec::new());
    let mut pool = lock(&POOL);
    while pool.len() <= index {
        let mut script = Script::new(&[b"rsa", &pool.len().to_be_bytes()]);
        let key = RsaPrivateKey::new(&mut script, 2048).expect("2048 is a possible size");
        pool.push(Arc::new(key));
    }
    Arc::clone(&pool[index])
}

/// Bytes that are the same in every run; never a source of real keys.
struct Script {
    seed: [u8; 32],
    block: u64,
}

impl Script {
    fn new(parts: &[&[u8]]) -> Self {
        let hash = parts.iter().fold(Sha256::new(), |hash, part| hash.chain_update(part));
        Self { seed: hash.finalize().into(), block: 0 }
    }
}

impl RngCore for Script {
    fn next_u32(&mut self) -> u32 {
        rsa::rand_core::impls::next_u32_via_fill(self)
    }

    fn next_u64(&mut self) -> u64 {
        rsa::rand_core::impls::next_u64_via_fill(self)
    }

    fn fill_bytes(&mut self, out: &mut [u8]) {
        for chunk in out.chunks_mut(32) {
            let input =
                Sha256::new().chain_update(self.seed).chain_update(self.block.to_be_bytes());
            chunk.copy_from_slice(&input.finalize()[..chunk.len()]);
            self.block += 1;
        }
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), rsa::rand_core::Error> {
        self.fill_bytes(out);
        Ok(())
    }
}

impl CryptoRng for Script {}

#[cfg(test)]
mod tests {
    use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};

    use super::*;

    #[test]
    fn a_rotation_replaces_every_signing_key() {
        let old = Keys::new(7);
        let mut new = old.clone();
        new.rotate();
        for alg in [Alg::Rs256, Alg::Es256, Alg::EdDsa] {
            assert_ne!(old.kid(alg), new.kid(alg));
            assert_ne!(old.sign(alg, b"", b"x"), new.sign(alg, b"", b"x"));
        }
        assert_ne!(old.single_jwks(), new.single_jwks());
        assert_eq!(new.jwks(), new.clone().jwks());
    }

    #[test]
    fn signatures_have_the_length_of_their_algorithm() {
        let keys = Keys::new(1);
        let lengths = Alg::ALL.iter().map(|alg| keys.sign(*alg, b"secret", b"input").len());
        assert_eq!(lengths.collect::<Vec<_>>(), [0, 256, 256, 64, 64, 32, 48, 64]);
        assert_eq!(keys.sign(Alg::Ps256, b"", b"a"), keys.sign(Alg::Ps256, b"", b"a"));
    }

    #[test]
    fn the_published_keys_verify_what_was_signed() {
        use p256::ecdsa::signature::Verifier as _;
        let keys = Keys::new(2);
        let set = keys.jwks();
        let member = |at: usize, name: &str| {
            BASE64_URL_SAFE_NO_PAD.decode(set["keys"][at][name].as_str().unwrap()).unwrap()
        };
        let point = [vec![4], member(2, "x"), member(2, "y")].concat();
        let key = p256::ecdsa::VerifyingKey::from_sec1_bytes(&point).unwrap();
        let signature = keys.sign(Alg::Es256, b"", b"input");
        let signature = p256::ecdsa::Signature::from_slice(&signature).unwrap();
        assert!(key.verify(b"input", &signature).is_ok());

        let n = BigUint::from_bytes_be(&member(0, "n"));
        let e = BigUint::from_bytes_be(&member(0, "e"));
        let key = rsa::RsaPublicKey::new(n, e).unwrap();
        let hash = <rsa::sha2::Sha256 as rsa::sha2::Digest>::digest(b"input");
        let signature = keys.sign(Alg::Rs256, b"", b"input");
        let scheme = rsa::Pkcs1v15Sign::new::<rsa::sha2::Sha256>();
        assert!(key.verify(scheme, &hash, &signature).is_ok());
        let signature = keys.sign(Alg::Ps256, b"", b"input");
        let scheme = rsa::Pss::new::<rsa::sha2::Sha256>();
        assert!(key.verify(scheme, &hash, &signature).is_ok());
    }
}
