//! What the answer of a token endpoint holds besides tokens (RFC 6749 5.1: "additional parameters").

use serde::{
    Serialize, Serializer,
    de::DeserializeOwned,
    ser::{SerializeMap, SerializeSeq},
};
use zeroize::Zeroizing;

use crate::{
    error::JsonProblem,
    json::{self, Number, Object, Value},
};

/// The members of an answer but for its tokens. Wiped when dropped: some providers put secrets into them.
#[derive(Clone, Default)]
pub(crate) struct Members(Zeroizing<String>);

impl Members {
    /// Of this answer.
    pub(crate) fn of(answer: &Object<'_>) -> Self {
        let text = serde_json::to_string(&Rest(answer)).unwrap_or_default();
        Self(Zeroizing::new(text))
    }

    /// Any of them, by name and type; `null` counts as absent.
    pub(crate) fn get<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, JsonProblem> {
        if self.0.is_empty() { Ok(None) } else { json::member(&self.0, name) }
    }
}

/// All members but those that have types of their own.
struct Rest<'a>(&'a Object<'a>);

struct Any<'a>(&'a Value<'a>);

impl Serialize for Rest<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let others = self.0.members().filter(|(name, _)| !TOKENS.contains(name));
        object(others, serializer)
    }
}

impl Serialize for Any<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::Null => serializer.serialize_unit(),
            Value::Bool(value) => serializer.serialize_bool(*value),
            Value::Number(Number::Unsigned(value)) => serializer.serialize_u64(*value),
            Value::Number(Number::Negative(value)) => serializer.serialize_i64(*value),
            Value::Number(Number::Float(value)) => serializer.serialize_f64(*value),
            Value::String(text) => serializer.serialize_str(text),
            Value::Array(values) => {
                let mut list = serializer.serialize_seq(Some(values.len()))?;
                values.iter().try_for_each(|value| list.serialize_element(&Any(value)))?;
                list.end()
            }
            Value::Object(members) => object(members.members(), serializer),
        }
    }
}

fn object<'a, S: Serializer>(
    members: impl Iterator<Item = (&'a str, &'a Value<'a>)>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(None)?;
    for (name, value) in members {
        map.serialize_entry(name, &Any(value))?;
    }
    map.end()
}

const TOKENS: [&str; 3] = ["access_token", "refresh_token", "id_token"];
