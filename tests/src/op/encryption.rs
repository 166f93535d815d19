//! What the provider encrypts for a client (OIDC Registration 2, RFC 9701 6), and how it does that wrongly.

use aes_gcm::{
    Aes128Gcm, Nonce,
    aead::{AeadInOut as _, KeyInit as _, inout::InOutBuf},
};
use relying_party::{
    Env, Error,
    jose::{
        encrypt::{JweHeader, encrypt},
        encryption::{ContentEncryption, KeyManagement},
        jwe::Contents,
        jwk::{DecryptionKey, EncryptionKey},
    },
    limits::Limits,
    secret::ClientSecret,
    time::UnixTime,
};
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

use super::{Op, OpClient, assertion, base64url, keys, lock};

/// How answers to a client are encrypted, as it registered; none where they are not.
#[derive(Clone, Copy, Debug, Default)]
pub struct Encryptions {
    /// `id_token_encrypted_response_alg` and `_enc`: of logout tokens too.
    pub id_token: Option<(KeyManagement, ContentEncryption)>,
    /// `userinfo_encrypted_response_alg` and `_enc`.
    pub userinfo: Option<(KeyManagement, ContentEncryption)>,
    /// `introspection_encrypted_response_alg` and `_enc`.
    pub introspection: Option<(KeyManagement, ContentEncryption)>,
    /// `authorization_encrypted_response_alg` and `_enc`.
    pub authorization: Option<(KeyManagement, ContentEncryption)>,
}

impl Encryptions {
    /// As client metadata say it; none where an algorithm is unknown.
    pub(super) fn registered(members: &Map<String, Value>) -> Option<Self> {
        let pair = |what: &str| {
            let text = |end: &str| members.get(&format!("{what}_encrypted_response_{end}"));
            match (text("alg"), text("enc")) {
                (None, None) => Some(None),
                (Some(alg), enc) => {
                    let enc = enc.map_or(Some("A128CBC-HS256"), Value::as_str)?;
                    Some(Some((
                        KeyManagement::parse(alg.as_str()?)?,
                        ContentEncryption::parse(enc)?,
                    )))
                }
                // OIDC Registration 2: "alg MUST also be provided"
                (None, Some(_)) => None,
            }
        };
        Some(Self {
            id_token: pair("id_token")?,
            userinfo: pair("userinfo")?,
            introspection: pair("introspection")?,
            authorization: pair("authorization")?,
        })
    }
}

/// One thing that is wrong with what the provider encrypts, or odd.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EncryptionMischief {
    /// It does not encrypt.
    Plain,
    /// Another `alg` than the registered one, with a good key.
    OtherAlg,
    /// Another `enc` than the registered one.
    OtherEnc,
    /// It encrypts what is encrypted already.
    Twice,
    /// No `cty`, as if there were claims inside.
    NoCty,
    /// Claims inside, without a signature, as if they were a token.
    NoSignature,
    /// The `kid` of another key.
    OtherKid,
    /// The client's key under no `kid`: fine.
    NoKid,
    /// One bit of the tag is another.
    FlippedTag,
    /// One bit of the content is another.
    FlippedContent,
    /// The client's former secret, or somebody else's public key.
    WrongKey,
    /// Another `iss`, `sub` and `aud` in the header (RFC 7519 5.3): fine, nobody reads them. For `dir` with A128GCM.
    HeaderClaims,
}

/// What goes to the client instead of `signed`.
pub(super) fn encrypted(
    op: &Op,
    client: &OpClient,
    registered: Option<(KeyManagement, ContentEncryption)>,
    signed: String,
) -> String {
    use EncryptionMischief as Wrong;
    let Some((alg, enc)) = registered else { return signed };
    let mischief = lock(&op.inner.hooks).encryption;
    let again = |token: &str| seal(op, client, (alg, enc), Contents::Jws, token.as_bytes());
    match mischief {
        Some(Wrong::Plain) => signed,
        Some(Wrong::OtherAlg) => {
            seal(op, client, (other_alg(alg), enc), Contents::Jws, signed.as_bytes())
        }
        Some(Wrong::OtherEnc) => {
            let other = match enc {
                ContentEncryption::A128Gcm => ContentEncryption::A256Gcm,
                _ => ContentEncryption::A128Gcm,
            };
            seal(op, client, (alg, other), Contents::Jws, signed.as_bytes())
        }
        Some(Wrong::Twice) => again(&again(&signed)),
        Some(Wrong::NoCty) => seal(op, client, (alg, enc), Contents::Claims, signed.as_bytes()),
        Some(Wrong::NoSignature) => again("{}"),
        Some(Wrong::FlippedTag) => flip(&again(&signed), 4),
        Some(Wrong::FlippedContent) => flip(&again(&signed), 3),
        Some(Wrong::HeaderClaims) => with_header(
            json!({
                "alg": "dir", "enc": "A128GCM", "cty": "JWT",
                "iss": "https://evil.test", "sub": "sub-bob-90125", "aud": "somebody else",
            }),
            client.secret(),
            &signed,
        ),
        Some(Wrong::OtherKid | Wrong::NoKid | Wrong::WrongKey) | None => again(&signed),
    }
}

/// What goes to the client instead of these claims, where they are not signed (OIDC Core 5.3.2); none for plain JSON.
pub(super) fn encrypted_claims(
    op: &Op,
    client: &OpClient,
    pair: (KeyManagement, ContentEncryption),
    claims: &str,
) -> Option<String> {
    let mischief = lock(&op.inner.hooks).encryption;
    let sealed = || seal(op, client, pair, Contents::Claims, claims.as_bytes());
    match mischief {
        Some(EncryptionMischief::Plain) => None,
        Some(EncryptionMischief::FlippedTag) => Some(flip(&sealed(), 4)),
        _ => Some(sealed()),
    }
}

fn other_alg(alg: KeyManagement) -> KeyManagement {
    use KeyManagement::*;
    match alg {
        RsaOaep256 => RsaOaep,
        RsaOaep => RsaOaep256,
        EcdhEs => EcdhEsA256Kw,
        EcdhEsA128Kw | EcdhEsA192Kw | EcdhEsA256Kw => EcdhEs,
        A128Kw => A128GcmKw,
        _ => A128Kw,
    }
}

fn seal(
    op: &Op,
    client: &OpClient,
    (alg, enc): (KeyManagement, ContentEncryption),
    contents: Contents,
    payload: &[u8],
) -> String {
    let mischief = lock(&op.inner.hooks).encryption;
    let key = key(client, alg, enc, mischief);
    let seed = op.fresh(&mut op.state(), "encryption");
    let crypto = relying_party::crypto::rustcrypto();
    encrypt(payload, JweHeader::new(alg, enc, contents), &key, &crypto, &mut Draw::new(seed))
        .expect("the key is one of the algorithm")
}

/// The client's: derived from its secret (OIDC Core 10.2), or the one of its set that fits.
fn key(
    client: &OpClient,
    alg: KeyManagement,
    enc: ContentEncryption,
    mischief: Option<EncryptionMischief>,
) -> EncryptionKey {
    let secret = match mischief {
        Some(EncryptionMischief::WrongKey) => "fake-former-secret-0123456789",
        _ => client.secret(),
    };
    if alg.is_symmetric() {
        let secret = ClientSecret::new(secret).expect("a client with a secret");
        let key = EncryptionKey::from_client_secret(&secret, alg, enc).expect("a shared key");
        let Some(EncryptionMischief::OtherKid) = mischief else { return key };
        return relabelled(&secret, alg, enc);
    }
    let own = match mischief {
        Some(EncryptionMischief::WrongKey) => stranger_jwks(),
        _ => client.jwks.clone(),
    };
    let parsed = own.into_iter().filter_map(|mut jwk| {
        match mischief {
            Some(EncryptionMischief::OtherKid) => jwk["kid"] = "another".into(),
            Some(EncryptionMischief::NoKid) => drop(jwk.as_object_mut()?.remove("kid")),
            _ => {}
        }
        EncryptionKey::from_json(jwk.to_string().as_bytes(), &Limits::default()).ok()
    });
    let mut fitting = parsed.filter(|key| key.encrypts(alg, enc));
    fitting.next().expect("a client with a key of this algorithm")
}

/// The derived key under a `kid`, which it never has.
fn relabelled(secret: &ClientSecret, alg: KeyManagement, enc: ContentEncryption) -> EncryptionKey {
    let lengths = [16, 24, 32, 48, 64];
    let hash = Sha256::digest(secret.expose());
    let keys = lengths.into_iter().filter(|length| *length <= hash.len()).filter_map(|length| {
        let jwk = json!({ "kty": "oct", "kid": "another", "k": base64url(&hash[..length]) });
        DecryptionKey::from_jwk(jwk.to_string().as_bytes()).ok()?.encryption_key()
    });
    let mut fitting = keys.into_iter().filter(|key| key.encrypts(alg, enc));
    fitting.next().expect("a key of at most 256 bits")
}

/// `dir` with A128GCM and the key of the client secret, under any header.
fn with_header(header: Value, secret: &str, payload: &str) -> String {
    let (header, iv) = (base64url(header.to_string().as_bytes()), [7; 12]);
    let mut ciphertext = payload.as_bytes().to_vec();
    let key: [u8; 16] = Sha256::digest(secret)[..16].try_into().expect("16 octets");
    let tag = Aes128Gcm::new(&key.into())
        .encrypt_inout_detached(
            &Nonce::from(iv),
            header.as_bytes(),
            InOutBuf::from(&mut ciphertext[..]),
        )
        .expect("a short text");
    [header, String::new(), base64url(&iv), base64url(&ciphertext), base64url(&tag)].join(".")
}

/// The token with the first character of one part changed.
fn flip(token: &str, at: usize) -> String {
    let mut parts: Vec<String> = token.split('.').map(str::to_owned).collect();
    let flipped = if parts[at].starts_with('A') { "B" } else { "A" };
    parts[at].replace_range(..1, flipped);
    parts.join(".")
}

/// Private keys of a test client to decrypt with: RSA, P-256.
pub fn client_decryption_jwks() -> Vec<Value> {
    let mut rsa = keys::rsa_private(0, "client-rsa-enc");
    rsa["use"] = "enc".into();
    vec![rsa, assertion::ec_decryption_jwk("client-ec-enc")]
}

/// The public keys of somebody else.
fn stranger_jwks() -> Vec<Value> {
    let mut rsa = keys::rsa_private(1, "client-rsa-enc");
    rsa["use"] = "enc".into();
    let mut ec = assertion::ec_decryption_jwk("stranger-ec-enc");
    ec["kid"] = "client-ec-enc".into();
    [rsa, ec].map(assertion::public).into()
}

/// Randomness that is the same in every run; the time is never asked for.
pub(super) struct Draw {
    seed: String,
    drawn: u64,
}

impl Draw {
    pub(super) fn new(seed: impl ToString) -> Self {
        Self { seed: seed.to_string(), drawn: 0 }
    }
}

impl Env for Draw {
    fn now(&mut self) -> UnixTime {
        UnixTime::from_seconds(0)
    }

    fn fill(&mut self, out: &mut [u8]) -> Result<(), Error> {
        for chunk in out.chunks_mut(32) {
            self.drawn += 1;
            let block =
                Sha256::new().chain_update(&self.seed).chain_update(self.drawn.to_be_bytes());
            chunk.copy_from_slice(&block.finalize()[..chunk.len()]);
        }
        Ok(())
    }
}
