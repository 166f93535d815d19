//! What is decided before any key is touched: the form and the header.

use relying_party::{
    error::{Error, TokenProblem},
    jose::{
        algorithm::Algorithm,
        encryption::{ContentEncryption, KeyManagement},
        jwe::{Contents, UndecryptedJwe},
        jws::UnverifiedJws,
    },
    limits::Limits,
};

use crate::bench::{
    backends, code, direct, encode, open_direct, part, sealed, shared, spare, with_part,
};

fn parse(
    token: &str,
    algorithm: KeyManagement,
    encryption: ContentEncryption,
) -> Result<(), &'static str> {
    UndecryptedJwe::parse(token, algorithm, encryption, Contents::Claims, &Limits::default())
        .map(|_| ())
        .map_err(code)
}

/// A token of this header, whose other parts are well-formed.
fn headed(header: &str) -> String {
    format!("{}.AA.AA.AA.AA", encode(header))
}

#[test]
fn e01_e02_names_of_refused_algorithms_match_no_registration() {
    // RFC 7516 A.2
    let a2 = "eyJhbGciOiJSU0ExXzUiLCJlbmMiOiJBMTI4Q0JDLUhTMjU2In0.UGhIOguC7IuEvf_NPVaXsGMoLOmwvc1GyqlIKOK1nN94nHPoltGRhWhw7Zx0-kFm1NJn8LE9XShH59_i8J0PH5ZZyNfGy2xGdULU7sHNF6Gp2vPLgNZ__deLKxGHZ7PcHALUzoOegEI-8E66jX2E4zyJKx-YxzZIItRzC5hlRirb6Y5Cl_p-ko3YvkkysZIFNPccxRU7qve1WYPxqbb2Yw8kZqa2rMWI5ng8OtvzlV7elprCbuPhcCdZ6XDP0_F8rkXds2vE4X-ncOIM8hAYHHi29NX0mcKiRaD0-D-ljQTP-cFPgwCp6X-nZZd9OHBv-B3oWh2TbqmScqXMR4gp_A.AxY8DCtDaGlsbGljb3RoZQ.KDlTtXchhZTGufMYmOYGS4HffxPSUrfmqCHXaI9wOGY.9hH0vgRfYgPnAHOd8stkvw";
    for algorithm in KeyManagement::ALL {
        let encryption = ContentEncryption::A128CbcHs256;
        assert_eq!(parse(a2, *algorithm, encryption), Err("token.encryption"), "{algorithm}");
        for count in ["2147483648", "1000000000", "0", "-1", "\"1\"", "1e9"] {
            let header = format!(
                r#"{{"alg":"PBES2-HS256+A128KW","enc":"A128CBC-HS256","p2s":"AA","p2c":{count}}}"#
            );
            assert_eq!(parse(&headed(&header), *algorithm, encryption), Err("token.encryption"));
        }
    }
    let good = headed(r#"{"alg":"RSA-OAEP","enc":"A128CBC-HS256"}"#);
    assert_eq!(parse(&good, KeyManagement::RsaOaep, ContentEncryption::A128CbcHs256), Ok(()));
    let (_, parts) = a2.split_once('.').unwrap();
    let (header, _) = good.split_once('.').unwrap();
    let renamed = format!("{header}.{parts}");
    assert_eq!(parse(&renamed, KeyManagement::RsaOaep, ContentEncryption::A128CbcHs256), Ok(()));
    // Of no meaning where nothing is derived from a password.
    assert_eq!(open_direct(&direct(r#","p2c":2147483648"#)).as_deref(), Ok(&b"{}"[..]));
}

#[test]
fn e03_zip_is_refused_whatever_it_says() {
    for value in ["\"DEF\"", "\"\"", "\"def\"", "null", "true", "[]"] {
        let token = direct(&format!(r#","zip":{value}"#));
        assert_eq!(open_direct(&token), Err("token.header"), "{value}");
    }
    assert_eq!(open_direct(&direct("")).as_deref(), Ok(&b"{}"[..]));
}

#[test]
fn h07_crit_is_refused_whatever_it_lists() {
    for value in ["[]", r#"["exp"]"#, r#"["alg"]"#, "7", "null", "\"x\""] {
        let token = direct(&format!(r#","crit":{value}"#));
        assert_eq!(open_direct(&token), Err("token.header"), "{value}");
    }
    assert_eq!(open_direct(&direct(r#","exp":7"#)).as_deref(), Ok(&b"{}"[..]));
}

#[test]
fn h04_h05_alg_and_enc_are_the_registered_ones() {
    for (header, expected) in [
        (r#"{"alg":"A128KW","enc":"A128GCM"}"#, "token.encryption"),
        (r#"{"alg":"dir","enc":"A256GCM"}"#, "token.encryption"),
        (r#"{"alg":"DIR","enc":"A128GCM"}"#, "token.encryption"),
        (r#"{"alg":"dir","enc":"a128gcm"}"#, "token.encryption"),
        (r#"{"alg":"none","enc":"A128GCM"}"#, "token.encryption"),
        (r#"{"alg":"dir"}"#, "token.header"),
        (r#"{"enc":"A128GCM"}"#, "token.header"),
        (r#"{"alg":["dir"],"enc":"A128GCM"}"#, "token.header"),
        (r#"{"alg":"dir","enc":null}"#, "token.header"),
        (r#"{"alg":"dir","alg":"dir","enc":"A128GCM"}"#, "json.duplicate"),
        ("[]", "json.type"),
        ("", "json.syntax"),
    ] {
        let token = sealed(header, b"", [7; 16], b"{}");
        assert_eq!(open_direct(&token), Err(expected), "{header}");
    }
    assert_eq!(open_direct(&direct("")).as_deref(), Ok(&b"{}"[..]));
}

#[test]
fn s01_s04_s05_s07_s08_e16_the_form() {
    let good = direct("");
    assert_eq!(open_direct(&good).as_deref(), Ok(&b"{}"[..]));
    for bad in [
        String::new(),
        ".".to_owned(),
        format!("{good}."),
        format!("{good}.AA"),
        ".".repeat(60_000),
        format!(" {good}"),
        format!("{good}\n"),
        format!("{good}="),
        with_part(&good, 1, "A"),
        with_part(&good, 2, "AA=="),
        with_part(&good, 3, "a+b/"),
        with_part(&good, 4, "\u{e9}"),
        r#"{"protected":"e30","ciphertext":"AA"}"#.to_owned(),
    ] {
        assert_eq!(open_direct(&bad), Err("token.encrypted_syntax"), "{bad:.40}");
    }
    assert_eq!(open_direct("...."), Err("json.syntax"));
    for place in 2..5 {
        assert_eq!(open_direct(&with_part(&good, place, "")), Err("token.decryption"));
    }
    let limits = Limits::default();
    let mut small = limits.clone();
    small.token = good.len();
    let parse = |token: &str, limits: &Limits| {
        let (alg, enc) = (KeyManagement::Dir, ContentEncryption::A128Gcm);
        UndecryptedJwe::parse(token, alg, enc, Contents::Claims, limits).map(|_| ()).map_err(code)
    };
    assert_eq!(parse(&good, &small), Ok(()));
    // Before anything is decoded, so that it may be anything.
    assert_eq!(parse(&"!".repeat(good.len() + 1), &small), Err("token.too_long"));
}

#[test]
fn e13_a_header_too_long_to_count_in_32_bits_is_too_long_first() {
    let long = direct(&format!(r#","x":"{}""#, "y".repeat(60_000)));
    assert_eq!(open_direct(&long), Err("token.too_long"));
    let shorter = direct(&format!(r#","x":"{}""#, "y".repeat(40_000)));
    assert_eq!(open_direct(&shorter).as_deref(), Ok(&b"{}"[..]));
}

#[test]
fn e14_a_plain_token_is_no_encrypted_one() {
    for plain in ["e30.e30.c2ln", "e30.e30.", ".."] {
        assert_eq!(open_direct(plain), Err("token.not_encrypted"), "{plain}");
    }
    let error = Error::from(relying_party::error::ErrorKind::Token {
        kind: relying_party::error::TokenKind::IdToken,
        problem: TokenProblem::NotEncrypted,
    });
    assert!(error.hint().is_some());
    assert_eq!(open_direct(&direct("")).as_deref(), Ok(&b"{}"[..]));
}

#[test]
fn e15_an_encrypted_token_is_no_plain_one() {
    let read = |token: &str| {
        UnverifiedJws::parse(token, Algorithm::RS256, &["jwt"], &Limits::default())
            .map(|_| ())
            .map_err(code)
    };
    assert_eq!(read(&direct("")), Err("token.encrypted"));
    assert_eq!(read(&format!("{}.e30.c2ln", encode(r#"{"alg":"RS256"}"#))), Ok(()));
}

#[test]
fn e12_the_header_is_authenticated_as_it_came() {
    let good = direct(r#","x":1"#);
    assert_eq!(open_direct(&good).as_deref(), Ok(&b"{}"[..]));
    for header in [
        r#"{"alg":"dir","enc":"A128GCM","x":2}"#,
        r#"{"alg":"dir","enc":"A128GCM","x":1 }"#,
        r#"{"enc":"A128GCM","alg":"dir","x":1}"#,
        r#"{"alg":"dir","enc":"A128GCM"}"#,
    ] {
        let changed = with_part(&good, 0, &encode(header));
        assert_eq!(open_direct(&changed), Err("token.decryption"), "{header}");
    }
    // Odd spelling is the sender's own affair.
    let odd = sealed("{ \"alg\" :\t\"dir\", \"\\u0065nc\":\"A128GCM\" }", b"", [7; 16], b"x");
    assert_eq!(open_direct(&odd).as_deref(), Ok(&b"x"[..]));
}

#[test]
fn e20_claims_and_keys_in_the_header_are_not_believed() {
    let token = direct(
        r#","iss":"https://evil.test","sub":7,"aud":[],"typ":"logout+jwt","jwk":{"kty":"oct","k":"AA"},
        "jku":"https://evil.test","x5c":[]"#,
    );
    // All that comes out is what was encrypted.
    assert_eq!(open_direct(&token).as_deref(), Ok(&b"{}"[..]));
}

#[test]
fn h13_the_kid_is_opaque() {
    let kid = |value: &str| open_direct(&direct(&format!(r#","kid":{value}"#)));
    for value in ["7", "null", "[]", "{}", &format!("\"{}\"", "x".repeat(1025))] {
        assert_eq!(kid(value), Err("token.header"), "{value:.10}");
    }
    for value in ["\"\"", "\"../../dev/null\"", &format!("\"{}\"", "x".repeat(1024))] {
        assert_eq!(kid(value).as_deref(), Ok(&b"{}"[..]), "{value:.10}");
    }
}

/// What comes of a token with this `cty` and payload, read as one around a signed token.
fn nested(cty: &str, payload: &str) -> Result<(), &'static str> {
    let header = format!(r#"{{"alg":"dir","enc":"A128GCM"{cty}}}"#);
    let token = sealed(&header, b"", [7; 16], payload.as_bytes());
    let limits = Limits::default();
    let (alg, enc) = (KeyManagement::Dir, ContentEncryption::A128Gcm);
    let [one, other] = backends().map(|crypto| {
        UndecryptedJwe::parse(&token, alg, enc, Contents::Jws, &limits)
            .and_then(|jwe| jwe.decrypt(&[shared(16)], &crypto, spare()))
            .and_then(|jwe| jwe.into_jws(Algorithm::RS256, &["jwt"], &limits))
            .map(|_| ())
            .map_err(code)
    });
    assert_eq!(one, other);
    one
}

#[test]
fn h18_s12_one_encrypted_token_around_one_signed_one() {
    let jws = format!("{}.e30.c2ln", encode(r#"{"alg":"RS256"}"#));
    for cty in ["JWT", "jwt", "application/jwt", "Application/JWT"] {
        assert_eq!(nested(&format!(r#","cty":"{cty}""#), &jws), Ok(()), "{cty}");
    }
    // Providers leave it out. What else it says is something else.
    assert_eq!(nested("", &jws), Ok(()));
    for cty in [r#","cty":"""#, r#","cty":"json""#, r#","cty":"jwe""#, r#","cty":7"#] {
        assert_eq!(nested(cty, &jws), Err("token.header"), "{cty}");
    }
    for payload in [r#"{"iss":"https://op.test"}"#, &direct(""), "a.b"] {
        assert_ne!(nested("", payload), Ok(()), "{payload}");
    }
    let cty = r#","cty":"JWT""#;
    // Never deeper: neither encrypted once more, nor signed once more.
    assert_eq!(nested(cty, &direct("")), Err("token.encrypted"));
    let deeper = format!("{}.e30.c2ln", encode(r#"{"alg":"RS256","cty":"JWT"}"#));
    assert_eq!(nested(cty, &deeper), Err("token.header"));
    for payload in ["{}", "", "a.b", "\u{e9}"] {
        assert_eq!(nested(cty, payload), Err("token.syntax"), "{payload}");
    }
    let other = jws.replace(&encode(r#"{"alg":"RS256"}"#), &encode(r#"{"alg":"none"}"#));
    assert_eq!(nested(cty, &other), Err("token.algorithm"));
    // What was registered as claims is no signed token, whatever it looks like.
    assert_eq!(open_direct(&direct(cty)), Err("token.header"));
    let claims = sealed(r#"{"alg":"dir","enc":"A128GCM"}"#, b"", [7; 16], jws.as_bytes());
    let (alg, enc) = (KeyManagement::Dir, ContentEncryption::A128Gcm);
    let [crypto, _] = backends();
    let jwe = UndecryptedJwe::parse(&claims, alg, enc, Contents::Claims, &Limits::default())
        .unwrap()
        .decrypt(&[shared(16)], &crypto, spare())
        .unwrap();
    let refused = jwe.into_jws(Algorithm::RS256, &["jwt"], &Limits::default());
    assert_eq!(refused.map(|_| ()).map_err(code), Err("token.syntax"));
}

#[test]
fn z03_debug_shows_nothing() {
    let token = direct(r#","kid":"secret""#);
    let (alg, enc) = (KeyManagement::Dir, ContentEncryption::A128Gcm);
    let jwe =
        UndecryptedJwe::parse(&token, alg, enc, Contents::Claims, &Limits::default()).unwrap();
    assert_eq!(format!("{jwe:?}"), "UndecryptedJwe(dir, A128GCM, redacted)");
    assert_eq!((jwe.kid(), jwe.algorithm(), jwe.encryption()), (Some("secret"), alg, enc));
    let [crypto, _] = backends();
    let opened = jwe.decrypt(&[shared(16)], &crypto, spare()).unwrap();
    assert_eq!(format!("{opened:?}"), "DecryptedJwe(Claims, redacted)");
    assert_eq!(
        format!("{:?} {:?}", spare(), shared(16).key()),
        "SpareKey(redacted) Shared(KeyOctets(redacted))"
    );
    assert_eq!(part(&token, 1), b"");
}
