//! The device authorization response (RFC 8628 3.2).

use std::time::Duration;

use url::Url;

use super::{
    issuer::{Schemes, address},
    token::{read_json, seconds},
};
use crate::{
    error::{Error, ErrorKind, JsonFault, JsonProblem, Purpose, ResponseProblem},
    http::HttpResponse,
    json::Object,
    limits::Limits,
    secret::DeviceCode,
    text,
};

/// What the device endpoint answered.
pub(crate) struct DeviceAuthorization {
    pub(crate) device_code: DeviceCode,
    pub(crate) user_code: String,
    pub(crate) verification_uri: Url,
    pub(crate) verification_uri_complete: Option<Url>,
    pub(crate) lifetime: Duration,
    pub(crate) interval: Duration,
}

/// Reads the answer.
pub(crate) fn read(
    response: &HttpResponse,
    schemes: Schemes,
    limits: &Limits,
) -> Result<DeviceAuthorization, Error> {
    let purpose = Purpose::DeviceAuthorization;
    let object = read_json(response, purpose, limits)?;
    parse(&object, schemes).map_err(|problem| ErrorKind::Response { purpose, problem }.into())
}

fn parse(object: &Object<'_>, schemes: Schemes) -> Result<DeviceAuthorization, ResponseProblem> {
    let json = ResponseProblem::Json;
    let device_code = object.required_string("device_code").map_err(json)?;
    let user_code = object.required_string("user_code").map_err(json)?;
    // It is shown to people: nothing that could steer a terminal (RFC 8628 6.1).
    if user_code.trim().is_empty()
        || user_code.len() > MAX_USER_CODE
        || !user_code.bytes().all(text::is_vschar)
    {
        return Err(ResponseProblem::TokenCharacters("user_code"));
    }
    let uri = |member, text| {
        address(text, schemes).map_err(|reason| ResponseProblem::Address { member, reason })
    };
    // An empty address counts as absent, as in metadata.
    let optional = |member| {
        let text = object.string(member).map_err(json)?;
        Ok::<_, ResponseProblem>(text.filter(|text| !text.is_empty()))
    };
    // Drafts of RFC 8628 called it `verification_url`, and one large provider still does.
    let verification_uri = match (optional("verification_uri")?, optional("verification_url")?) {
        (Some(text), _) | (None, Some(text)) => uri("verification_uri", text)?,
        (None, None) => {
            return Err(json(JsonProblem::new("verification_uri", JsonFault::Missing)));
        }
    };
    let complete = match optional("verification_uri_complete")? {
        Some(text) => Some(uri("verification_uri_complete", text)?),
        None => None,
    };
    let lifetime = seconds(object, "expires_in").map_err(json)?;
    let missing = || json(JsonProblem::new("expires_in", JsonFault::Missing));
    let interval = seconds(object, "interval").map_err(json)?;
    Ok(DeviceAuthorization {
        device_code: DeviceCode::parse(device_code)
            .ok_or(ResponseProblem::TokenCharacters("device_code"))?,
        user_code: user_code.to_owned(),
        // RFC 8628 5.4: whoever compares the address that is shown must not be led elsewhere.
        verification_uri_complete: complete
            .filter(|complete| complete.origin() == verification_uri.origin()),
        verification_uri,
        lifetime: lifetime.ok_or_else(missing)?.min(MAX_LIFETIME),
        // RFC 8628 3.2: five seconds where nothing is said.
        interval: interval.unwrap_or(DEFAULT_INTERVAL).max(MIN_INTERVAL),
    })
}

const DEFAULT_INTERVAL: Duration = Duration::from_secs(5);
/// An interval of zero would be a busy loop.
pub(crate) const MIN_INTERVAL: Duration = Duration::from_secs(1);
/// Nobody stands before a device for longer; real lifetimes are minutes.
pub(crate) const MAX_LIFETIME: Duration = Duration::from_secs(24 * 3600);
/// Real ones have eight characters.
const MAX_USER_CODE: usize = 128;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json;

    fn parsed(changes: &[(&str, serde_json::Value)]) -> Result<DeviceAuthorization, &'static str> {
        let mut document = serde_json::json!({
            "device_code": "d", "user_code": "WDJB-MJHT", "expires_in": 1800,
            "verification_uri": "https://op.test/device",
        });
        for (name, value) in changes {
            document[*name] = value.clone();
        }
        let text = document.to_string();
        parse(&json::parse_object(text.as_bytes(), 8).unwrap(), Schemes::HttpsOnly).map_err(
            |problem| {
                let purpose = Purpose::DeviceAuthorization;
                Error::from(ErrorKind::Response { purpose, problem }).code()
            },
        )
    }

    #[test]
    fn g15_intervals_and_lifetimes_are_clamped() {
        for (interval, seconds) in [
            (serde_json::json!(null), 5),
            (serde_json::json!(5), 5),
            (serde_json::json!("7"), 7),
            (serde_json::json!(0), 1),
            (serde_json::json!(-3), 1),
            (serde_json::json!(1_000_000_000), 1_000_000_000),
        ] {
            let read = parsed(&[("interval", interval.clone())]).ok().unwrap();
            assert_eq!(read.interval, Duration::from_secs(seconds), "{interval}");
        }
        let fraction = parsed(&[("interval", serde_json::json!(2.5))]).ok().unwrap();
        assert_eq!(fraction.interval, Duration::from_millis(2500));
        assert_eq!(parsed(&[("interval", serde_json::json!([]))]).err(), Some("json.type"));
        let long = parsed(&[("expires_in", serde_json::json!(1e12))]).ok().unwrap();
        assert_eq!(long.lifetime, MAX_LIFETIME);
        assert_eq!(parsed(&[("expires_in", serde_json::json!(null))]).err(), Some("json.missing"));
    }

    #[test]
    fn g16_addresses_and_codes_that_nobody_may_be_shown() {
        for (member, value, code) in [
            ("verification_uri", "http://op.test/device", "response.address"),
            ("verification_uri", "javascript:alert(1)", "response.address"),
            ("verification_uri", "https://op.test@evil.test/", "response.address"),
            ("verification_uri_complete", "http://op.test/device?c=1", "response.address"),
            ("user_code", "", "response.token_characters"),
            ("user_code", "  ", "response.token_characters"),
            ("user_code", "AB\u{1b}[31mCD", "response.token_characters"),
            ("user_code", "AB\u{202e}CD", "response.token_characters"),
            ("device_code", "a\nb", "response.token_characters"),
            ("device_code", "", "response.token_characters"),
        ] {
            assert_eq!(parsed(&[(member, value.into())]).err(), Some(code), "{member} {value:?}");
        }
        let long = "A".repeat(MAX_USER_CODE + 1);
        let read = parsed(&[("user_code", long.into())]);
        assert_eq!(read.err(), Some("response.token_characters"));
        let same = parsed(&[("verification_uri_complete", "https://op.test/device?c=1".into())]);
        assert!(same.ok().unwrap().verification_uri_complete.is_some());
        let other = parsed(&[("verification_uri_complete", "https://evil.test/d".into())]);
        assert!(other.ok().unwrap().verification_uri_complete.is_none());
    }

    #[test]
    fn the_older_name_of_the_address_is_read() {
        let old = [
            ("verification_uri", serde_json::Value::Null),
            ("verification_url", "https://op.test/old".into()),
        ];
        assert_eq!(parsed(&old).ok().unwrap().verification_uri.path(), "/old");
        assert_eq!(parsed(&old[..1]).err(), Some("json.missing"));
    }
}
