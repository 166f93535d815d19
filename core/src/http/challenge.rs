//! What a server wants for a protected resource: the challenges of `WWW-Authenticate` (RFC 9110 11.6.1).

use std::fmt;

use crate::error::Shown;

/// One challenge: a scheme with parameters, or with a `token68`, or alone (RFC 9110 11.3).
#[derive(Clone, PartialEq, Eq)]
pub struct Challenge {
    scheme: String,
    token68: Option<String>,
    parameters: Vec<(String, String)>,
}

impl Challenge {
    /// Reads the value of one header line. Never fails: what is not well formed ends the list, and the challenge
    /// in which it stands is left out. A parameter that occurs twice is not well formed (RFC 9110 11.2).
    ///
    /// ```
    /// use relying_party::http::Challenge;
    ///
    /// let all = Challenge::parse(r#"Basic realm="a, \"b\"", bearer Error=invalid_token"#);
    /// assert_eq!(all[0].parameter("realm"), Some(r#"a, "b""#));
    /// assert!(all[1].is("Bearer"));
    /// assert_eq!(all[1].parameter("error"), Some("invalid_token"));
    /// ```
    pub fn parse(value: &str) -> Vec<Self> {
        let mut reader = Reader(value);
        let mut challenges = Vec::new();
        reader.skip_commas();
        while !reader.0.is_empty() && challenges.len() < MAX_CHALLENGES {
            let Some(challenge) = reader.challenge() else { break };
            challenges.push(challenge);
            reader.skip_commas();
        }
        challenges
    }

    /// The scheme as it was written.
    pub fn scheme(&self) -> &str {
        &self.scheme
    }

    /// Whether the scheme is this one, in any case (RFC 9110 11.1).
    pub fn is(&self, scheme: &str) -> bool {
        self.scheme.eq_ignore_ascii_case(scheme)
    }

    /// The `token68`, where one stands instead of parameters.
    pub fn token68(&self) -> Option<&str> {
        self.token68.as_deref()
    }

    /// A parameter, by its name in any case, without its quotes (RFC 9110 11.2). It comes from the server: show it
    /// through [`Shown`] only.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        let named = self.parameters.iter().find(|(other, _)| other.eq_ignore_ascii_case(name));
        named.map(|(_, value)| value.as_str())
    }

    /// Names, as they were written, and values in their order.
    pub fn parameters(&self) -> impl Iterator<Item = (&str, &str)> {
        self.parameters.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

impl fmt::Debug for Challenge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Challenge")
            .field("scheme", &Shown::new(&self.scheme))
            .finish_non_exhaustive()
    }
}

/// What is left to read.
#[derive(Clone, Copy)]
struct Reader<'a>(&'a str);

impl<'a> Reader<'a> {
    fn take(&mut self, wanted: impl Fn(char) -> bool) -> &'a str {
        let end = self.0.find(|character| !wanted(character)).unwrap_or(self.0.len());
        let (taken, rest) = self.0.split_at(end);
        self.0 = rest;
        taken
    }

    fn eat(&mut self, text: &str) -> bool {
        let rest = self.0.strip_prefix(text);
        self.0 = rest.unwrap_or(self.0);
        rest.is_some()
    }

    fn skip_space(&mut self) {
        self.take(is_space);
    }

    /// RFC 9110 5.6.1.2: empty members of a list count for nothing.
    fn skip_commas(&mut self) {
        self.take(|character| is_space(character) || character == ',');
    }

    /// Whether a member of the list ends here, white space aside.
    fn at_end_of_member(mut self) -> bool {
        self.skip_space();
        self.0.is_empty() || self.0.starts_with(',')
    }

    fn token(&mut self) -> Option<&'a str> {
        Some(self.take(is_tchar)).filter(|token| !token.is_empty())
    }

    fn challenge(&mut self) -> Option<Challenge> {
        let scheme = self.token()?.to_owned();
        let mut challenge = Challenge { scheme, token68: None, parameters: Vec::new() };
        if self.at_end_of_member() {
            return Some(challenge);
        }
        if self.take(is_space).is_empty() {
            return None;
        }
        if let Some((token68, rest)) = self.token68() {
            *self = rest;
            challenge.token68 = Some(token68);
            return Some(challenge);
        }
        loop {
            let (name, value) = self.parameter()?;
            if challenge.parameter(name).is_some() || challenge.parameters.len() == MAX_PARAMETERS {
                return None;
            }
            challenge.parameters.push((name.to_owned(), value));
            if !self.at_end_of_member() {
                return None;
            }
            let mut next = *self;
            next.skip_commas();
            if !next.at_parameter() {
                return Some(challenge);
            }
            *self = next;
        }
    }

    /// A parameter and the next challenge both begin with a token behind a comma: only the former has a `=` after it.
    fn at_parameter(mut self) -> bool {
        self.token().is_some() && {
            self.skip_space();
            self.0.starts_with('=')
        }
    }

    fn parameter(&mut self) -> Option<(&'a str, String)> {
        let name = self.token()?;
        self.skip_space();
        if !self.eat("=") {
            return None;
        }
        self.skip_space();
        let value = match self.eat("\"") {
            true => self.quoted()?,
            false => self.token()?.to_owned(),
        };
        Some((name, value))
    }

    /// RFC 9110 5.6.4, behind the first quote.
    fn quoted(&mut self) -> Option<String> {
        let mut text = String::new();
        let mut characters = self.0.chars();
        loop {
            let character = match characters.next()? {
                '"' => break,
                '\\' => characters.next()?,
                character => character,
            };
            if character.is_ascii_control() && character != '\t' {
                return None;
            }
            text.push(character);
        }
        self.0 = characters.as_str();
        Some(text)
    }

    /// RFC 9110 11.2, if one stands here alone.
    fn token68(mut self) -> Option<(String, Self)> {
        let start = self.0;
        let body = self.take(is_token68);
        self.take(|character| character == '=');
        let alone = !body.is_empty() && self.at_end_of_member();
        let length = start.len() - self.0.len();
        alone.then(|| (start.get(..length).unwrap_or_default().to_owned(), self))
    }
}

fn is_space(character: char) -> bool {
    matches!(character, ' ' | '\t')
}

/// RFC 9110 5.6.2
fn is_tchar(character: char) -> bool {
    character.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(character)
}

fn is_token68(character: char) -> bool {
    character.is_ascii_alphanumeric() || "-._~+/".contains(character)
}

/// Real servers send one or two; the bytes are bounded by [`Limits::header_bytes`](crate::limits::Limits).
pub(super) const MAX_CHALLENGES: usize = 16;
const MAX_PARAMETERS: usize = 32;
