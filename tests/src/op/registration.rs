//! Clients that register themselves (OIDC Registration 3, RFC 7591) and manage what was registered (RFC 7592).

use serde_json::{Map, Value, json};

use super::config::ClientAuthMethod;
use super::config::RegisteredObjects;
use super::token::Refusal;
use super::{
    Alg, Encryptions, LogoutUris, Op, OpClient, OpRequest, OpResponse, REGISTERED,
    method_not_allowed,
};

/// How clients register themselves.
#[derive(Clone, Debug)]
pub struct RegistrationConfig {
    /// The token without which nobody may register; none for an open registration.
    pub initial_access_token: Option<String>,
    /// Whether reading and updating replace the registration access token.
    pub rotate_registration_access_tokens: bool,
    /// Seconds that a secret lives; none for ever. An update then brings a new one.
    pub secret_ttl: Option<i64>,
}

impl Default for RegistrationConfig {
    /// Open, with new tokens and lasting secrets.
    fn default() -> Self {
        Self {
            initial_access_token: None,
            rotate_registration_access_tokens: true,
            secret_ttl: None,
        }
    }
}

/// A client that registered itself.
pub(crate) struct Registered {
    /// Leaked, so that it can be lent like those of the configuration: a provider lives for one test.
    pub(crate) client: &'static OpClient,
    number: u64,
    token: String,
    expires: i64,
    members: Map<String, Value>,
}

pub(super) fn register(op: &Op, request: &OpRequest, now: i64) -> OpResponse {
    if request.method != "POST" {
        return method_not_allowed("POST");
    }
    let due = op.config().registration.initial_access_token.as_deref();
    if due.is_some() && bearer(request) != due {
        return unauthorized();
    }
    match Registered::new(op, request, now) {
        Ok(registered) => {
            let document = registered.document(op);
            op.state().registered.push(registered);
            answer(201, &document)
        }
        Err(refusal) => refusal.response(request),
    }
}

pub(super) fn manage(op: &Op, request: &OpRequest, endpoint: &str, now: i64) -> OpResponse {
    let number = endpoint.strip_prefix(REGISTERED).unwrap_or("");
    let at = op.state().registered.iter().position(|one| {
        one.number.to_string() == number && bearer(request) == Some(one.token.as_str())
    });
    // RFC 7592 2.1: whoever is not known is not authorised.
    let Some(at) = at else { return unauthorized() };
    match request.method.as_str() {
        "GET" => {}
        "PUT" => {
            let before = op.state().registered[at].client;
            match replace(op, request, before, now) {
                Ok(Registered { client, expires, members, .. }) => {
                    let registered = &mut op.state().registered[at];
                    (registered.client, registered.members) = (client, members);
                    registered.expires = expires;
                }
                Err(refusal) => return refusal.response(request),
            }
        }
        "DELETE" => {
            op.state().registered.remove(at);
            return OpResponse { status: 204, headers: Vec::new(), body: Vec::new() };
        }
        _ => return method_not_allowed("GET, PUT, DELETE"),
    }
    if op.config().registration.rotate_registration_access_tokens {
        let state = &mut *op.state();
        let token = op.fresh(state, "registration");
        state.registered[at].token = token;
    }
    let document = op.state().registered[at].document(op);
    answer(200, &document)
}

// RFC 7592 2.2
fn replace(
    op: &Op,
    request: &OpRequest,
    before: &OpClient,
    now: i64,
) -> Result<Registered, Refusal> {
    let members: Value = serde_json::from_slice(&request.body).unwrap_or_default();
    let own = |name: &str| members.get(name).and_then(Value::as_str);
    let fits = own("client_id") == Some(before.client_id.as_str())
        && (own("client_secret").is_none()
            || own("client_secret") == before.client_secret.as_deref());
    let forbidden = ["registration_access_token", "registration_client_uri"];
    let forbidden = forbidden.iter().any(|name| members.get(name).is_some())
        || members.get("client_secret_expires_at").is_some()
        || members.get("client_id_issued_at").is_some();
    if !fits || forbidden {
        return Err(Refusal("invalid_client_metadata"));
    }
    let mut registered = Registered::new(op, request, now)?;
    let lasting = op.config().registration.secret_ttl.is_none();
    let secret = match &before.client_secret {
        Some(secret) if lasting && registered.client.client_secret.is_some() => {
            Some(secret.clone())
        }
        _ => registered.client.client_secret.clone(),
    };
    let client_id = before.client_id.clone();
    let client = OpClient { client_id, client_secret: secret, ..registered.client.clone() };
    registered.client = Box::leak(Box::new(client));
    Ok(registered)
}

/// Front-Channel Logout 2, Back-Channel Logout 2.2
fn logout_uris(members: &Map<String, Value>) -> LogoutUris {
    let text = |name: &str| members.get(name)?.as_str().map(str::to_owned);
    let flag = |name: &str| members.get(name) == Some(&Value::Bool(true));
    LogoutUris {
        front_channel: text("frontchannel_logout_uri"),
        front_channel_session: flag("frontchannel_logout_session_required"),
        back_channel: text("backchannel_logout_uri"),
        back_channel_session: flag("backchannel_logout_session_required"),
    }
}

impl Registered {
    fn new(op: &Op, request: &OpRequest, now: i64) -> Result<Self, Refusal> {
        let invalid = || Refusal("invalid_client_metadata");
        if request.header("content-type") != Some("application/json") {
            return Err(Refusal("invalid_request"));
        }
        let body: Value = serde_json::from_slice(&request.body).map_err(|_| invalid())?;
        let mut members = body.as_object().ok_or_else(invalid)?.clone();
        let text = |name: &str, default: &str| match members.get(name) {
            None | Some(Value::Null) => Ok(default.to_owned()),
            Some(Value::String(text)) => Ok(text.clone()),
            Some(_) => Err(invalid()),
        };
        let list = |name: &str| match members.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Array(values)) => {
                let texts = values.iter().map(|value| value.as_str().map(str::to_owned));
                texts.collect::<Option<Vec<_>>>().map(Some).ok_or_else(invalid)
            }
            Some(_) => Err(invalid()),
        };
        let method = text("token_endpoint_auth_method", "client_secret_basic")?;
        let auth_method = match method.as_str() {
            "client_secret_basic" => ClientAuthMethod::ClientSecretBasic,
            "client_secret_post" => ClientAuthMethod::ClientSecretPost,
            "client_secret_jwt" => ClientAuthMethod::ClientSecretJwt,
            "private_key_jwt" => ClientAuthMethod::PrivateKeyJwt,
            "none" => ClientAuthMethod::None,
            _ => return Err(invalid()),
        };
        let alg = text("id_token_signed_response_alg", "RS256")?;
        let alg = Alg::from_name(&alg).filter(|alg| *alg != Alg::None).ok_or_else(invalid)?;
        let user_info_alg = match text("userinfo_signed_response_alg", "")?.as_str() {
            "" => None,
            alg => Some(Alg::from_name(alg).filter(|alg| *alg != Alg::None).ok_or_else(invalid)?),
        };
        let signed = text("authorization_signed_response_alg", "RS256")?;
        let signed = Alg::from_name(&signed).filter(|alg| *alg != Alg::None);
        let response_types = list("response_types")?.unwrap_or_else(|| vec!["code".to_owned()]);
        let grant_types =
            list("grant_types")?.unwrap_or_else(|| vec!["authorization_code".to_owned()]);
        let redirect_uris = list("redirect_uris")?.unwrap_or_default();
        if redirect_uris.is_empty() && !response_types.is_empty() {
            return Err(Refusal("invalid_redirect_uri"));
        }
        if members.contains_key("jwks") && members.contains_key("jwks_uri") {
            return Err(invalid());
        }
        let jwks = match members.get("jwks") {
            None => vec![],
            Some(set) => set["keys"].as_array().cloned().ok_or_else(invalid)?,
        };
        // OIDC Core 9: whoever signs says with which keys. This provider fetches none.
        if auth_method == ClientAuthMethod::PrivateKeyJwt && jwks.is_empty() {
            return Err(invalid());
        }
        let secretless = [ClientAuthMethod::None, ClientAuthMethod::PrivateKeyJwt];
        let post_logout_redirect_uris = list("post_logout_redirect_uris")?.unwrap_or_default();
        let state = &mut *op.state();
        let token = op.fresh(state, "registration");
        // RFC 6749 A.1, A.2: every VSCHAR, as the certification suite hands them out.
        let secret = format!("{VSCHAR}{}", op.fresh(state, "secret"));
        let client = OpClient {
            client_id: format!("{VSCHAR}{}", state.issued),
            client_secret: (!secretless.contains(&auth_method)).then_some(secret),
            redirect_uris,
            post_logout_redirect_uris,
            auth_method,
            id_token_signed_response_alg: alg,
            userinfo_signed_response_alg: user_info_alg,
            authorization_signed_response_alg: signed.ok_or_else(invalid)?,
            encryption: Encryptions::registered(&members).ok_or_else(invalid)?,
            jwks,
            logout: logout_uris(&members),
            request_objects: RegisteredObjects {
                signing_alg: members
                    .get("request_object_signing_alg")
                    .and_then(|alg| alg.as_str().map(str::to_owned)),
                request_uris: list("request_uris")?.unwrap_or_default(),
            },
        };
        // RFC 7591 3.2.1: all that was registered, the defaults among it.
        members.insert("token_endpoint_auth_method".to_owned(), method.into());
        members.insert("id_token_signed_response_alg".to_owned(), alg.name().into());
        members.insert("response_types".to_owned(), response_types.into());
        members.insert("grant_types".to_owned(), grant_types.into());
        members.remove("client_secret");
        members.remove("client_id");
        let expires = op.config().registration.secret_ttl.map_or(0, |ttl| now + ttl);
        let client = Box::leak(Box::new(client));
        Ok(Self { client, number: state.issued, token, expires, members })
    }

    fn document(&self, op: &Op) -> Value {
        let mut document = Value::Object(self.members.clone());
        document["client_id"] = self.client.client_id.as_str().into();
        document["registration_access_token"] = self.token.as_str().into();
        let uri = format!("{}{}", op.endpoint(REGISTERED), self.number);
        document["registration_client_uri"] = uri.into();
        if let Some(secret) = &self.client.client_secret {
            document["client_secret"] = secret.as_str().into();
            document["client_secret_expires_at"] = self.expires.into();
        }
        document
    }
}

fn bearer(request: &OpRequest) -> Option<&str> {
    request.header("authorization")?.strip_prefix("Bearer ")
}

fn unauthorized() -> OpResponse {
    OpResponse::json(401, &json!({}))
        .with_header("www-authenticate", "Bearer realm=\"op\", error=\"invalid_token\"")
}

fn answer(status: u16, document: &Value) -> OpResponse {
    OpResponse::json(status, document).with_header("cache-control", "no-store")
}

const VSCHAR: &str = " !\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~";
