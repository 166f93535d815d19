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

impl<'a> HeaderRules<'a> {
    /// For a token whose kind has no type of its own, under its registered algorithm. One that names another kind (`at+jwt`,
    /// `logout+jwt`) is refused (RFC 8725 3.11).
    pub(crate) fn untyped(algorithm: &'a Algorithm) -> Self {
        let algorithms = std::slice::from_ref(algorithm);
        Self { algorithms, types: &["jwt"], typ_required: false }
    }
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
        4 => return Err(TokenProblem::Encrypted),
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

pub(crate) mod peek;

#[cfg(test)]
mod tests;
