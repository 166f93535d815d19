//! What a transport got back, counted while it comes in.

use std::{fmt, time::Duration};

use zeroize::Zeroizing;

use super::challenge::{Challenge, MAX_CHALLENGES};
use crate::error::{FailureKind, TransportFailure};

/// A whole response within its limits. `Debug` shows the status only.
pub struct HttpResponse {
    status: u16,
    headers: Vec<(String, Vec<u8>)>,
    body: Zeroizing<Vec<u8>>,
}

impl HttpResponse {
    /// The status.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// The decoded body.
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// The values of a header that are text, in their order; names in any case.
    pub fn headers(&self, name: &str) -> impl Iterator<Item = &str> {
        self.headers
            .iter()
            .filter(move |(candidate, _)| candidate.eq_ignore_ascii_case(name))
            .filter_map(|(_, value)| std::str::from_utf8(value).ok())
    }

    /// The challenges of every `WWW-Authenticate`, at most 16 (RFC 9110 11.6.1); see [`Challenge::parse`].
    pub fn challenges(&self) -> Vec<Challenge> {
        // RFC 9110 5.5: other charsets occur, in a description at most, and must not hide an error.
        let lines = self
            .headers
            .iter()
            .filter(|(name, _)| name.eq_ignore_ascii_case("www-authenticate"))
            .map(|(_, value)| String::from_utf8_lossy(value));
        lines.flat_map(|line| Challenge::parse(&line)).take(MAX_CHALLENGES).collect()
    }

    /// The delay of `Retry-After` (RFC 9110 10.2.3), at most a day: longer is no pause. A date, or anything else than
    /// a number of seconds, counts as none.
    pub(crate) fn retry_after(&self) -> Option<Duration> {
        let text = self.headers("retry-after").next()?.trim();
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let seconds = || text.parse().unwrap_or(u64::MAX).min(86_400);
        digits.then(|| Duration::from_secs(seconds()))
    }

    /// `type/subtype` of the content type, without parameters, as it was written (RFC 9110 8.3). Where the
    /// header stands twice, the first counts.
    pub fn media_type(&self) -> Option<&str> {
        let value = self.headers("content-type").next()?;
        Some(value.split(';').next().unwrap_or(value).trim())
    }

    /// Whether it is this one, in any case (RFC 9110 8.3.1).
    pub(crate) fn has_media_type(&self, media_type: &str) -> bool {
        self.media_type().is_some_and(|own| own.eq_ignore_ascii_case(media_type))
    }
}

impl fmt::Debug for HttpResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpResponse").field("status", &self.status).finish_non_exhaustive()
    }
}

/// Takes a response in, piece by piece, and refuses what exceeds its limits.
///
/// Made by [`HttpRequest::response`](super::HttpRequest::response).
pub struct ResponseBuilder {
    response: HttpResponse,
    max_body: usize,
    headers_left: usize,
    header_bytes_left: usize,
}

impl ResponseBuilder {
    pub(super) fn new(
        status: u16,
        max_body: usize,
        (headers_left, header_bytes_left): (usize, usize),
    ) -> Self {
        let response = HttpResponse { status, headers: Vec::new(), body: Zeroizing::default() };
        Self { response, max_body, headers_left, header_bytes_left }
    }

    /// One header.
    ///
    /// # Errors
    /// [`FailureKind::TooLarge`]: stop reading and hand the failure on.
    pub fn header(&mut self, name: &str, value: &[u8]) -> Result<(), TransportFailure> {
        let left = self.header_bytes_left.checked_sub(name.len().saturating_add(value.len()));
        self.header_bytes_left = left.ok_or_else(too_large)?;
        self.headers_left = self.headers_left.checked_sub(1).ok_or_else(too_large)?;
        self.response.headers.push((name.to_owned(), value.to_owned()));
        Ok(())
    }

    /// Refuses a body that came encoded, for transports that do not decode: none asks for an encoding, so this is
    /// a mistake or a decompression bomb (RFC 9110 8.4). Called once all headers are in.
    ///
    /// # Errors
    /// [`FailureKind::Other`]: stop reading and hand the failure on.
    pub fn refuse_encoded(&self) -> Result<(), TransportFailure> {
        let values = self
            .response
            .headers
            .iter()
            .filter(|(name, _)| name.eq_ignore_ascii_case("content-encoding"));
        for (_, value) in values {
            let value = value.trim_ascii();
            if !value.is_empty() && !value.eq_ignore_ascii_case(b"identity") {
                let text = "the body is encoded, which was not asked for";
                return Err(TransportFailure::new(FailureKind::Other, text));
            }
        }
        Ok(())
    }

    /// One piece of the decoded body.
    ///
    /// # Errors
    /// [`FailureKind::TooLarge`]: stop reading and hand the failure on.
    pub fn chunk(&mut self, bytes: &[u8]) -> Result<(), TransportFailure> {
        if bytes.len() > self.max_body.saturating_sub(self.response.body.len()) {
            return Err(too_large());
        }
        self.response.body.extend_from_slice(bytes);
        Ok(())
    }

    /// The whole response.
    pub fn finish(self) -> HttpResponse {
        self.response
    }
}

impl fmt::Debug for ResponseBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.response.fmt(f)
    }
}

fn too_large() -> TransportFailure {
    TransportFailure::new(FailureKind::TooLarge, "a response exceeds its limit")
}
