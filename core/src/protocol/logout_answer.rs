//! What is answered to a provider that tells of a logout.

/// Status, headers and body of the answer to a logout request. Send them as they are.
///
/// ```
/// use relying_party::{
///     Client, Env, Error,
///     drive::{Transport, drive},
///     flow::session::Sessions,
///     protocol::{logout_answer::LogoutAnswer, replay::ReplayStore},
/// };
///
/// /// What is answered to a `POST` to the registered `backchannel_logout_uri`.
/// fn back_channel(
///     client: &Client,
///     (content_type, body): (Option<&str>, &[u8]),
///     (sessions, replays): (&impl Sessions, &impl ReplayStore),
///     transport: &impl Transport,
///     env: &mut impl Env,
/// ) -> LogoutAnswer {
///     let token = drive(client.back_channel_logout(content_type, body), transport, env)
///         .and_then(|received| received.check_replay(replays));
///     match token {
///         // The token is spent by now: where the store fails, try again yourself.
///         Ok(token) => LogoutAnswer::back_channel(&sessions.end(token.target())),
///         Err(error) => LogoutAnswer::back_channel(&Err::<(), Error>(error)),
///     }
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogoutAnswer {
    status: u16,
    headers: &'static [(&'static str, &'static str)],
    body: &'static str,
}

impl LogoutAnswer {
    /// To the provider's own request (Back-Channel Logout 2.8): 200 where it was taken and every session it names is
    /// gone, including where there was none; 400 in every other case. Why is told to nobody: log it.
    ///
    /// The body is never empty, since some servers make 204 of an empty 200.
    pub fn back_channel<T, E>(result: &Result<T, E>) -> Self {
        // Back-Channel Logout 2.8
        match result {
            Ok(_) => Self { status: 200, headers: JSON, body: "{}" },
            Err(_) => Self { status: 400, headers: JSON, body: "{\"error\":\"invalid_request\"}" },
        }
    }

    /// To the browser, which the provider had load the registered `frontchannel_logout_uri` in a frame: 200 and an empty
    /// page, whether or not a session ended. Whoever embeds the address learns nothing.
    ///
    /// The page must stay in a frame of the provider's: add neither `X-Frame-Options` nor a `frame-ancestors` without
    /// the provider to it, and exempt this one address where a framework adds them to everything.
    pub fn front_channel() -> Self {
        Self { status: 200, headers: PAGE, body: "<!DOCTYPE html>\n<title>Logout</title>\n" }
    }

    /// The status.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// The headers, names in lower case. `cache-control: no-store` is always among them.
    pub fn headers(&self) -> &'static [(&'static str, &'static str)] {
        self.headers
    }

    /// The body.
    pub fn body(&self) -> &'static str {
        self.body
    }
}

// Front-Channel Logout 2, Back-Channel Logout 2.8: otherwise a logout could be answered from a cache
const NO_STORE: (&str, &str) = ("cache-control", "no-store");
const JSON: &[(&str, &str)] = &[NO_STORE, ("content-type", "application/json")];
const PAGE: &[(&str, &str)] = &[
    NO_STORE,
    ("content-type", "text/html; charset=utf-8"),
    ("content-security-policy", "default-src 'none'"),
];
