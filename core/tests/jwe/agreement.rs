//! Ephemeral keys and parties of an agreement.

use relying_party::{
    jose::{
        encryption::KeyManagement,
        jwe::{Contents, UndecryptedJwe},
        jwk::{AgreementCurve, AgreementPrivateKey, RecipientKey},
        key_octets::KeyOctets,
    },
    limits::Limits,
};

use crate::{
    bench::{agreed_key, backends, code, decode, encode, open_everywhere, own, sealed},
    content::{FAILED, GCM, P256, X25519, jwk, okp, recipient},
};

/// An honest ephemeral key and what it agrees on with `key`.
fn ephemeral(key: &str) -> (String, Vec<u8>) {
    let [crypto, _] = backends();
    let encrypter = crypto.encrypter(KeyManagement::EcdhEs).unwrap();
    let peer = match recipient(&own(key)).key() {
        RecipientKey::Agreement(peer) => peer.clone(),
        _ => panic!(),
    };
    let private = match peer.curve() {
        AgreementCurve::X25519 => {
            AgreementPrivateKey::new(AgreementCurve::X25519, KeyOctets::new(vec![9; 32]))
        }
        curve => {
            // RFC 7518 C: Alice's.
            let d = decode("0_NxaRPUMQoAJt50Gz8YiTr8gRTwyEaCumd-MToTmIo");
            AgreementPrivateKey::new(curve, KeyOctets::new(d))
        }
    }
    .unwrap();
    let shared = encrypter.agree(&private, &peer).unwrap();
    (jwk(&encrypter.public_key(&private).unwrap()), shared.expose().to_vec())
}

/// A token of ECDH-ES with this in its header, under the content key of what was agreed.
fn agreed(epk: &str, more: &str, shared: &[u8], parties: [&[u8]; 2]) -> String {
    let header = format!(r#"{{"alg":"ECDH-ES","enc":"A128GCM","epk":{epk}{more}}}"#);
    sealed(&header, b"", agreed_key(shared, parties), b"{}")
}

fn open_agreed(token: &str, key: &str) -> Result<Vec<u8>, &'static str> {
    open_everywhere(token, &own(key), KeyManagement::EcdhEs, GCM)
}

#[test]
fn e04_e05_an_ephemeral_key_that_is_none() {
    let (epk, z) = ephemeral(P256);
    let none: [&[u8]; 2] = [b"", b""];
    assert_eq!(open_agreed(&agreed(&epk, "", &z, none), P256).as_deref(), Ok(&b"{}"[..]));
    // e20: members that mean nothing here.
    let more = epk.replace('}', r#","kid":"x","use":"sig","ext":true}"#);
    assert_eq!(open_agreed(&agreed(&more, "", &z, none), P256).as_deref(), Ok(&b"{}"[..]));

    let x = "gI0GAILBdu7T53akrFmMyGcsF3n5dO7MmwNBHKW5SV0";
    let zeros = encode([0; 32]);
    let (other, _) = ephemeral(X25519);
    for bad in [
        // e05: the secret given away.
        epk.replace('}', r#","d":"0_NxaRPUMQoAJt50Gz8YiTr8gRTwyEaCumd-MToTmIo"}"#),
        epk.replace('}', r#","d":null}"#),
        // Off the curve: one coordinate changed, both zero, the other half of another point.
        epk.replace(x, "gI0GAILBdu7T53akrFmMyGcsF3n5dO7MmwNBHKW5SV4"),
        epk.replace(x, &zeros),
        format!(r#"{{"kty":"EC","crv":"P-256","x":"{zeros}","y":"{zeros}"}}"#),
        // The field's prime: not below it.
        epk.replace(x, "_____wAAAAEAAAAAAAAAAAAAAAD_______________8"),
        // Another curve than the key's.
        epk.replace("P-256", "P-384"),
        epk.replace("P-256", "secp256k1"),
        epk.replace("\"EC\"", "\"OKP\""),
        other,
        // Lengths.
        epk.replace(x, &encode(&decode(x)[1..])),
        epk.replace(x, &encode([&[0], &decode(x)[..]].concat())),
        epk.replace(x, &"A".repeat(30_000)),
        // Members.
        epk.replace("\"x\"", "\"z\""),
        epk.replace("\"kty\":\"EC\",", ""),
        epk.replace(x, "!!"),
        "null".to_owned(),
        "{}".to_owned(),
        "7".to_owned(),
        format!("[{epk}]"),
    ] {
        assert_ne!(bad, epk);
        assert_eq!(open_agreed(&agreed(&bad, "", &z, none), P256), FAILED, "{bad:.100}");
    }
    let header = r#"{"alg":"ECDH-ES","enc":"A128GCM"}"#;
    assert_eq!(open_agreed(&sealed(header, b"", agreed_key(&z, none), b"{}"), P256), FAILED);
    // 4 MB, where the limit of tokens is raised that far: no coordinate is decoded.
    let mut limits = Limits::default();
    limits.token = 16 << 20;
    let huge = agreed(&epk.replace(x, &"A".repeat(4 << 20)), "", &z, none);
    let refused =
        UndecryptedJwe::parse(&huge, KeyManagement::EcdhEs, GCM, Contents::Claims, &limits);
    assert_eq!(refused.map(|_| ()).map_err(code), Err("token.decryption"));
}

#[test]
fn e04_the_zeros_of_x25519_are_no_secret() {
    let (epk, z) = ephemeral(X25519);
    let none: [&[u8]; 2] = [b"", b""];
    assert_eq!(open_agreed(&agreed(&epk, "", &z, none), X25519).as_deref(), Ok(&b"{}"[..]));
    let mut one = [0; 32];
    one[0] = 1;
    let order_8 = decode("4Ot6fDtBuK4WVuP68Z_EatoJjeucMrH9hmIFFl9JuAA");
    // The sender knows the result without any key: the token is right but for this check.
    for low in [&[0; 32][..], &one, &order_8] {
        assert_eq!(open_agreed(&agreed(&okp(low), "", &[0; 32], none), X25519), FAILED);
    }
    for length in [0, 31, 33] {
        assert_eq!(open_agreed(&agreed(&okp(&vec![9; length]), "", &z, none), X25519), FAILED);
    }
}

#[test]
fn e16_e21_apu_and_apv_are_bound_into_the_key_and_bounded() {
    let (epk, z) = ephemeral(P256);
    let both: [&[u8]; 2] = [b"Alice", b"Bob"];
    // RFC 7518 C.
    assert_eq!(agreed_key(&z, both)[..], decode("VqqN6vgjbSBcIijNcacQGg"));
    let named = r#","apu":"QWxpY2U","apv":"Qm9i""#;
    let open = |more: &str, parties| open_agreed(&agreed(&epk, more, &z, parties), P256);
    assert_eq!(open(named, both).as_deref(), Ok(&b"{}"[..]));
    assert_eq!(open("", both), FAILED);
    assert_eq!(open(r#","apu":"Qm9i","apv":"QWxpY2U""#, both), FAILED);
    let long = [b'a'; 768];
    let most = format!(r#","apu":"{}""#, encode(long));
    assert_eq!(open(&most, [&long, b""]).as_deref(), Ok(&b"{}"[..]));
    let longer = [b'a'; 771];
    let more = format!(r#","apv":"{}""#, encode(longer));
    assert_eq!(open(&more, [b"", &longer]), FAILED);
    for bad in [r#","apu":7"#, r#","apv":null"#, r#","apu":"!""#, r#","apv":["Qm9i"]"#] {
        assert_eq!(open(bad, [b"", b""]), FAILED, "{bad}");
    }
}
