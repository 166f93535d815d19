//! Which cryptography is used, and how to bring your own.
//!
//! # The backends
//!
//! A [`Crypto`](crate::jose::backend::Crypto) is given to each client; nothing is chosen by a feature or for the whole
//! process. Both may be there at once.
//!
//! | constructor | feature | is | choose it for |
//! | --- | --- | --- | --- |
//! | `crypto::josekit()` | `josekit` (default) | OpenSSL | servers that already link it |
//! | | `vendored` | the same, OpenSSL built on the spot | machines without its headers |
//! | `crypto::rustcrypto()` | `rustcrypto` | pure Rust | static builds, WebAssembly, no C compiler |
//!
//! They accept and refuse the same tokens for the same reasons: the tests run one table of tokens through each. HMAC
//! (`HS256` to `HS512`) and hashes are the core's own, the same under every backend.
//!
//! # Keys of your own
//!
//! A client that authenticates with `private_key_jwt` signs. Its [`SigningKey`](crate::jose::signer::SigningKey) is
//!
//! * read by a backend: `crypto::josekit_signing_key` (every algorithm) or `crypto::rustcrypto_signing_key` (ECDSA and
//!   Ed25519; the [`crypto`](crate::crypto) module says why no RSA), each from a JWK, or from PEM with `…_from_pem`. The key
//!   is tried once when it is read;
//! * a [`Signer`](crate::jose::signer::Signer) of the application: for a key at hand, since it must not block;
//! * [remote](crate::jose::signer::SigningKey::remote): a key service or security module, asked by whoever drives the
//!   flow; [`transports`](super::transports) shows how.
//!
//! Whatever comes back must be as long as signatures of its algorithm are (`signing.length`), or nothing is sent. Which
//! backend verifies and which one signs are two independent choices.
//!
//! # Encrypted tokens
//!
//! Nearly every provider sends its tokens signed and in the clear, so all of this stands behind the feature
//! `encryption`, which brings the crates of AES with it. Without it there is no `jose::jwe`, and a token of five parts is
//! refused as no signed one (`token.encrypted`).
//!
//! What a provider encrypts for a client is said in its registration, with `Registration::id_token_encrypted_response`
//! and its siblings for introspection answers, userinfo and authorization responses, and the client's own keys with
//! `Registration::decryption_keys`; a [`RegisteredClient`](crate::protocol::registered_client::RegisteredClient) knows
//! all but the keys. From then on a plain token is a downgrade (`token.not_encrypted`), in every way that ID tokens
//! come, logout tokens among them. Keys of `dir`, `A128KW` and the like are derived from the client secret (OIDC Core
//! 10.2). What is left after decryption is the signed token, which is verified like any other;
//! [`IdToken::raw`](crate::IdToken::raw) is that one, as an `id_token_hint` has to be.
//!
//! The core encrypts and decrypts contents (AES-GCM, AES-CBC with HMAC), wraps keys with AES and derives them, under
//! every backend the same. A backend does what takes a private key of a pair, behind `Decrypter` and `Encrypter` of
//! `jose::key_management`: RSA-OAEP, and the agreement of ECDH-ES. [`crypto`](crate::crypto) lists who does which;
//! `Crypto::decrypts` answers for one algorithm.
//!
//! A `DecryptionKey` is no signing key and cannot become one. The registered `alg`
//! and `enc` are the only ones accepted; there is no `RSA1_5`, no password and no compression. Whatever is wrong with
//! a key, a tag or a padding ends in `token.decryption`, and where a content key cannot be unwrapped, a spare one
//! takes its place up to the tag, so that nobody learns how far a forged token came.
//!
//! # What is decided before a backend is asked
//!
//! 1. The token is within [`Limits::token`](crate::limits::Limits::token), of three strict base64url parts, its header
//!    a strict JSON object.
//! 2. Its algorithm is the one that this client registered. The token cannot choose.
//! 3. Nothing in the header asks for more: `crit`, `b64`, `enc`, `zip` refuse the token; `jwk`, `jku` and `x5c` are not
//!    looked at, since keys come from the provider's key set alone.
//! 4. The key is of the algorithm's type and curve, not marked for encryption or another algorithm, of a bounded size
//!    (RSA: 2048 to 8192 bits), its coordinates of their full length.
//! 5. The signature has the one length and form that key and algorithm allow.
//!
//! So a backend answers one question: is this signature over these bytes good under this key?
//!
//! # A backend of your own
//!
//! For a FIPS module, a library that you already ship, or one algorithm only:
//!
//! ```
//! use relying_party::jose::{
//!     algorithm::Algorithm,
//!     backend::{BadKey, BadSignature, Crypto, SignatureVerifier, VerifyingKey},
//!     jwk::PublicKey,
//! };
//! # fn my_ed25519_verify(_: &[u8], _: &[u8], _: &[u8]) -> bool { false }
//!
//! #[derive(Debug)]
//! struct OnlyEd25519;
//!
//! struct Ready(Vec<u8>);
//!
//! impl SignatureVerifier for OnlyEd25519 {
//!     fn supports(&self, algorithm: Algorithm) -> bool {
//!         algorithm.same_as(Algorithm::Ed25519)
//!     }
//!
//!     // Called once for each key: expensive preparation belongs here.
//!     fn prepare(&self, key: &PublicKey, _: Algorithm) -> Result<Box<dyn VerifyingKey>, BadKey> {
//!         match key {
//!             PublicKey::Ed25519(key) => Ok(Box::new(Ready(key.x().to_vec()))),
//!             _ => Err(BadKey),
//!         }
//!     }
//! }
//!
//! impl VerifyingKey for Ready {
//!     fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), BadSignature> {
//!         if my_ed25519_verify(&self.0, message, signature) { Ok(()) } else { Err(BadSignature) }
//!     }
//! }
//!
//! let crypto = Crypto::new(OnlyEd25519);
//! assert!(!crypto.verifier().supports(Algorithm::RS256));
//! ```
//!
//! A client whose registered algorithm its backend does not support is refused when it is made
//! (`misuse.algorithm`), not at the first login. Errors say nothing about the reason, on purpose: whoever sends forged
//! tokens must not learn from them.
//!
//! # Short secrets
//!
//! With `HS256`, `HS384` or `HS512` the client secret is the key, and RFC 7518 3.2 wants 32, 48 or 64 bytes at least.
//! A client with a shorter one is refused when it is made (`misuse.short_secret`), since tokens under it can be forged by trying. Let the provider
//! issue a longer secret, or better register an RS or ES algorithm: then nobody but the provider can sign.
