//! Signed tokens in compact form (RFC 7515 7.1): read, and verified by consuming what was read.
//!
//! Order of the checks: length, parts, header, payload and signature as text, then the signature. Nothing of
//! the payload is handed out before it is good.

use std::{fmt, sync::Arc};

use crate::{
    error::{Comparison, TokenProblem},
    jose::{algorithm::Algorithm, backend::VerifyingKey, hmac},
    json::{self, Object, Value},
    limits::Limits,
    secret::ClientSecret,
    text,
};

/// A token of the right form and with an acceptable header, about which nothing else is known.
pub struct UnverifiedJws {
    /// The octets as received (RFC 7515 5.2 (8)): header and payload with the dot between them.
    signed: String,
    payload: Vec<u8>,
    signature: Vec<u8>,
    kid: Option<String>,
    typ: Option<Box<str>>,
    algorithm: Algorithm,
}

/// Which tokens are acceptable by their header.
pub(crate) struct HeaderRules<'a> {
    /// The algorithms; the header must name one of them.
    pub(crate) algorithms: &'a [Algorithm],
    /// The values of `typ`, in lower case and without `application/`.
    pub(crate) types: &'a [&'a str],
    /// A token without `typ` is refused.
    pub(crate) typ_required: bool,
}

/// A token whose signature is good. Only [`UnverifiedJws`] makes one.
pub struct VerifiedJws {
    payload: Vec<u8>,
    algorithm: Algorithm,
}

impl UnverifiedJws {
    /// Reads `compact` as a token signed with the registered `algorithm`.
    ///
    /// `types` are the acceptable values of `typ` in lower case and without `application/`; a token without
    /// `typ` is acceptable as well (RFC 8725 3.11 leaves it to the kind of token).
    ///
    /// # Errors
    /// The first rule that the token breaks.
    pub fn parse(
        compact: &str,
        algorithm: Algorithm,
        types: &[&str],
        limits: &Limits,
    ) -> Result<Self, TokenProblem> {
        let rules = HeaderRules { algorithms: &[algorithm], types, typ_required: false };
        Self::parse_by(compact, &rules, limits)
    }

    /// As [`parse`](Self::parse), under these rules.
    pub(crate) fn parse_by(
        compact: &str,
        rules: &HeaderRules<'_>,
        limits: &Limits,
    ) -> Result<Self, TokenProblem> {
        if compact.len() > limits.token {
            return Err(TokenProblem::TooLong { limit: limits.token });
        }
        let (signed, header, payload, signature) = split(compact)?;
        let header = decode(header, "its header is not base64url")?;
        let header =
            json::parse_object(&header, limits.json_depth).map_err(TokenProblem::HeaderJson)?;
        let algorithm = check_header(&header, rules)?;
        let kid = match header.get("kid") {
            None => None,
            Some(Value::String(kid)) if kid.len() <= MAX_KID => Some(kid.as_ref().to_owned()),
            Some(Value::String(_)) => return Err(refused("kid", "longer than 1024 bytes")),
            Some(_) => return Err(refused("kid", "not a string")),
        };
        let payload = decode(payload, "its payload is not base64url")?;
        let signature = decode(signature, "its signature is not base64url")?;
        // An empty payload is the detached form (RFC 7515 F).
        if payload.is_empty() || signature.is_empty() {
            return Err(TokenProblem::Syntax("its payload or signature is empty"));
        }
        let typ = header.get("typ").and_then(Value::as_str);
        let typ = typ.map(|typ| bare_type(typ).to_ascii_lowercase().into_boxed_str());
        Ok(Self { signed: signed.to_owned(), payload, signature, kid, typ, algorithm })
    }

    /// `typ`, if there, in lower case and without `application/`.
    pub(crate) fn typ(&self) -> Option<&str> {
        self.typ.as_deref()
    }

    /// `kid`: a hint to find the key, and no more than that.
    pub fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }

    /// The registered algorithm, which the header agrees with.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// Verifies the signature with any of `candidates`, which
    /// [`KeySet::candidates`](crate::jose::key_set::KeySet::candidates) chose for this token.
    ///
    /// # Errors
    /// [`TokenProblem::Signature`] when none of them fits.
    pub fn verify(self, candidates: &[Arc<dyn VerifyingKey>]) -> Result<VerifiedJws, TokenProblem> {
        self.verify_or_keep(candidates).map_err(|_| TokenProblem::Signature)
    }

    /// As [`verify`](Self::verify); a token that fits none of `candidates` comes back, to be tried with others.
    pub(crate) fn verify_or_keep(
        self,
        candidates: &[Arc<dyn VerifyingKey>],
    ) -> Result<VerifiedJws, Self> {
        let fits = |key: &Arc<dyn VerifyingKey>| {
            key.verify(self.signed.as_bytes(), &self.signature).is_ok()
        };
        if self.algorithm.is_symmetric() || !candidates.iter().any(fits) {
            return Err(self);
        }
        Ok(self.verified())
    }

    /// Verifies an HMAC keyed with the octets of the client secret (OIDC Core 10.1).
    ///
    /// # Errors
    /// [`TokenProblem::Signature`], also where the algorithm is none of HMAC;
    /// [`TokenProblem::ShortSecret`] when the secret is shorter than the hash (RFC 7518 3.2).
    pub fn verify_hmac(self, secret: &ClientSecret) -> Result<VerifiedJws, TokenProblem> {
        let secret = secret.expose().as_bytes();
        hmac::verify(self.algorithm, secret, self.signed.as_bytes(), &self.signature)?;
        Ok(self.verified())
    }

    fn verified(self) -> VerifiedJws {
        VerifiedJws { payload: self.payload, algorithm: self.algorithm }
    }
}

impl VerifiedJws {
    /// The decoded payload.
    pub fn payload(&self) -> &[u8] {
        &self.payload
    }

    /// The decoded payload, by value.
    pub fn into_payload(self) -> Vec<u8> {
        self.payload
    }

    /// The algorithm that it was signed with.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }
}

impl fmt::Debug for UnverifiedJws {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "UnverifiedJws({}, redacted)", self.algorithm)
    }
}

impl fmt::Debug for VerifiedJws {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VerifiedJws({}, redacted)", self.algorithm)
    }
}

/// The signed octets, header, payload and signature.
fn split(compact: &str) -> Result<(&str, &str, &str, &str), TokenProblem> {
    if compact.starts_with('{') {
        return Err(TokenProblem::Syntax("JSON serialization"));
    }
    let parts = match compact.bytes().filter(|byte| *byte == b'.').count() {
        2 => compact.rsplit_once('.'),
        4 => return Err(TokenProblem::Syntax("five parts: it is encrypted")),
        _ => None,
    };
    let split = parts.and_then(|(signed, signature)| {
        let (header, payload) = signed.split_once('.')?;
        Some((signed, header, payload, signature))
    });
    split.ok_or(TokenProblem::Syntax("not three parts"))
}

fn decode(part: &str, problem: &'static str) -> Result<Vec<u8>, TokenProblem> {
    text::decode_base64url(part).ok_or(TokenProblem::Syntax(problem))
}

/// `jwk`, `jku`, `x5u`, `x5c` and `x5t` are ignored like every other unknown parameter (RFC 7515 4): keys come
/// from the provider's key set alone (RFC 8725 3.10).
fn check_header(header: &Object<'_>, rules: &HeaderRules<'_>) -> Result<Algorithm, TokenProblem> {
    let algorithm = match header.get("alg") {
        // OIDC Core 3.1.3.7 (7), RFC 8725 3.1: a registered one, never the token's own choice.
        Some(Value::String(name)) => {
            let mut acceptable = rules.algorithms.iter().copied();
            let named = Algorithm::parse(name);
            acceptable.find(|own| named.is_some_and(|named| named.same_as(*own))).ok_or_else(
                || {
                    let due: Vec<_> = rules.algorithms.iter().map(|own| own.as_str()).collect();
                    TokenProblem::Algorithm(Comparison::new(&due.join(" "), name))
                },
            )?
        }
        Some(_) => return Err(refused("alg", "not a string")),
        None => return Err(refused("alg", "missing")),
    };
    for (name, reason) in NEVER {
        if header.get(name).is_some() {
            return Err(refused(name, reason));
        }
    }
    // RFC 7519 5.2
    let nested = header.get("cty").and_then(Value::as_str);
    if nested.is_some_and(|cty| bare_type(cty).eq_ignore_ascii_case("jwt")) {
        return Err(refused("cty", "a nested token"));
    }
    // RFC 8725 3.11
    match header.get("typ") {
        None if rules.typ_required => Err(refused("typ", "missing")),
        None => Ok(algorithm),
        Some(Value::String(typ)) => {
            let typ = bare_type(typ);
            if rules.types.iter().any(|acceptable| typ.eq_ignore_ascii_case(acceptable)) {
                Ok(algorithm)
            } else {
                Err(refused("typ", "another kind of token"))
            }
        }
        Some(_) => Err(refused("typ", "not a string")),
    }
}

/// A media type without `application/`, which RFC 7515 4.1.9 lets senders omit.
fn bare_type(value: &str) -> &str {
    match value.split_at_checked(APPLICATION.len()) {
        Some((prefix, rest)) if prefix.eq_ignore_ascii_case(APPLICATION) => rest,
        _ => value,
    }
}

fn refused(name: &'static str, reason: &'static str) -> TokenProblem {
    TokenProblem::Header { name, reason }
}

const APPLICATION: &str = "application/";
const MAX_KID: usize = 1024;

/// Parameters whose mere presence refuses a token.
const NEVER: [(&str, &str); 4] = [
    // RFC 7515 4.1.11: whatever it lists, we do not understand it; an empty list is malformed.
    ("crit", "extensions are not supported"),
    // RFC 7797 7, RFC 7519: not in a JWT.
    ("b64", "unencoded payloads are not supported"),
    // RFC 7516 4.1.2 and 4.1.3: of encrypted tokens.
    ("enc", "not a parameter of signed tokens"),
    ("zip", "not a parameter of signed tokens"),
];

#[cfg(test)]
mod tests {
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
        for dots in [0, 1, 3, 4, 5, 60_000] {
            assert!(syntax(&".".repeat(dots)) && syntax(&".e30".repeat(dots / 4)), "{dots}");
        }
        let (limits, dots) =
            (Limits { token: usize::MAX, ..Limits::default() }, ".".repeat(1_000_000));
        assert!(UnverifiedJws::parse(&dots, Algorithm::RS256, &[], &limits).is_err());
        let encrypted = parse("e30.a.b.c.d").unwrap_err();
        assert_eq!(encrypted, TokenProblem::Syntax("five parts: it is encrypted"));
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
            assert_eq!(
                header(&format!(r#"{{"alg":"RS256","typ":"{typ}"}}"#)),
                Some("typ"),
                "{typ}"
            );
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
        let hs =
            || UnverifiedJws::parse(&compact, Algorithm::HS256, &[], &Limits::default()).unwrap();
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
}
