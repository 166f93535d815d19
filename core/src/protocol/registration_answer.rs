//! The registration and client configuration endpoints: requests, and what their answers may say (RFC 7591 3,
//! RFC 7592 2 and 3).

use serde_json::{Map, Value};
use url::{Origin, Url};

use super::{
    bearer::{explain, present},
    client_metadata::{RESERVED, is_specified},
    issuer::{Schemes, address},
    metadata::ProviderMetadata,
    registered_client::{
        DEFAULT_ALG, DEFAULT_METHOD, Difference, Management, NoManagement, RegisteredClient,
        SecretExpiry, registered, secret_expiry, unusable,
    },
    response_encryption::{AUTHORIZATION, ID_TOKEN, INTROSPECTION, USERINFO},
    token::read_json,
};
use crate::{
    error::{Error, JsonFault, JsonProblem, Purpose, ResponseProblem, Shown},
    http::{HttpRequest, HttpResponse, Method},
    json::{self, Object},
    limits::Limits,
    secret::{ClientSecret, RegistrationAccessToken, Secret},
    text,
    time::UnixTime,
};

/// What an answer is held against.
pub(crate) struct Asked<'a> {
    pub(crate) provider: &'a ProviderMetadata,
    pub(crate) members: &'a Map<String, Value>,
    /// What the client was before; none for a new one.
    pub(crate) before: Option<&'a RegisteredClient>,
    /// Whether an answer that lowers any of them is refused.
    pub(crate) strict: bool,
    pub(crate) origins: &'a TrustedOrigins,
    pub(crate) schemes: Schemes,
}

/// Where the client configuration endpoint may be, beside the registration endpoint's origin.
#[derive(Debug, Default)]
pub(crate) struct TrustedOrigins(Vec<Origin>);

impl TrustedOrigins {
    /// What is no address is nowhere, so nothing is trusted by mistake.
    pub(crate) fn trust(&mut self, address: &str) {
        self.0.extend(Url::parse(address).map(|url| url.origin()));
    }
}

/// A request that registers or manages a client.
pub(crate) fn request<K>(
    method: Method,
    url: Url,
    token: Option<&Secret<K>>,
    members: Option<Map<String, Value>>,
    limits: &Limits,
) -> Result<HttpRequest, Error> {
    let mut request = HttpRequest::new(method, url, Purpose::Registration, limits);
    if let Some(members) = members {
        let body = Value::Object(members).to_string().into_bytes();
        request = request.content("application/json".to_owned(), body)?;
    }
    match token {
        Some(token) => present(request, token),
        None => Ok(request),
    }
}

/// Reads the answer to a registration, an update or a reading.
pub(crate) fn read(
    response: &HttpResponse,
    asked: &Asked<'_>,
    limits: &Limits,
) -> Result<RegisteredClient, Error> {
    if asked.before.is_some() {
        refuse_unregistered(response)?;
    }
    // RFC 7591 3.2.1: 201; some providers say 200.
    let document = read_json(response, Purpose::Registration, limits)
        .map_err(|error| explain(response, Purpose::Registration, error))?;
    let members = serde_json::from_slice(response.body())
        .map_err(|_| ResponseProblem::Json(JsonProblem::new("$", JsonFault::Syntax)));
    members.and_then(|members| parse(&document, members, asked)).map_err(unusable)
}

/// Reads the answer to a deletion: 204 (RFC 7592 2.3); some providers say 200.
pub(crate) fn read_deletion(response: &HttpResponse, limits: &Limits) -> Result<(), Error> {
    refuse_unregistered(response)?;
    match response.status() {
        200 | 204 => Ok(()),
        status => match read_json(response, Purpose::Registration, limits) {
            Err(error) => Err(explain(response, Purpose::Registration, error)),
            Ok(_) => Err(unusable(ResponseProblem::Status(status))),
        },
    }
}

// RFC 7592 2.1, 2.2, 2.3: 401 where the client does not exist
fn refuse_unregistered(response: &HttpResponse) -> Result<(), Error> {
    match response.status() {
        401 => Err(unusable(ResponseProblem::NotRegistered)),
        _ => Ok(()),
    }
}

fn parse(
    document: &Object<'_>,
    mut members: Map<String, Value>,
    asked: &Asked<'_>,
) -> Result<RegisteredClient, ResponseProblem> {
    let json = ResponseProblem::Json;
    let characters = ResponseProblem::TokenCharacters;
    let before = asked.before;
    let client_id = document.required_string("client_id").map_err(json)?;
    if !text::is_client_id(client_id) {
        return Err(characters("client_id"));
    }
    if before.is_some_and(|before| before.client_id != client_id) {
        return Err(registered("client_id", "it is another client's"));
    }
    let secret = document.string("client_secret").map_err(json)?.filter(|text| !text.is_empty());
    let secret = secret
        .map(|text| ClientSecret::parse(text).ok_or(characters("client_secret")))
        .transpose()?;
    let expiry = secret_expiry(document)?;
    let issued_at = document.get("client_id_issued_at");
    let issued_at = match issued_at {
        Some(json::Value::Number(number)) => number.seconds().map(UnixTime::from_seconds),
        _ => before.and_then(|before| before.issued_at),
    };
    let management = management(document, asked)?;
    // J26: a member that is null was not said.
    members.retain(|name, value| !RESERVED.contains(&&**name) && !value.is_null());
    let differences = differences(asked.members, &members);
    if asked.strict {
        refuse_lowered(asked.members, &members)?;
    }
    for (name, value) in asked.members {
        let reserved = RESERVED.contains(&&**name);
        if !reserved && !members.contains_key(name) {
            members.insert(name.clone(), value.clone());
        }
    }
    // RFC 7592 2.2: a new one replaces the old one; what is not said stays.
    let same = secret
        .as_ref()
        .is_none_or(|new| before.is_some_and(|before| before.client_secret.as_ref() == Some(new)));
    let kept = before.filter(|_| same);
    let client = RegisteredClient {
        issuer: asked.provider.issuer().as_str().to_owned(),
        client_id: client_id.to_owned(),
        client_secret: secret.or_else(|| kept.and_then(|before| before.client_secret.clone())),
        secret_expiry: expiry
            .or(kept.map(|before| before.secret_expiry))
            .unwrap_or(SecretExpiry::Unknown),
        issued_at,
        management,
        members,
        differences,
    };
    // RFC 7591 3.2.1: a method with a secret needs one.
    if client.client_secret.is_none() && client.auth_method_name().starts_with("client_secret_") {
        return Err(json(JsonProblem::new("client_secret", JsonFault::Missing)));
    }
    Ok(client)
}

/// RFC 7592 3: both or neither; half of it is of no use.
fn management(
    document: &Object<'_>,
    asked: &Asked<'_>,
) -> Result<Result<Management, NoManagement>, ResponseProblem> {
    let json = ResponseProblem::Json;
    let own = asked.before.and_then(|before| before.management.as_ref().ok());
    let token = document.string("registration_access_token").map_err(json)?;
    let token = match token.filter(|text| !text.is_empty()) {
        Some(text) => RegistrationAccessToken::parse(text)
            .ok_or(ResponseProblem::TokenCharacters("registration_access_token"))
            .map(Some)?,
        None => own.map(|own| own.token.clone()),
    };
    let said = document.string("registration_client_uri").map_err(json)?;
    let said = said.filter(|text| !text.is_empty());
    let (Some(token), Some(text)) = (token, said.or(own.map(|own| own.address.as_str()))) else {
        return Ok(Err(NoManagement::Absent));
    };
    let known = own.is_some_and(|own| own.address == text);
    Ok(match place(text, asked, known) {
        Ok(()) => Ok(Management { token, address: text.to_owned() }),
        Err(reason) => Err(NoManagement::Refused(reason)),
    })
}

/// The token goes to the origin of the registration endpoint alone, or to one that the application named
/// (RFC 7592 3).
fn place(text: &str, asked: &Asked<'_>, known: bool) -> Result<(), &'static str> {
    let url = address(text, asked.schemes)?;
    let origin = url.origin();
    let endpoint = asked.provider.registration_endpoint.as_ref();
    let same = endpoint.is_some_and(|endpoint| endpoint.origin() == origin);
    if same || known || asked.origins.0.contains(&origin) {
        return Ok(());
    }
    Err("it is on another origin than the registration endpoint")
}

/// What a provider may replace it may (RFC 7591 3.2.1), but not so that less is proved, or to others.
fn refuse_lowered(
    asked: &Map<String, Value>,
    answer: &Map<String, Value>,
) -> Result<(), ResponseProblem> {
    let value = |members: &Map<String, Value>, name: &str| {
        members.get(name).and_then(Value::as_str).map(str::to_owned)
    };
    let both = |name| Some((asked.get(name)?, answer.get(name)?));
    if both("redirect_uris").is_some_and(|(asked, answer)| !equal(asked, answer)) {
        return Err(registered("redirect_uris", "they are not those that were asked for"));
    }
    let member = "token_endpoint_auth_method";
    let wanted = value(asked, member).unwrap_or_else(|| DEFAULT_METHOD.to_owned());
    let given = value(answer, member).unwrap_or_else(|| wanted.clone());
    let by_key = |method: &str| method != "none" && !method.starts_with("client_secret_");
    if (given == "none" && wanted != "none") || (by_key(&wanted) && !by_key(&given)) {
        return Err(registered(member, "it proves less than the one that was asked for"));
    }
    let symmetric = |name: &str| name.starts_with("HS");
    let lowers =
        |wanted: &str, given: &str| given == "none" || (symmetric(given) && !symmetric(wanted));
    // OIDC Registration 2, JARM 3: the same default
    for member in ["id_token_signed_response_alg", "authorization_signed_response_alg"] {
        let wanted = value(asked, member).unwrap_or_else(|| DEFAULT_ALG.to_owned());
        let given = value(answer, member).unwrap_or_else(|| wanted.clone());
        if lowers(&wanted, &given) {
            return Err(registered(member, "it proves less than the one that was asked for"));
        }
    }
    for member in ["userinfo_signed_response_alg", "introspection_signed_response_alg"] {
        if let (Some(wanted), Some(given)) = (value(asked, member), value(answer, member))
            && lowers(&wanted, &given)
        {
            return Err(registered(member, "it proves less than the one that was asked for"));
        }
    }
    // A key out of the client secret, which is sent around, in the place of one that never leaves this client.
    let pair = |name: &str| name.starts_with("RSA") || name.starts_with("ECDH");
    for [member, _] in [ID_TOKEN, USERINFO, INTROSPECTION, AUTHORIZATION] {
        if let (Some(wanted), Some(given)) = (value(asked, member), value(answer, member))
            && pair(&wanted)
            && !pair(&given)
        {
            return Err(registered(member, "it protects less than the one that was asked for"));
        }
    }
    // Registered so, anybody's unsigned request would count as this client's.
    let member = "request_object_signing_alg";
    let given = value(answer, member);
    if given.is_some_and(|given| given == "none") && value(asked, member) != Some("none".to_owned())
    {
        return Err(registered(member, "it proves less than the one that was asked for"));
    }
    let yes = Value::Bool(true);
    for member in ["require_auth_time", "require_signed_request_object"] {
        if both(member).is_some_and(|(asked, answer)| *asked == yes && *answer != yes) {
            return Err(registered(member, "it was asked for"));
        }
    }
    Ok(())
}

fn differences(asked: &Map<String, Value>, answer: &Map<String, Value>) -> Vec<Difference> {
    // Of a provider's own members nobody knows whether they are secret.
    let shown = |name: &str, value: &Value| match is_specified(name) {
        true => Shown::new(&value.to_string()),
        false => Shown::new("(not shown)"),
    };
    let asked = asked.iter().filter(|(name, _)| !RESERVED.contains(&&***name));
    let differs = |(name, value): (&String, &Value)| {
        let registered = answer.get(name);
        let equal = registered.is_some_and(|registered| equal(value, registered));
        let (member, asked) = (Shown::new(name), shown(name, value));
        let registered = registered.map(|value| shown(name, value));
        (!equal).then_some(Difference { member, asked, registered })
    };
    asked.filter_map(differs).collect()
}

/// Lists are sets here: nobody promises their order.
fn equal(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Array(a), Value::Array(b)) => {
            a.iter().all(|one| b.contains(one)) && b.iter().all(|one| a.contains(one))
        }
        _ => a == b,
    }
}
