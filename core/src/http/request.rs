//! What a transport is to send.

use std::{borrow::Cow, fmt};

use url::Url;
use zeroize::Zeroizing;

use crate::{
    error::{ApiMisuse, Error, Purpose},
    http::response::ResponseBuilder,
    limits::Limits,
};

/// The methods a request can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Method {
    /// `GET`
    Get,
    /// `POST`
    Post,
    /// `PUT`
    Put,
    /// `PATCH`
    Patch,
    /// `DELETE`
    Delete,
}

impl Method {
    /// As it stands in a request line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }
}

/// One request. `Debug` shows method, purpose, origin and path, and nothing else; of a protected resource not even the
/// path, which may say whose it is; nor of claims.
pub struct HttpRequest {
    method: Method,
    url: Url,
    headers: Vec<(Cow<'static, str>, Zeroizing<String>)>,
    body: Zeroizing<Vec<u8>>,
    purpose: Purpose,
    max_response_bytes: usize,
    max_headers: (usize, usize),
}

impl HttpRequest {
    /// A `GET` that accepts JSON.
    pub fn get(url: Url, purpose: Purpose, limits: &Limits) -> Self {
        Self::new(Method::Get, url, purpose, limits)
    }

    /// A request without a body that accepts JSON.
    pub fn new(method: Method, url: Url, purpose: Purpose, limits: &Limits) -> Self {
        Self {
            method,
            url,
            headers: vec![("accept".into(), Zeroizing::new("application/json".to_owned()))],
            body: Zeroizing::default(),
            purpose,
            max_response_bytes: match purpose {
                Purpose::Discovery => limits.discovery_response,
                Purpose::Keys => limits.keys_response,
                Purpose::Token => limits.token_response,
                Purpose::UserInfo => limits.user_info_response,
                _ => limits.other_response,
            },
            max_headers: (limits.header_count, limits.header_bytes),
        }
    }

    /// A `POST` of a form that accepts JSON.
    pub fn post_form(url: Url, form: String, purpose: Purpose, limits: &Limits) -> Self {
        let mut request = Self::get(url, purpose, limits);
        let form_type = Zeroizing::new("application/x-www-form-urlencoded".to_owned());
        request.method = Method::Post;
        request.headers.push(("content-type".into(), form_type));
        request.body = Zeroizing::new(form.into_bytes());
        request
    }

    /// With a body of this type. Not for a `GET`, whose body no server looks for.
    ///
    /// # Errors
    /// [`ApiMisuse::Header`] when the type holds anything but printable ASCII.
    pub fn content(mut self, media_type: String, body: Vec<u8>) -> Result<Self, Error> {
        self.body = Zeroizing::new(body);
        self.header("content-type", media_type)
    }

    /// With one more header.
    ///
    /// # Errors
    /// [`ApiMisuse::Header`] when the name is not lower-case ASCII or the value holds anything but printable
    /// ASCII: no line break can be smuggled in.
    pub fn header(
        mut self,
        name: impl Into<Cow<'static, str>>,
        value: String,
    ) -> Result<Self, Error> {
        let name = name.into();
        let name_good = !name.is_empty()
            && name.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'));
        if !name_good || !value.bytes().all(crate::text::is_vschar) {
            return Err(ApiMisuse::Header.into());
        }
        self.headers.push((name, Zeroizing::new(value)));
        Ok(self)
    }

    /// Accepting another type than JSON.
    pub(crate) fn accepting(mut self, media_type: &'static str) -> Self {
        self = self.without("accept");
        self.headers.insert(0, ("accept".into(), Zeroizing::new(media_type.to_owned())));
        self
    }

    /// Without a header that was set before.
    pub(crate) fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(own, _)| own != name);
        self
    }

    /// The method.
    pub fn method(&self) -> Method {
        self.method
    }

    /// The address.
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// Name (lower case) and value of each header. They may hold secrets.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        self.headers.iter().map(|(name, value)| (&**name, value.as_str()))
    }

    /// The body, empty for a `GET`. It may hold secrets.
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// What it is for.
    pub fn purpose(&self) -> Purpose {
        self.purpose
    }

    /// How many bytes of decoded body are read at most; [`ResponseBuilder`] counts them.
    pub fn max_response_bytes(&self) -> usize {
        self.max_response_bytes
    }

    /// Starts the response to this request.
    pub fn response(&self, status: u16) -> ResponseBuilder {
        ResponseBuilder::new(status, self.max_response_bytes, self.max_headers)
    }
}

impl fmt::Debug for HttpRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let origin = self.url.origin().ascii_serialization();
        let path = match self.purpose {
            Purpose::Resource | Purpose::Claims => "redacted",
            _ => self.url.path(),
        };
        f.debug_struct("HttpRequest")
            .field("method", &self.method)
            .field("origin", &origin)
            .field("path", &path)
            .field("purpose", &self.purpose)
            .finish_non_exhaustive()
    }
}
