//! Every pair of algorithms against another implementation, in both directions.

use ::josekit::{
    jwe::{self as theirs, JweDecrypter, JweEncrypter},
    jwk::Jwk,
};
use relying_party::jose::{
    encrypt::{JweHeader, encrypt},
    encryption::{ContentEncryption, KeyManagement},
    jwe::Contents,
    jwk::{AgreementCurve, AgreementPrivateKey, EcCurve},
    key_octets::KeyOctets,
};

use crate::{
    bench::{Draws, backends, encode, open, own},
    content::{jwk, recipient},
};

type Pair = (Box<dyn JweEncrypter>, Box<dyn JweDecrypter>);

fn pair(algorithm: KeyManagement, jwk: &Jwk) -> Pair {
    macro_rules! of {
        ($name:ident) => {
            (
                Box::new(theirs::$name.encrypter_from_jwk(jwk).unwrap()),
                Box::new(theirs::$name.decrypter_from_jwk(jwk).unwrap()),
            )
        };
    }
    match algorithm {
        KeyManagement::RsaOaep => of!(RSA_OAEP),
        KeyManagement::RsaOaep256 => of!(RSA_OAEP_256),
        KeyManagement::EcdhEs => of!(ECDH_ES),
        KeyManagement::EcdhEsA128Kw => of!(ECDH_ES_A128KW),
        KeyManagement::EcdhEsA192Kw => of!(ECDH_ES_A192KW),
        KeyManagement::EcdhEsA256Kw => of!(ECDH_ES_A256KW),
        KeyManagement::A128Kw => of!(A128KW),
        KeyManagement::A192Kw => of!(A192KW),
        KeyManagement::A256Kw => of!(A256KW),
        KeyManagement::A128GcmKw => of!(A128GCMKW),
        KeyManagement::A192GcmKw => of!(A192GCMKW),
        KeyManagement::A256GcmKw => of!(A256GCMKW),
        KeyManagement::Dir => of!(Dir),
        other => panic!("{other}"),
    }
}

/// Private JWKs of every kind and length.
fn jwks() -> Vec<String> {
    let vectors: Vec<serde_json::Value> =
        serde_json::from_str(include_str!("../vectors/jwe.json")).unwrap();
    let [crypto, _] = backends();
    let encrypter = crypto.encrypter(KeyManagement::EcdhEs).unwrap();
    let agreement = [
        (AgreementCurve::Ec(EcCurve::P256), 32),
        (AgreementCurve::Ec(EcCurve::P384), 48),
        (AgreementCurve::Ec(EcCurve::P521), 66),
        (AgreementCurve::X25519, 32),
    ]
    .map(|(curve, length)| {
        let d = [vec![0], vec![5; length - 1]].concat();
        let key = AgreementPrivateKey::new(curve, KeyOctets::new(d.clone())).unwrap();
        let public = jwk(&encrypter.public_key(&key).unwrap());
        public.replace('}', &format!(r#","d":"{}"}}"#, encode(d)))
    });
    let shared = [16, 24, 32, 48, 64]
        .map(|length| format!(r#"{{"kty":"oct","k":"{}"}}"#, encode(vec![7; length])));
    let all = [vectors[0]["jwk"].to_string()].into_iter().chain(agreement).chain(shared);
    all.map(|jwk| jwk.replacen('{', r#"{"use":"enc","#, 1)).collect()
}

#[test]
fn e21_another_implementation_in_both_directions() {
    let mut pairs = 0;
    for jwk in jwks() {
        let key = own(&jwk);
        let their_key = Jwk::from_bytes(jwk.as_bytes()).unwrap();
        for algorithm in KeyManagement::ALL {
            for encryption in ContentEncryption::ALL {
                if !key.decrypts(*algorithm, *encryption) {
                    continue;
                }
                let context = format!("{algorithm} {encryption} {jwk:.40}");
                let (encrypter, decrypter) = pair(*algorithm, &their_key);
                let mut header = theirs::JweHeader::new();
                header.set_content_encryption(encryption.as_str());
                let payload = context.as_bytes();
                let token = theirs::serialize_compact(payload, &header, &*encrypter).unwrap();
                for crypto in backends().iter().filter(|crypto| crypto.decrypts(*algorithm)) {
                    let opened = open(&token, &key, *algorithm, *encryption, crypto);
                    assert_eq!(opened.as_deref(), Ok(payload), "{context} {crypto:?}");
                }
                let (algorithm, encryption) = (*algorithm, *encryption);
                let header = JweHeader::new(algorithm, encryption, Contents::Claims);
                for crypto in backends() {
                    let mut env = Draws::default();
                    let token =
                        encrypt(payload, header, &recipient(&key), &crypto, &mut env).unwrap();
                    let (opened, _) = theirs::deserialize_compact(&token, &*decrypter).unwrap();
                    assert_eq!(opened, payload, "{context} {crypto:?}");
                }
                pairs += 1;
            }
        }
    }
    // 2 of RSA, 4 of agreement on 4 curves, 6 of wrapping with 6 contents each, and 6 direct ones.
    assert_eq!(pairs, (2 + 16 + 6) * 6 + 6);
}
