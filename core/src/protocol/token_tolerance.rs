//! Answers of the token endpoint that are not as RFC 6749 5.1 says, and are read all the same where the application
//! chose so. Each use is reported.

use super::{
    profiled::{Profiled, credit},
    relaxation::Relaxation,
};
use crate::{
    error::{JsonFault, JsonProblem, Shown},
    http::HttpResponse,
    json::{self, Object},
    limits::Limits,
    text,
};

/// What is borne; by default nothing.
#[derive(Clone, Debug, Default)]
pub(crate) struct TokenTolerance {
    pub(crate) form: bool,
    pub(crate) equal_repeats: bool,
    pub(crate) missing_type: bool,
    pub(crate) types: Vec<String>,
    pub(crate) comma_scope: bool,
}

/// How an answer of the token endpoint is to be read.
#[derive(Clone, Copy)]
pub(crate) struct TokenRules<'a> {
    pub(crate) limits: &'a Limits,
    pub(crate) tolerance: &'a TokenTolerance,
    pub(crate) profiled: Option<&'a Profiled>,
}

impl TokenTolerance {
    /// Whether a token of this type is taken for a bearer token.
    pub(crate) fn takes_type(&self, token_type: &str) -> bool {
        // RFC 6749 5.1: the value is case insensitive
        self.types.iter().any(|taken| taken.eq_ignore_ascii_case(token_type))
    }
}

impl TokenRules<'_> {
    /// The members of the answer, and what had to be borne to read them.
    pub(crate) fn document<'r>(
        &self,
        response: &'r HttpResponse,
        used: &mut Vec<Relaxation>,
    ) -> Result<Object<'r>, JsonProblem> {
        let (body, depth) = (response.body(), self.limits.json_depth);
        if self.tolerance.form && response.has_media_type(FORM) {
            let object = form(body)?;
            used.push(Relaxation::FormEncodedTokens);
            return Ok(object);
        }
        if !self.tolerance.equal_repeats {
            return json::parse_object(body, depth);
        }
        let (object, repeated) = json::parse_object_with_repeats(body, depth)?;
        used.extend(repeated.map(Relaxation::EqualRepeat));
        Ok(object)
    }

    /// The words of a scope.
    pub(crate) fn words(&self, scope: &str, used: &mut Vec<Relaxation>) -> Vec<String> {
        let commas = self.tolerance.comma_scope && scope.contains(',');
        if commas {
            used.push(Relaxation::CommaSeparatedScope);
        }
        let apart = |c: char| c.is_ascii_whitespace() || (commas && c == ',');
        scope.split(apart).filter(|word| !word.is_empty()).map(str::to_owned).collect()
    }

    /// What was borne, with the reason where it is a profile.
    pub(crate) fn credit(&self, used: Vec<Relaxation>) -> Vec<Relaxation> {
        used.into_iter().map(|used| credit(self.profiled, used, None)).collect()
    }

    /// What bears a missing or another token type, if anything does.
    pub(crate) fn bears_type(&self, token_type: Option<&str>) -> Option<Relaxation> {
        match token_type {
            None => self.tolerance.missing_type.then_some(Relaxation::MissingTokenType),
            Some(name) => {
                let taken = self.tolerance.takes_type(name);
                taken.then(|| Relaxation::OtherTokenType(Shown::new(name)))
            }
        }
    }
}

fn form(body: &[u8]) -> Result<Object<'static>, JsonProblem> {
    let syntax = || JsonProblem::new("$", JsonFault::Syntax);
    let text = std::str::from_utf8(body).map_err(|_| syntax())?;
    Object::of_texts(text::decode_form(text).ok_or_else(syntax)?)
}

const FORM: &str = "application/x-www-form-urlencoded";
