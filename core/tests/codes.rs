//! The codes of errors, frozen: a code that is taken away or means something else breaks somebody's log search.
//! Every variant is made here; that none is forgotten is seen by reading the sources.

use std::collections::BTreeSet;

use relying_party::error::{
    AgentAnswer, AgentProblem, ApiMisuse, Bound, CallbackProblem, Claim, ClaimProblem,
    ClaimSourceProblem, Comparison, Error, ErrorKind, FailureKind, InitiationProblem, JsonFault,
    JsonProblem, JwkProblem, KeyProblem, LogoutProblem, MetadataProblem, OAuthError, Purpose,
    ResponseProblem, Shown, SigningProblem, StoredProblem, TokenKind, TokenProblem,
    TransportFailure,
};

fn shown() -> Shown {
    Shown::new("x")
}

fn comparison() -> Comparison {
    Comparison::new("x", "y")
}

fn json(fault: JsonFault) -> JsonProblem {
    JsonProblem { path: Shown::new("$"), fault }
}

/// Every error but those about claims, with its code.
fn errors() -> Vec<(&'static str, Error)> {
    let mut all: Vec<(&'static str, Error)> = vec![
        ("provider.error", oauth_error().into()),
        ("keys.unknown", KeyProblem::Unknown { kid: None }.into()),
        ("keys.unavailable", KeyProblem::Unavailable(None).into()),
        ("device.expired", ErrorKind::DeviceExpired.into()),
        ("entropy", ErrorKind::Entropy.into()),
        ("unreachable", ErrorKind::Unreachable("x").into()),
    ];
    all.extend(agent().map(|(code, problem)| (code, problem.into())));
    all.extend(callback().map(|(code, problem)| (code, problem.into())));
    all.extend(initiation().map(|(code, problem)| (code, problem.into())));
    all.extend(logout().map(|(code, problem)| (code, problem.into())));
    all.extend(claim_sources().map(|(code, problem)| (code, problem.into())));
    all.extend(metadata().map(|(code, problem)| (code, problem.into())));
    all.extend(misuse().map(|(code, misuse)| (code, misuse.into())));
    all.extend(signing().map(|(code, problem)| (code, problem.into())));
    let purpose = Purpose::Token;
    all.extend(
        response().map(|(code, problem)| (code, ErrorKind::Response { purpose, problem }.into())),
    );
    let kind = TokenKind::IdToken;
    all.extend(token().map(|(code, problem)| (code, ErrorKind::Token { kind, problem }.into())));
    all.extend(transport().map(|(code, kind)| {
        let failure = TransportFailure::new(kind, "x");
        (code, ErrorKind::Transport { purpose, failure }.into())
    }));
    all.extend(bounds().map(|(code, what)| (code, ErrorKind::Limit { what, limit: 1 }.into())));
    all.extend(
        stored().map(|(code, problem)| (code, ErrorKind::Stored { what: "x", problem }.into())),
    );
    all
}

fn oauth_error() -> OAuthError {
    OAuthError { endpoint: Purpose::Token, status: None, error: shown(), description: None }
}

fn agent() -> impl Iterator<Item = (&'static str, AgentProblem)> {
    use AgentProblem::*;
    let answer = || AgentAnswer { error: shown(), help: None };
    let own = [
        ("agent.not_set", NotSet("x")),
        ("agent.address", Address("x")),
        ("agent.untrusted", Untrusted { reason: "x", at: shown() }),
        ("agent.connect", Connect { reason: shown(), at: shown() }),
        ("agent.timeout", Timeout),
        ("agent.closed", Closed),
        ("agent.no_reply", NoReply),
        ("agent.key", Key),
        ("agent.weak_key", WeakKey),
        ("agent.downgrade", Downgrade),
        ("agent.decryption", Decryption),
        ("agent.refused", Refused(answer())),
        ("agent.frame", Frame("x")),
        ("agent.truncated", Truncated),
        ("agent.trailing", Trailing),
        ("agent.other_reply", OtherReply(shown())),
        ("agent.other_issuer", OtherIssuer(comparison())),
        ("agent.token_characters", TokenCharacters("x")),
        ("agent.error", Answered(answer())),
        ("agent.busy", Busy { answer: answer(), after: None }),
        ("agent.unsupported", Unsupported(answer())),
        ("agent.locked", Locked(answer())),
        ("agent.unknown_account", UnknownAccount(answer())),
        ("agent.not_loaded", NotLoaded(answer())),
        ("agent.remote", Remote(Box::new(Timeout))),
    ];
    own.into_iter().chain(faults().map(|(code, fault)| (code, Json(json(fault)))))
}

fn callback() -> [(&'static str, CallbackProblem); 19] {
    use CallbackProblem::*;
    [
        ("callback.encoding", Encoding),
        ("callback.duplicate", Duplicate(shown())),
        ("callback.state.missing", StateMissing),
        ("callback.state.mismatch", StateMismatch),
        ("callback.expired", Expired),
        ("callback.other_client", OtherClient(comparison())),
        ("callback.iss.missing", IssMissing),
        ("callback.iss.mismatch", IssMismatch(comparison())),
        ("callback.response_mode", ResponseMode(comparison())),
        ("callback.code_and_error", CodeAndError),
        ("callback.code.missing", CodeMissing),
        ("callback.code.malformed", CodeMalformed),
        ("callback.unexpected", Unexpected(shown())),
        ("callback.token.missing", TokenMissing("x")),
        ("callback.malformed", Malformed("x")),
        ("callback.client_id.mismatch", ClientId(comparison())),
        ("callback.response.missing", ResponseMissing),
        ("callback.state.unknown", StateUnknown),
        ("callback.logout_state", LogoutState),
    ]
}

fn signing() -> [(&'static str, SigningProblem); 3] {
    use SigningProblem::*;
    [
        ("signing.failed", Failed),
        ("signing.length", Length(comparison())),
        ("signing.credential", Credential),
    ]
}

fn initiation() -> [(&'static str, InitiationProblem); 6] {
    use InitiationProblem::*;
    [
        ("initiation.too_long", TooLong),
        ("initiation.encoding", Encoding),
        ("initiation.duplicate", Duplicate(shown())),
        ("initiation.iss.missing", IssMissing),
        ("initiation.iss.mismatch", IssMismatch(comparison())),
        ("initiation.target_link_uri", TargetLinkUri),
    ]
}

fn logout() -> [(&'static str, LogoutProblem); 10] {
    use LogoutProblem::*;
    [
        ("logout.too_long", TooLong),
        ("logout.content_type", ContentType(shown())),
        ("logout.encoding", Encoding),
        ("logout.duplicate", Duplicate(shown())),
        ("logout.token.missing", TokenMissing),
        ("logout.iss.missing", IssMissing),
        ("logout.iss.mismatch", IssMismatch(comparison())),
        ("logout.sid.missing", SidMissing),
        ("logout.sid.malformed", SidMalformed),
        ("logout.replay", Replay),
    ]
}

fn claim_sources() -> [(&'static str, ClaimSourceProblem); 7] {
    use ClaimSourceProblem::*;
    [
        ("claim_source.malformed", Malformed(json(JsonFault::Missing))),
        ("claim_source.reserved", Reserved(shown())),
        ("claim_source.missing", Missing(shown())),
        ("claim_source.empty", Empty(shown())),
        ("claim_source.ambiguous", Ambiguous(shown())),
        ("claim_source.endpoint", Endpoint("x")),
        ("claim_source.origin", Origin(shown())),
    ]
}

fn faults() -> [(&'static str, JsonFault); 5] {
    [
        ("json.syntax", JsonFault::Syntax),
        ("json.duplicate", JsonFault::Duplicate),
        ("json.too_deep", JsonFault::TooDeep),
        ("json.missing", JsonFault::Missing),
        ("json.type", JsonFault::WrongType("x")),
    ]
}

fn response() -> impl Iterator<Item = (&'static str, ResponseProblem)> {
    use ResponseProblem::*;
    let own = [
        ("response.status", Status(500)),
        ("response.redirect", Redirect(302)),
        ("response.no_id_token", NoIdToken),
        ("response.token_type", TokenType(shown())),
        ("response.token_characters", TokenCharacters("x")),
        ("response.address", Address { member: "x", reason: "x" }),
        ("response.unavailable", Unavailable(None)),
        ("response.registered", Registered { member: "x", reason: "x" }),
        ("response.not_registered", NotRegistered),
        ("response.no_issuer_link", NoIssuerLink),
        ("response.content_type", ContentType(shown())),
    ];
    own.into_iter().chain(faults().map(|(code, fault)| (code, Json(json(fault)))))
}

fn metadata() -> [(&'static str, MetadataProblem); 3] {
    use MetadataProblem::*;
    [
        ("metadata.issuer", Issuer(comparison())),
        ("metadata.address", Address { member: "x", reason: "x", address: shown() }),
        ("metadata.missing", Missing("x")),
    ]
}

fn token() -> impl Iterator<Item = (&'static str, TokenProblem)> {
    use TokenProblem::*;
    let own = [
        ("token.too_long", TooLong { limit: 1 }),
        ("token.syntax", Syntax("x")),
        ("token.header", Header { name: "x", reason: "x" }),
        ("token.algorithm", Algorithm(comparison())),
        ("token.not_encrypted", NotEncrypted),
        ("token.encrypted", Encrypted),
        ("token.not_signed", NotSigned),
        ("token.signed", Signed),
        ("token.encrypted_syntax", EncryptedSyntax("x")),
        ("token.encryption", Encryption { name: "x", comparison: comparison() }),
        ("token.decryption", Decryption),
        ("token.signature", Signature),
        ("token.short_secret", ShortSecret { required: 32 }),
        ("token.inactive", Inactive),
    ];
    let json = faults().into_iter().flat_map(|(code, fault)| {
        let problem = json(fault);
        [(code, HeaderJson(problem.clone())), (code, PayloadJson(problem))]
    });
    own.into_iter().chain(json)
}

fn transport() -> [(&'static str, FailureKind); 5] {
    [
        ("transport.timeout", FailureKind::Timeout),
        ("transport.connect", FailureKind::Connect),
        ("transport.tls", FailureKind::Tls),
        ("transport.too_large", FailureKind::TooLarge),
        ("transport.other", FailureKind::Other),
    ]
}

fn bounds() -> [(&'static str, Bound); 9] {
    [
        ("limit.callback", Bound::Callback),
        ("limit.key_set", Bound::KeySet),
        ("limit.links", Bound::Links),
        ("limit.claim_sources", Bound::ClaimSources),
        ("limit.claim_names", Bound::ClaimNames),
        ("limit.pending_login", Bound::PendingLogin),
        ("limit.sealed", Bound::Sealed),
        ("limit.agent_request", Bound::AgentRequest),
        ("limit.agent_reply", Bound::AgentReply),
    ]
}

fn stored() -> [(&'static str, StoredProblem); 6] {
    use StoredProblem::*;
    [
        ("stored.version", Version(9)),
        ("stored.malformed", Malformed),
        ("stored.too_long", TooLong(1)),
        ("stored.seal_key", SealKey),
        ("stored.seal", Seal),
        ("stored.other_name", OtherName),
    ]
}

fn misuse() -> [(&'static str, ApiMisuse); 32] {
    use ApiMisuse::*;
    [
        ("misuse.issuer", Issuer("x")),
        ("misuse.redirect_uri", RedirectUri("x")),
        ("misuse.characters", Characters("x")),
        ("misuse.response_type", ResponseType(shown())),
        ("misuse.parameter", Parameter(shown())),
        ("misuse.no_such_endpoint", NoSuchEndpoint("x")),
        ("misuse.not_offered", NotOffered("x")),
        ("misuse.secret_expired", SecretExpired),
        ("misuse.no_secret", NoSecret),
        ("misuse.short_secret", ShortSecret(32)),
        ("misuse.algorithm", Algorithm("x")),
        ("misuse.encryption", Encryption("x")),
        ("misuse.no_decryption_key", NoDecryptionKey("x")),
        ("misuse.no_remote_signer", NoRemoteSigner),
        ("misuse.other_client", OtherClient(comparison())),
        ("misuse.address", Address("x")),
        ("misuse.metadata", Metadata(shown())),
        ("misuse.identifier", Identifier("x")),
        ("misuse.no_id_tokens", NoIdTokens),
        ("misuse.client_exists", ClientExists(shown())),
        ("misuse.no_such_client", NoSuchClient(shown())),
        ("misuse.header", Header),
        ("misuse.signing_key", SigningKey("x")),
        ("misuse.decryption_key", DecryptionKey(JwkProblem::Malformed)),
        ("misuse.seal_key", SealKey),
        ("misuse.client_keys", ClientKeys("x")),
        ("misuse.no_signing_key", NoSigningKey),
        ("misuse.auth_method", AuthMethod { method: "x", endpoint: "x" }),
        ("misuse.assertion_audience", AssertionAudience),
        ("misuse.request_object", RequestObject("x")),
        ("misuse.request_object_required", RequestObjectRequired),
        ("misuse.no_redirect_uri", NoRedirectUri),
    ]
}

const CLAIMS: [(&str, Claim); 21] = [
    ("iss", Claim::Iss),
    ("sub", Claim::Sub),
    ("aud", Claim::Aud),
    ("azp", Claim::Azp),
    ("exp", Claim::Exp),
    ("iat", Claim::Iat),
    ("nbf", Claim::Nbf),
    ("nonce", Claim::Nonce),
    ("auth_time", Claim::AuthTime),
    ("acr", Claim::Acr),
    ("at_hash", Claim::AtHash),
    ("c_hash", Claim::CHash),
    ("tid", Claim::Tid),
    ("client_id", Claim::ClientId),
    ("scope", Claim::Scope),
    ("cnf", Claim::Cnf),
    ("typ", Claim::Typ),
    ("token_type", Claim::TokenType),
    ("events", Claim::Events),
    ("sid", Claim::Sid),
    ("jti", Claim::Jti),
];

fn claim_problems() -> [(&'static str, ClaimProblem); 7] {
    [
        ("missing", ClaimProblem::Missing),
        ("malformed", ClaimProblem::Malformed),
        ("mismatch", ClaimProblem::Mismatch(None)),
        ("expired", ClaimProblem::Expired),
        ("not_yet", ClaimProblem::NotYet),
        ("unexpected", ClaimProblem::Unexpected),
        ("untrusted", ClaimProblem::Untrusted(shown())),
    ]
}

#[test]
fn every_error_has_its_code() {
    for (code, error) in errors() {
        assert_eq!(error.code(), code, "{error}");
    }
}

#[test]
fn every_claim_and_fault_has_its_code() {
    for (name, claim) in CLAIMS {
        assert_eq!(claim.name(), name);
        for (fault, problem) in claim_problems() {
            let problem = TokenProblem::Claim { claim, problem };
            let error = Error::from(ErrorKind::Token { kind: TokenKind::IdToken, problem });
            assert_eq!(error.code(), format!("claim.{name}.{fault}"));
        }
    }
}

#[test]
fn no_two_rules_share_a_code() {
    let mut seen = BTreeSet::new();
    for (code, error) in errors() {
        let text = error.to_string();
        assert!(seen.insert(code) || code.starts_with("json."), "{code}: {text}");
        assert!(!text.is_empty(), "{code}");
    }
}

/// A code in the sources that is not made above belongs into the list.
#[test]
fn no_code_is_forgotten() {
    let sources = [
        include_str!("../src/error/agent.rs"),
        include_str!("../src/error/mod.rs"),
        include_str!("../src/error/claim_source.rs"),
        include_str!("../src/error/detail.rs"),
        include_str!("../src/error/logout.rs"),
        include_str!("../src/error/misuse.rs"),
        include_str!("../src/error/token.rs"),
    ];
    let is_code = |text: &str| {
        let parts: Vec<_> = text.split('.').collect();
        let word = |part: &&str| {
            !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')
        };
        parts.len() > 1 && parts.iter().all(word)
    };
    let quoted = sources.iter().flat_map(|source| source.split('"').skip(1).step_by(2));
    let written: BTreeSet<&str> = quoted.filter(|text| is_code(text)).collect();
    let mut frozen: BTreeSet<&str> = errors().into_iter().map(|(code, _)| code).collect();
    assert!(frozen.remove("entropy") && frozen.remove("unreachable"));
    // Never shown: a JSON problem of an answer has the code of its fault.
    frozen.extend(["agent.json", "response.json"]);
    assert_eq!(written, frozen);

    let claims = include_str!("../src/error/token.rs").split("claims! {").nth(1).unwrap();
    let names = claims.split('}').next().unwrap().split('"').skip(1).step_by(2);
    assert_eq!(names.collect::<Vec<_>>(), CLAIMS.map(|(name, _)| name));
}
