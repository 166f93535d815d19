//! One misbehaviour at a time, named as the certification suite names it.

use serde_json::{Value, json};

use super::claims::IdTokenParts;
use super::keys::Keys;
use super::{Alg, CLAIMS, CLAIMS_TOKEN, JWKS, Op, OpResponse, TOKEN, compact};

macro_rules! mischief {
    ($($variant:ident $name:literal $doc:literal)*) => {
        /// What the provider does wrong, or oddly.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Mischief {
            $(#[doc = $doc] $variant,)*
        }

        impl Mischief {
            /// Every misbehaviour there is.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The certification module it stands for, or a name of our own in the same style.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }
        }
    };
}

mischief! {
    InvalidIss "oidcc-client-test-invalid-iss" "`iss` is the issuer and \"1\"."
    MissingIss "fapi2-security-profile-final-client-test-invalid-missing-iss" "No `iss`."
    MissingSub "oidcc-client-test-missing-sub" "No `sub`."
    InvalidAud "oidcc-client-test-invalid-aud" "`aud` is the client and \"1\"."
    MissingAud "oidcc-client-test-missing-aud" "No `aud`."
    InvalidSecondaryAud "fapi2-security-profile-final-client-test-invalid-secondary-aud"
        "`aud` has an unknown second member, and there is no `azp`."
    ValidAudAsArray "fapi2-security-profile-final-client-test-valid-aud-as-array"
        "`aud` is an array of one: fine."
    MissingIat "oidcc-client-test-missing-iat" "No `iat`."
    MissingExp "fapi2-security-profile-final-client-test-invalid-missing-exp" "No `exp`."
    ExpiredExp "fapi2-security-profile-final-client-test-invalid-expired-exp"
        "`exp` was six minutes ago."
    IatIsWeekInPast "fapi1-advanced-final-client-test-iat-is-week-in-past"
        "`iat` was a week ago, `exp` is good."
    NonceInvalid "oidcc-client-test-nonce-invalid" "`nonce` and \"1\", or \"null1\"."
    MissingNonce "fapi2-security-profile-final-client-test-invalid-missing-nonce" "No `nonce`."
    InvalidAtHash "oidcc-client-test-invalid-athash" "`at_hash` of another access token."
    MissingAtHash "fapi1-advanced-final-client-test-missing-athash"
        "No `at_hash`: fine in the code flow."
    InvalidCHash "oidcc-client-test-invalid-chash" "`c_hash` of another code."
    MissingCHash "oidcc-client-test-missing-chash" "No `c_hash`."
    HybridInvalidSub "hybrid-invalid-sub"
        "`sub` of the token endpoint is another one than through the browser."
    KidAbsentSingleJwks "oidcc-client-test-kid-absent-single-jwks"
        "No `kid` in the token, one key of each type without `kid`: fine."
    KidAbsentMultipleJwks "oidcc-client-test-kid-absent-multiple-jwks"
        "No `kid` in the token, several keys of each type without `kid`: either way."
    IdTokenSigRs256 "oidcc-client-test-idtoken-sig-rs256" "Discovery offers RS256 alone: fine."
    IdTokenSigNone "oidcc-client-test-idtoken-sig-none" "An unsigned token over the back channel."
    InvalidNullAlg "fapi2-security-profile-final-client-test-invalid-null-alg"
        "`alg` is `none`, the `kid` stays."
    InvalidAlternateAlg "fapi2-security-profile-final-client-test-invalid-alternate-alg"
        "ES256 for a client of RS256, RS256 for all others, with a published key."
    InvalidSigRs256 "oidcc-client-test-invalid-sig-rs256" "A damaged signature."
    InvalidSigEs256 "oidcc-client-test-invalid-sig-es256" "A damaged signature."
    InvalidSigHs256 "oidcc-client-test-invalid-sig-hs256" "A damaged signature."
    MissingAuthTime "missing-auth-time" "No `auth_time`."
    OldAuthTime "old-auth-time" "`auth_time` was yesterday."
    WrongAcr "wrong-acr" "`acr` is one that nobody asked for."
    WrongAzp "wrong-azp" "`azp` is another client."
    OddOptionalClaims "odd-optional-claims"
        "Optional claims of another type than specified: text, where a number should be."
    UserinfoInvalidSub "oidcc-client-test-userinfo-invalid-sub" "UserInfo of another `sub`."
    UserinfoMissingSub "userinfo-missing-sub" "UserInfo without `sub`."
    UserinfoBearerHeader "oidcc-client-test-userinfo-bearer-header"
        "UserInfo takes the token from the header only."
    UserinfoBearerBody "oidcc-client-test-userinfo-bearer-body"
        "UserInfo takes the token from the form only."
    UserinfoSigned "oidcc-client-test-userinfo-signed"
        "UserInfo is a signed JWT, whatever was registered."
    UserinfoSignedInvalidIss "userinfo-signed-invalid-iss" "The same of another `iss`."
    UserinfoSignedMissingIss "userinfo-signed-missing-iss" "The same without `iss`."
    UserinfoSignedInvalidAud "userinfo-signed-invalid-aud" "The same for another `aud`."
    UserinfoSignedMissingAud "userinfo-signed-missing-aud" "The same without `aud`."
    UserinfoSignedInvalidSub "userinfo-signed-invalid-sub" "The same of another `sub`."
    UserinfoSignedExpired "userinfo-signed-expired" "The same, with an `exp` six minutes ago."
    UserinfoSignedAlgNone "userinfo-signed-alg-none" "UserInfo is an unsigned JWT."
    UserinfoSignedWrongAlg "userinfo-signed-wrong-alg"
        "ES256 for a client of RS256, RS256 for all others, with a published key."
    UserinfoSignedInvalidSig "userinfo-signed-invalid-sig" "A damaged signature."
    UserinfoSignedIdToken "userinfo-signed-id-token" "An ID Token in the place of UserInfo."
    AggregatedClaims "oidcc-client-test-aggregated-claims"
        "UserInfo holds a claim source, an unsigned JWT."
    DistributedClaims "oidcc-client-test-distributed-claims"
        "UserInfo names a claims endpoint and an access token for it."
    DiscoveryIssuerMismatch "oidcc-client-test-discovery-issuer-mismatch"
        "The document's `issuer` is the issuer and \"INVALID\"."
    DiscoveryMissingIssuer "discovery-missing-issuer" "No `issuer`."
    DiscoveryMissingAuthorizationEndpoint "discovery-missing-authorization-endpoint"
        "No `authorization_endpoint`."
    DiscoveryMissingTokenEndpoint "discovery-missing-token-endpoint" "No `token_endpoint`."
    DiscoveryMissingJwksUri "discovery-missing-jwks-uri" "No `jwks_uri`."
    SigningKeyRotation "oidcc-client-test-signing-key-rotation"
        "New keys with each authorization but the first: fine."
    SigningKeyRotationJustBeforeSigning "oidcc-client-test-signing-key-rotation-just-before-signing"
        "New keys right before each ID Token of a login is signed: fine."
    DecoyKeysSharingKid "fapi2-security-profile-final-client-test-happy-path"
        "Keys of other type or `alg` share the `kid` of the true ones: fine."
    JwksUnavailable "jwks-unavailable" "The key set is a 500."
    InvalidAuthorizationResponseIss
        "fapi2-security-profile-final-client-test-invalid-authorization-response-iss"
        "The response's `iss` is the issuer and \"1\"."
    RemoveAuthorizationResponseIss
        "fapi2-security-profile-final-client-test-remove-authorization-response-iss"
        "No `iss` in the response, though it was announced."
    InvalidState
        "fapi2-security-profile-final-client-test-ensure-authorization-response-with-invalid-state-fails"
        "`state` and \"1\", even when none was sent."
    MissingState
        "fapi2-security-profile-final-client-test-ensure-authorization-response-with-invalid-missing-state-fails"
        "No `state`."
    DuplicateCallbackParameter "duplicate-callback-parameter" "A second `code` or `error`."
    CodeAndError "code-and-error" "A `code` and an `error` in one response."
    JarmWithoutIss "fapi2-security-profile-final-client-test-ensure-jarm-without-iss-fails"
        "A response token without `iss`."
    JarmInvalidIss "fapi2-security-profile-final-client-test-ensure-jarm-with-invalid-iss-fails"
        "A response token whose `iss` is the issuer and \"1\"."
    JarmWithoutAud "fapi2-security-profile-final-client-test-ensure-jarm-without-aud-fails"
        "A response token without `aud`."
    JarmInvalidAud "fapi2-security-profile-final-client-test-ensure-jarm-with-invalid-aud-fails"
        "A response token whose `aud` is the client and \"1\"."
    JarmWithoutExp "fapi2-security-profile-final-client-test-ensure-jarm-without-exp-fails"
        "A response token without `exp`."
    JarmExpiredExp "fapi2-security-profile-final-client-test-ensure-jarm-with-expired-exp-fails"
        "A response token whose `exp` was six minutes ago."
    JarmInvalidSig "fapi2-security-profile-final-client-test-ensure-jarm-with-invalid-sig-fails"
        "A response token with a damaged signature."
    JarmSignatureIsNone "fapi2-security-profile-final-client-test-ensure-jarm-signature-is-not-none"
        "An unsigned response token."
    TokenResponseWithoutExpiresIn
        "fapi2-security-profile-final-client-test-token-endpoint-response-without-expires_in"
        "No `expires_in`: fine."
    TokenTypeCaseInsensitivity
        "fapi2-security-profile-final-client-test-token-type-case-insensitivity"
        "`token_type` is `bEARER`: fine."
    NoScopeInTokenResponse "fapi1-advanced-final-client-test-no-scope-in-token-endpoint-response"
        "Neither `scope` nor `expires_in`: fine."
    MissingIdToken "missing-id-token" "No `id_token`."
    ErrorInside200 "error-inside-200" "An OAuth error with status 200."
    HtmlErrorPage "html-error-page" "A 502 page of some proxy instead of tokens."
    RedirectingToken "redirecting-token" "The token endpoint redirects to another path."
    ExpiresInAsText "expires-in-as-text" "`expires_in` is \"3600\"."
    ScopeAsArray "scope-as-array" "`scope` is an array."
    RefreshTokenInvalidIssuer "oidcc-client-test-refresh-token-invalid-issuer"
        "The refreshed token has another `iss`."
    RefreshTokenInvalidSub "oidcc-client-test-refresh-token-invalid-sub"
        "The refreshed token has another `sub`."
    RefreshInvalidAud "refresh-token-invalid-aud" "The refreshed token has another `aud`."
    RefreshInvalidAuthTime "refresh-token-invalid-auth-time"
        "The refreshed token has an earlier `auth_time`."
    RefreshInvalidNonce "refresh-token-invalid-nonce" "The refreshed token has a new `nonce`."
    RefreshWithoutRefreshToken "refresh-without-refresh-token"
        "No `refresh_token` in the answer to a refresh: fine."
    LogoutOtherState "oidcc-client-test-rp-init-logout-other-state"
        "The post-logout redirect has another `state`."
    LogoutNoState "oidcc-client-test-rp-init-logout-no-state"
        "The post-logout redirect has no `state`."
    LogoutTokenAlgNone "oidcc-client-test-rp-backchannel-rpinitlogout-alg-none"
        "An unsigned logout token."
    LogoutTokenNoEvent "oidcc-client-test-rp-backchannel-rpinitlogout-no-event"
        "A logout token without `events`."
    LogoutTokenWrongEvent "oidcc-client-test-rp-backchannel-rpinitlogout-wrong-event"
        "A logout token with another event."
    LogoutTokenWithNonce "oidcc-client-test-rp-backchannel-rpinitlogout-with-nonce"
        "A logout token with `nonce`."
    LogoutTokenWrongAlg "oidcc-client-test-rp-backchannel-rpinitlogout-wrong-alg"
        "A logout token of ES256 for a client of RS256, RS256 for all others, with a published key."
    LogoutTokenWrongAud "oidcc-client-test-rp-backchannel-rpinitlogout-wrong-aud"
        "A logout token whose `aud` is the client and \"1\"."
    LogoutTokenWrongIss "oidcc-client-test-rp-backchannel-rpinitlogout-wrong-iss"
        "A logout token whose `iss` is the issuer and \"1\"."
}

impl Mischief {
    pub(super) fn on_logout_token(self, op: &Op, header: &mut Value, claims: &mut Value) {
        match self {
            Self::LogoutTokenAlgNone => *header = json!({ "alg": "none", "typ": "logout+jwt" }),
            Self::LogoutTokenNoEvent => remove(claims, "events"),
            Self::LogoutTokenWrongEvent => {
                claims["events"] = json!({ "http://schemas.openid.net/event/another": {} });
            }
            Self::LogoutTokenWithNonce => claims["nonce"] = "n".into(),
            Self::LogoutTokenWrongAlg => {
                let registered = header["alg"] == Alg::Rs256.name();
                let other = if registered { Alg::Es256 } else { Alg::Rs256 };
                *header = super::claims::header(op, other);
            }
            Self::LogoutTokenWrongAud => append(claims, "aud", "1"),
            Self::LogoutTokenWrongIss => append(claims, "iss", "1"),
            _ => {}
        }
    }

    pub(super) fn on_discovery(self, document: &mut Value) {
        match self {
            Self::DiscoveryIssuerMismatch => append(document, "issuer", "INVALID"),
            Self::DiscoveryMissingIssuer => remove(document, "issuer"),
            Self::DiscoveryMissingAuthorizationEndpoint => {
                remove(document, "authorization_endpoint");
            }
            Self::DiscoveryMissingTokenEndpoint => remove(document, "token_endpoint"),
            Self::DiscoveryMissingJwksUri => remove(document, "jwks_uri"),
            Self::IdTokenSigRs256 => {
                document["id_token_signing_alg_values_supported"] = json!(["RS256"]);
            }
            _ => {}
        }
    }

    pub(super) fn on_jwks(self, keys: &Keys, set: &mut Value) {
        match self {
            Self::KidAbsentSingleJwks => {
                *set = keys.single_jwks();
                each_key(set, |key| remove(key, "kid"));
            }
            Self::KidAbsentMultipleJwks => each_key(set, |key| remove(key, "kid")),
            Self::DecoyKeysSharingKid => {
                let mut decoys = set.clone();
                let kids = [Alg::Es256, Alg::Rs256].map(|alg| keys.kid(alg));
                each_key(&mut decoys, |key| {
                    let rsa = key["kty"] == "RSA";
                    key["kid"] = kids[usize::from(!rsa)].as_str().into();
                    key["alg"] = if rsa { "RS512" } else { "ES512" }.into();
                });
                if let (Some(all), Some(true_ones)) =
                    (decoys["keys"].as_array_mut(), set["keys"].as_array_mut())
                {
                    all.append(true_ones);
                }
                *set = decoys;
            }
            _ => {}
        }
    }

    pub(super) fn on_callback(self, pairs: &mut Vec<(String, String)>) {
        let at = |pairs: &[(String, String)], name: &str| pairs.iter().position(|p| p.0 == name);
        match self {
            Self::InvalidAuthorizationResponseIss => {
                if let Some(at) = at(pairs, "iss") {
                    pairs[at].1.push('1');
                }
            }
            Self::RemoveAuthorizationResponseIss => pairs.retain(|(name, _)| name != "iss"),
            Self::InvalidState => match at(pairs, "state") {
                Some(at) => pairs[at].1.push('1'),
                None => pairs.push(("state".into(), "1".into())),
            },
            Self::MissingState => pairs.retain(|(name, _)| name != "state"),
            Self::DuplicateCallbackParameter => pairs.push((pairs[0].0.clone(), "second".into())),
            Self::CodeAndError => match at(pairs, "code") {
                Some(_) => pairs.push(("error".into(), "access_denied".into())),
                None => pairs.push(("code".into(), "code-of-nobody".into())),
            },
            _ => {}
        }
    }

    pub(super) fn before_signing(self, op: &Op, parts: &IdTokenParts) {
        if self == Self::SigningKeyRotationJustBeforeSigning && !parts.refreshed {
            op.rotate_keys();
        }
    }

    pub(super) fn on_id_token(
        self,
        op: &Op,
        header: &mut Value,
        claims: &mut Value,
        parts: &IdTokenParts,
    ) {
        let now = parts.now;
        match self {
            Self::InvalidIss => append(claims, "iss", "1"),
            Self::MissingIss => remove(claims, "iss"),
            Self::MissingSub => remove(claims, "sub"),
            Self::InvalidAud => append(claims, "aud", "1"),
            Self::MissingAud => remove(claims, "aud"),
            Self::InvalidSecondaryAud => claims["aud"] = json!([parts.client_id, "unknown"]),
            Self::ValidAudAsArray => claims["aud"] = json!([parts.client_id]),
            Self::MissingIat => remove(claims, "iat"),
            Self::MissingExp => remove(claims, "exp"),
            Self::ExpiredExp => claims["exp"] = (now - 6 * 60).into(),
            Self::IatIsWeekInPast => claims["iat"] = (now - 7 * DAY).into(),
            Self::NonceInvalid => {
                let nonce = parts.nonce.as_deref().unwrap_or("null");
                claims["nonce"] = format!("{nonce}1").into();
            }
            Self::MissingNonce => remove(claims, "nonce"),
            Self::InvalidAtHash => {
                let alg = header["alg"].as_str().and_then(Alg::from_name);
                claims["at_hash"] = alg.unwrap_or(Alg::Rs256).left_hash("another").into();
            }
            Self::MissingAtHash => remove(claims, "at_hash"),
            Self::InvalidCHash if parts.code.is_some() => {
                let alg = header["alg"].as_str().and_then(Alg::from_name);
                claims["c_hash"] = alg.unwrap_or(Alg::Rs256).left_hash("another").into();
            }
            Self::MissingCHash => remove(claims, "c_hash"),
            Self::HybridInvalidSub if !parts.front_channel => append(claims, "sub", "1"),
            Self::KidAbsentSingleJwks | Self::KidAbsentMultipleJwks => remove(header, "kid"),
            Self::IdTokenSigNone => *header = json!({ "alg": "none" }),
            Self::InvalidNullAlg => header["alg"] = "none".into(),
            Self::InvalidAlternateAlg => {
                let registered = header["alg"] == Alg::Rs256.name();
                let other = if registered { Alg::Es256 } else { Alg::Rs256 };
                *header = super::claims::header(op, other);
                claims["at_hash"] = other.left_hash(&parts.access_token).into();
            }
            Self::MissingAuthTime => remove(claims, "auth_time"),
            Self::OldAuthTime => claims["auth_time"] = (now - DAY).into(),
            Self::WrongAcr => claims["acr"] = "urn:test:nobody-asked".into(),
            Self::WrongAzp => claims["azp"] = "another-client".into(),
            Self::OddOptionalClaims => odd_claims(claims),
            Self::RefreshTokenInvalidIssuer if parts.refreshed => append(claims, "iss", "1"),
            Self::RefreshTokenInvalidSub if parts.refreshed => append(claims, "sub", "1"),
            Self::RefreshInvalidAud if parts.refreshed => append(claims, "aud", "1"),
            Self::RefreshInvalidAuthTime if parts.refreshed => {
                claims["auth_time"] = (parts.auth_time - 1000).into();
            }
            Self::RefreshInvalidNonce if parts.refreshed => claims["nonce"] = "a-new-one".into(),
            _ => {}
        }
    }

    pub(super) fn on_signature(self, signature: &mut [u8]) {
        let damaged = [Self::InvalidSigRs256, Self::InvalidSigEs256, Self::InvalidSigHs256];
        if damaged.contains(&self) {
            let middle = signature.len() / 2;
            signature.iter_mut().skip(middle).take(4).for_each(|byte| *byte ^= 0x5a);
        }
    }

    pub(super) fn on_token_response(self, document: &mut Value, refreshed: bool) {
        match self {
            Self::TokenResponseWithoutExpiresIn => remove(document, "expires_in"),
            Self::TokenTypeCaseInsensitivity => document["token_type"] = "bEARER".into(),
            Self::NoScopeInTokenResponse => {
                remove(document, "scope");
                remove(document, "expires_in");
            }
            Self::MissingIdToken => remove(document, "id_token"),
            Self::ErrorInside200 => {
                *document = json!({ "error": "invalid_grant", "error_description": "Not today." });
            }
            Self::ExpiresInAsText => {
                document["expires_in"] = document["expires_in"].to_string().into();
            }
            Self::ScopeAsArray => {
                let scope = document["scope"].as_str().unwrap_or("").split(' ');
                document["scope"] = scope.map(str::to_owned).collect::<Vec<_>>().into();
            }
            Self::RefreshWithoutRefreshToken if refreshed => remove(document, "refresh_token"),
            _ => {}
        }
    }

    pub(super) fn on_userinfo(self, op: &Op, claims: &mut Value) {
        match self {
            Self::UserinfoInvalidSub => append(claims, "sub", "1"),
            Self::UserinfoMissingSub => remove(claims, "sub"),
            Self::OddOptionalClaims => odd_claims(claims),
            Self::AggregatedClaims => {
                let source =
                    compact("{\"alg\":\"none\"}", "{\"credit_score\":650}", |_| Vec::new());
                claims["_claim_names"] = json!({ "credit_score": "src1" });
                claims["_claim_sources"] = json!({ "src1": { "JWT": source } });
            }
            Self::DistributedClaims => {
                let endpoint = op.endpoint(CLAIMS);
                let source = json!({ "endpoint": endpoint, "access_token": CLAIMS_TOKEN });
                claims["_claim_names"] = json!({ "credit_score": "src1" });
                claims["_claim_sources"] = json!({ "src1": source });
            }
            _ => {}
        }
    }

    pub(super) fn on_answer(self, op: &Op, endpoint: &str, response: &mut OpResponse) {
        match (self, endpoint) {
            (Self::JwksUnavailable, JWKS) => {
                *response = OpResponse::new(500, "text/plain", "out of order");
            }
            (Self::HtmlErrorPage, TOKEN) => {
                *response = OpResponse::page(502, "Bad gateway", "<p>Please come back later.</p>");
            }
            (Self::RedirectingToken, TOKEN) => {
                *response = OpResponse::see_other(&op.endpoint("/elsewhere"));
                response.status = 302;
            }
            _ => {}
        }
    }
}

// Seen at real providers: text instead of booleans, numbers and arrays.
fn odd_claims(claims: &mut Value) {
    claims["email_verified"] = "true".into();
    claims["updated_at"] = "2023-11-14T22:13:20Z".into();
    claims["amr"] = "pwd".into();
    claims["locale"] = json!({ "language": "en", "country": "GB" });
}

pub(super) fn append(object: &mut Value, member: &str, end: &str) {
    let value = object[member].as_str().unwrap_or("");
    object[member] = format!("{value}{end}").into();
}

pub(super) fn remove(object: &mut Value, member: &str) {
    if let Some(members) = object.as_object_mut() {
        members.remove(member);
    }
}

fn each_key(set: &mut Value, change: impl Fn(&mut Value)) {
    set["keys"].as_array_mut().into_iter().flatten().for_each(change);
}

const DAY: i64 = 24 * 60 * 60;

#[cfg(test)]
mod tests {
    use crate::op::tests::{NOW, VERIFIER, authorization_url, callback, url};
    use crate::op::{DISCOVERY, END_SESSION, OpConfig, OpRequest, USERINFO};

    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_answers_and_every_mischief_shows() {
        let honest = scenario(None);
        assert_eq!(honest, scenario(None));
        for mischief in Mischief::ALL {
            assert!(honest != scenario(Some(*mischief)), "{} does not show", mischief.name());
        }
        let mut names: Vec<_> = Mischief::ALL.iter().map(|mischief| mischief.name()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), Mischief::ALL.len());
    }

    /// Everything a client can be told: two logins, a hybrid response, a refresh, a logout.
    fn scenario(mischief: Option<Mischief>) -> Vec<OpResponse> {
        let mut config = OpConfig::default();
        for client in &mut config.clients {
            client.logout.back_channel = Some("https://rp.test/told".into());
        }
        let op = Op::new(config);
        op.set_mischief(mischief);
        let mut answers = Vec::new();
        for path in [DISCOVERY, JWKS] {
            answers.push(op.handle(&OpRequest::get(url(&op, path)), NOW));
        }
        for _ in 0..2 {
            answers.push(op.handle(&OpRequest::get(authorization_url(&op, &[])), NOW));
            let code = callback(answers.last().unwrap()).remove("code").unwrap();
            answers.push(op.redeem(&code, VERIFIER, NOW));
        }
        let tokens = answers.last().unwrap().document();
        let hybrid = [("response_type", "code id_token token")];
        answers.push(op.handle(&OpRequest::get(authorization_url(&op, &hybrid)), NOW));
        let signed = [("response_mode", "jwt")];
        answers.push(op.handle(&OpRequest::get(authorization_url(&op, &signed)), NOW));
        let text = |name: &str| tokens[name].as_str().unwrap_or("").to_owned();
        answers.push(op.userinfo(&text("access_token"), NOW));
        let form = [("access_token", text("access_token"))];
        let form = form.each_ref().map(|(name, value)| (*name, value.as_str()));
        answers.push(op.handle(&OpRequest::post_form(url(&op, USERINFO), &form), NOW));
        answers.push(op.refresh(&text("refresh_token"), NOW));
        let hint = text("id_token");
        let bye = [
            ("id_token_hint", hint.as_str()),
            ("client_id", "public"),
            ("post_logout_redirect_uri", "http://127.0.0.1:9/bye"),
            ("state", "s"),
        ];
        answers.push(op.handle(&OpRequest::post_form(url(&op, END_SESSION), &bye), NOW));
        answers
            .extend(op.take_logouts().into_iter().map(|told| OpResponse::new(200, "", told.body)));
        answers
    }
}
