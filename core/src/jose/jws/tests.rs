use super::*;
use crate::jose::backend::BadSignature;

fn token(header: &str) -> String {
    let (header, payload) = (text::encode_base64url(header.as_bytes()), "e30");
    format!("{header}.{payload}.c2ln")
}

fn parse(compact: &str) -> Result<UnverifiedJws, TokenProblem> {
    UnverifiedJws::parse(compact, Algorithm::RS256, &["jwt"], &Limits::default())
}

fn syntax(compact: &str) -> bool {
    matches!(parse(compact), Err(TokenProblem::Syntax(_)))
}

fn header(header: &str) -> Option<&'static str> {
    match parse(&token(header)) {
        Ok(_) => None,
        Err(TokenProblem::Header { name, .. }) => Some(name),
        Err(problem) => panic!("{problem}"),
    }
}

/// Accepts one message.
struct Only(String);

impl VerifyingKey for Only {
    fn verify(&self, message: &[u8], _: &[u8]) -> Result<(), BadSignature> {
        if message == self.0.as_bytes() { Ok(()) } else { Err(BadSignature) }
    }
}

const GOOD: &str = r#"{"alg":"RS256"}"#;

#[test]
fn s01_s02_s03_s06_s15_every_part_is_strict_base64url() {
    let good = token(GOOD);
    assert!(parse(&good).is_ok());
    for bad in [
        format!(" {good}"),
        format!("{good}\n"),
        format!("{good}\0"),
        format!("{good}="),
        format!("Bearer {good}"),
        good.replace(".e30.", ".e3 0."),
        good.replace(".e30.", ".e31."),
        good.replace(".e30.", ".e30a+."),
        good.replace("c2ln", "c2lnQ"),
        good.replace("c2ln", "c2l/"),
    ] {
        assert!(syntax(&bad), "{bad:?}");
    }
}

#[test]
fn s04_s09_exactly_three_parts() {
    for dots in [0, 1, 3, 5, 60_000] {
        assert!(syntax(&".".repeat(dots)) && syntax(&".e30".repeat(dots / 4)), "{dots}");
    }
    let (limits, dots) = (Limits { token: usize::MAX, ..Limits::default() }, ".".repeat(1_000_000));
    assert!(UnverifiedJws::parse(&dots, Algorithm::RS256, &[], &limits).is_err());
    for encrypted in ["e30.a.b.c.d", "...."] {
        assert_eq!(parse(encrypted).unwrap_err(), TokenProblem::Encrypted);
    }
    assert!(parse(&token(GOOD)).is_ok());
}

#[test]
fn s05_s10_h02_no_part_is_empty() {
    let good = token(GOOD);
    for (part, empty) in [(".e30.", ".."), (".c2ln", ".")] {
        assert!(syntax(&good.replace(part, empty)), "{empty}");
    }
    assert!(parse(".e30.c2ln").is_err());
}

#[test]
fn s07_length_comes_first() {
    let limits = Limits { token: 100, ..Limits::default() };
    let parse = |compact: &str| UnverifiedJws::parse(compact, Algorithm::RS256, &[], &limits);
    let problem = parse(&"!".repeat(101)).unwrap_err();
    assert_eq!(problem, TokenProblem::TooLong { limit: 100 });
    assert!(parse(&token(GOOD)).is_ok());
}

#[test]
fn s08_json_serialization() {
    let problem = parse(r#"{"payload":"e30","protected":"e30","signature":"AA"}"#).unwrap_err();
    assert_eq!(problem, TokenProblem::Syntax("JSON serialization"));
}

#[test]
fn s11_j01_the_header_is_a_strict_object() {
    for bad in
        ["[]", "\"x\"", "", "7", "{\"alg\":\"RS256\"}x", r#"{"alg":"RS256","\u0061lg":"none"}"#]
    {
        let problem = parse(&token(bad));
        assert!(matches!(problem, Err(TokenProblem::HeaderJson(_))), "{bad}");
    }
}

#[test]
fn h01_h04_h05_the_algorithm_is_the_registered_one() {
    for name in ["none", "None", "nOnE", "", "HS256", "RS384", "PS256", "rs256", "\\r\\n"] {
        let problem = parse(&token(&format!(r#"{{"alg":"{name}"}}"#)));
        assert!(matches!(problem, Err(TokenProblem::Algorithm(_))), "{name}");
    }
    for bad in [r#"{}"#, r#"{"alg":null}"#, r#"{"alg":["RS256"]}"#, r#"{"alg":{}}"#] {
        assert_eq!(header(bad), Some("alg"), "{bad}");
    }
    assert_eq!(header(GOOD), None);
}

#[test]
fn a16_ed25519_has_two_names() {
    let token = token(r#"{"alg":"EdDSA"}"#);
    let parse = |algorithm| UnverifiedJws::parse(&token, algorithm, &[], &Limits::default());
    assert_eq!(parse(Algorithm::Ed25519).unwrap().algorithm(), Algorithm::Ed25519);
    assert!(parse(Algorithm::ES256).is_err());
}

#[test]
fn h07_h08_h09_h17_parameters_that_refuse() {
    for value in ["[]", r#"["exp"]"#, r#"["alg"]"#, r#"["b64"]"#, "7", "null", "\"x\""] {
        assert_eq!(header(&format!(r#"{{"alg":"RS256","crit":{value}}}"#)), Some("crit"));
    }
    for name in ["b64", "zip", "enc"] {
        for value in ["false", "true", "null", "\"DEF\""] {
            assert_eq!(header(&format!(r#"{{"alg":"RS256","{name}":{value}}}"#)), Some(name));
        }
    }
}

#[test]
fn h10_h12_h19_ignored_parameters() {
    let ignored = r#"{"alg":"RS256","jwk":{"kty":"oct"},"jku":"https://evil.test","x5u":7,
        "x5c":[],"x5t":null,"own":{}}"#;
    assert_eq!(header(ignored), None);
}

#[test]
fn h13_the_kid_is_opaque() {
    let kid = |value: &str| parse(&token(&format!(r#"{{"alg":"RS256","kid":{value}}}"#)));
    for value in ["7", "null", "[]", "{}", &format!("\"{}\"", "x".repeat(1025))] {
        let problem = kid(value).unwrap_err();
        assert!(matches!(problem, TokenProblem::Header { name: "kid", .. }), "{problem}");
    }
    for value in ["", "../../dev/null", "' UNION", &"x".repeat(1024)] {
        assert_eq!(kid(&format!("\"{value}\"")).unwrap().kid(), Some(value));
    }
    assert_eq!(parse(&token(GOOD)).unwrap().kid(), None);
}

#[test]
fn h15_typ_of_another_kind() {
    for typ in [
        "at+jwt",
        "logout+jwt",
        "dpop+jwt",
        "oauth-authz-req+jwt",
        "entity-statement+jwt",
        "token-introspection+jwt",
        "",
        "application/",
        "JOSE",
        "jwt ",
        "text/jwt",
    ] {
        assert_eq!(header(&format!(r#"{{"alg":"RS256","typ":"{typ}"}}"#)), Some("typ"), "{typ}");
    }
    assert_eq!(header(r#"{"alg":"RS256","typ":null}"#), Some("typ"));
    for typ in ["JWT", "jwt", "application/jwt", "Application/JWT"] {
        assert_eq!(header(&format!(r#"{{"alg":"RS256","typ":"{typ}"}}"#)), None, "{typ}");
    }
    // The Kelvin sign lower-cases to k elsewhere.
    assert_eq!(header("{\"alg\":\"RS256\",\"typ\":\"\u{212a}\"}"), Some("typ"));
}

#[test]
fn h18_s12_nesting() {
    for cty in ["JWT", "jwt", "application/jwt"] {
        assert_eq!(header(&format!(r#"{{"alg":"RS256","cty":"{cty}"}}"#)), Some("cty"));
    }
    assert_eq!(header(r#"{"alg":"RS256","cty":"json"}"#), None);
}

#[test]
fn a18_the_octets_as_received_are_verified() {
    let compact = token("{ \"alg\" :\t\"RS256\" }");
    let only = |message: &str| [Arc::new(Only(message.to_owned())) as Arc<dyn VerifyingKey>];
    let (signed, _) = compact.rsplit_once('.').unwrap();
    let verified = parse(&compact).unwrap().verify(&only(signed)).unwrap();
    assert_eq!((verified.payload(), verified.algorithm()), (&b"{}"[..], Algorithm::RS256));
    assert_eq!(verified.into_payload(), b"{}");
    let problem = parse(&compact).unwrap().verify(&only("other")).unwrap_err();
    assert_eq!(problem, TokenProblem::Signature);
    assert_eq!(parse(&compact).unwrap().verify(&[]).unwrap_err(), TokenProblem::Signature);
}

#[test]
fn h03_h20_a14_secrets_and_public_keys_do_not_mix() {
    let compact = token(r#"{"alg":"HS256"}"#);
    let hs = || UnverifiedJws::parse(&compact, Algorithm::HS256, &[], &Limits::default()).unwrap();
    let (signed, _) = compact.rsplit_once('.').unwrap();
    let key: Arc<dyn VerifyingKey> = Arc::new(Only(signed.to_owned()));
    assert_eq!(hs().verify(&[key]).unwrap_err(), TokenProblem::Signature);
    let secret = |length| ClientSecret::new("x".repeat(length)).unwrap();
    let short = hs().verify_hmac(&secret(31)).unwrap_err();
    assert_eq!(short, TokenProblem::ShortSecret { required: 32 });
    assert_eq!(hs().verify_hmac(&secret(32)).unwrap_err(), TokenProblem::Signature);
    let rs = parse(&token(GOOD)).unwrap();
    assert_eq!(rs.verify_hmac(&secret(64)).unwrap_err(), TokenProblem::Signature);
}

#[test]
fn z03_debug_shows_nothing() {
    let jws = parse(&token(GOOD)).unwrap();
    assert_eq!(format!("{jws:?}"), "UnverifiedJws(RS256, redacted)");
}
