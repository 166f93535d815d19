//! What a refusal says.

use relying_party::{
    Error,
    error::{ErrorKind, OAuthError, Purpose},
};

/// Refused with this code.
#[track_caller]
pub fn refused<T>(result: Result<T, Error>, code: &str) -> Error {
    let Err(error) = result else { panic!("accepted, not refused with {code}") };
    assert_eq!(error.code(), code, "{error}");
    error
}

/// The provider's own refusal: at which endpoint, and its `error`.
#[track_caller]
pub fn provider_error(error: &Error) -> (Purpose, &str) {
    assert_eq!(error.code(), "provider.error", "{error}");
    match error.kind() {
        ErrorKind::Provider(OAuthError { endpoint, error, .. }) => (*endpoint, error.as_str()),
        other => panic!("{other:?}"),
    }
}
