//! Strict JSON: one reader for everything that comes over a wire.
//!
//! Beyond RFC 8259 it refuses a member that occurs twice at any level (compared after unescaping, RFC 7515 4,
//! RFC 8725 2.6), nesting beyond a limit, text that is not UTF-8, a byte order mark, lone surrogates, and anything
//! after the value. `serde_json` supplies the grammar; what it would skip or overwrite silently is looked at here. One
//! pass over the text; strings without escapes are borrowed from it.

pub(crate) mod written;

use std::{
    borrow::Cow,
    cell::{Cell, RefCell},
    collections::BTreeMap,
    fmt,
    marker::PhantomData,
    sync::OnceLock,
};

use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess,
    Visitor,
};

use crate::error::{JsonFault, JsonProblem, Shown};

/// A JSON value.
#[derive(Clone, Debug, PartialEq)]
pub enum Value<'a> {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number.
    Number(Number),
    /// A string.
    String(Cow<'a, str>),
    /// An array.
    Array(Vec<Value<'a>>),
    /// An object.
    Object(Object<'a>),
}

/// A JSON number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Number {
    /// From 0 to 2^64-1.
    Unsigned(u64),
    /// From -2^63 to -1.
    Negative(i64),
    /// Anything else, finite.
    Float(f64),
}

impl Number {
    fn parse(digits: &str) -> Option<Self> {
        let float = || digits.parse().ok().filter(|float: &f64| float.is_finite());
        digits
            .parse()
            .map(Self::Unsigned)
            .or_else(|_| digits.parse().map(Self::Negative))
            .ok()
            .or_else(|| float().map(Self::Float))
    }

    /// Whole seconds, rounded down; none beyond the year 9999 (RFC 7519 2, NumericDate).
    pub fn seconds(self) -> Option<i64> {
        let seconds = match self {
            Self::Unsigned(seconds) => i64::try_from(seconds).ok()?,
            Self::Negative(seconds) => seconds,
            // Converting a float saturates, and the range check below then refuses it.
            Self::Float(seconds) if seconds.is_finite() => seconds.floor() as i64,
            Self::Float(_) => return None,
        };
        (-LAST_SECOND..=LAST_SECOND).contains(&seconds).then_some(seconds)
    }
}

/// A JSON object; its members are unique.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Object<'a>(BTreeMap<Cow<'a, str>, Value<'a>>);

/// Reads one value.
///
/// # Errors
/// What is wrong and where, never the text.
pub fn parse(bytes: &[u8], max_depth: usize) -> Result<Value<'_>, JsonProblem> {
    parse_with(&Trace::default(), bytes, max_depth)
}

/// Reads one object in which a member may occur again with an equal value; also says which one did. For servers that
/// write so, where the application chose to bear it.
pub(crate) fn parse_object_with_repeats(
    bytes: &[u8],
    max_depth: usize,
) -> Result<(Object<'_>, Option<Shown>), JsonProblem> {
    let trace = Trace { bears_repeats: true, ..Trace::default() };
    let object = object(parse_with(&trace, bytes, max_depth)?)?;
    Ok((object, trace.repeated.take()))
}

fn parse_with<'b>(
    trace: &Trace,
    bytes: &'b [u8],
    max_depth: usize,
) -> Result<Value<'b>, JsonProblem> {
    let syntax = || JsonProblem::new("$", JsonFault::Syntax);
    let text = std::str::from_utf8(bytes).map_err(|_| syntax())?;
    let mut reader = serde_json::Deserializer::from_str(text);
    let value = Seed { trace, depth: max_depth.min(MAX_DEPTH) }
        .deserialize(&mut reader)
        .map_err(|_| trace.problem())?;
    reader.end().map_err(|_| syntax())?;
    Ok(value)
}

/// Reads one object.
///
/// # Errors
/// As [`parse`], and [`JsonFault::WrongType`] for any other value.
pub fn parse_object(bytes: &[u8], max_depth: usize) -> Result<Object<'_>, JsonProblem> {
    object(parse(bytes, max_depth)?)
}

fn object(value: Value<'_>) -> Result<Object<'_>, JsonProblem> {
    match value {
        Value::Object(object) => Ok(object),
        _ => Err(JsonProblem::new("$", JsonFault::WrongType("an object"))),
    }
}

/// One member of an object that [`parse_object`] accepts, as any type; `null` counts as absent. Numbers keep their
/// digits as far as the type does.
///
/// # Errors
/// [`JsonFault::WrongType`] when it is there and not a `T`.
pub fn member<T: DeserializeOwned>(object: &str, name: &str) -> Result<Option<T>, JsonProblem> {
    let mut reader = serde_json::Deserializer::from_str(object);
    Pick { name, member: PhantomData }
        .deserialize(&mut reader)
        .map_err(|_| JsonProblem::new(name, JsonFault::WrongType("of the type asked for")))
}

/// Accessors treat `null` as absent, as real providers do; where a specification does not, [`get`](Self::get)
/// shows the difference.
impl<'a> Object<'a> {
    /// The member as it is, `null` included.
    pub fn get(&self, name: &str) -> Option<&Value<'a>> {
        self.0.get(name)
    }

    /// The members in the order of their names.
    pub fn members(&self) -> impl Iterator<Item = (&str, &Value<'a>)> {
        self.0.iter().map(|(name, value)| (&**name, value))
    }

    /// An object of texts, none of them twice.
    pub(crate) fn of_texts(
        pairs: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, JsonProblem> {
        let mut members = BTreeMap::new();
        for (name, value) in pairs {
            if members.contains_key(name.as_str()) {
                return Err(JsonProblem::new(&name, JsonFault::Duplicate));
            }
            members.insert(Cow::Owned(name), Value::String(Cow::Owned(value)));
        }
        Ok(Self(members))
    }

    /// An optional string.
    ///
    /// # Errors
    /// [`JsonFault::WrongType`]
    pub fn string(&self, name: &str) -> Result<Option<&str>, JsonProblem> {
        self.optional(name, "a string", Value::as_str)
    }

    /// A string that must be there.
    ///
    /// # Errors
    /// [`JsonFault::Missing`], [`JsonFault::WrongType`]
    pub fn required_string(&self, name: &str) -> Result<&str, JsonProblem> {
        self.string(name)?.ok_or_else(|| JsonProblem::new(name, JsonFault::Missing))
    }

    /// An optional boolean.
    ///
    /// # Errors
    /// [`JsonFault::WrongType`]
    pub fn boolean(&self, name: &str) -> Result<Option<bool>, JsonProblem> {
        self.optional(name, "a boolean", |value| match value {
            Value::Bool(value) => Some(*value),
            _ => None,
        })
    }

    /// An optional array of strings.
    ///
    /// # Errors
    /// [`JsonFault::WrongType`]
    pub fn strings(&self, name: &str) -> Result<Option<Vec<&str>>, JsonProblem> {
        self.optional(name, "an array of strings", |value| match value {
            Value::Array(values) => values.iter().map(Value::as_str).collect(),
            _ => None,
        })
    }

    fn optional<'s, T>(
        &'s self,
        name: &str,
        due: &'static str,
        read: impl FnOnce(&'s Value<'a>) -> Option<T>,
    ) -> Result<Option<T>, JsonProblem> {
        match self.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => match read(value) {
                Some(value) => Ok(Some(value)),
                None => Err(JsonProblem::new(name, JsonFault::WrongType(due))),
            },
        }
    }
}

impl Value<'_> {
    /// The text of a string.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }
}

/// What the visitors note on the way out of an error: serde's own error type can carry neither.
#[derive(Default)]
struct Trace {
    fault: Cell<Option<JsonFault>>,
    /// Innermost first.
    path: RefCell<Vec<String>>,
    /// A member may occur again with an equal value.
    bears_repeats: bool,
    /// One that did.
    repeated: Cell<Option<Shown>>,
}

impl Trace {
    fn problem(&self) -> JsonProblem {
        let mut path = String::new();
        for part in self.path.borrow().iter().rev() {
            if !path.is_empty() && !part.starts_with('[') {
                path.push('.');
            }
            path.push_str(part);
        }
        let path = if path.is_empty() { "$" } else { &path };
        JsonProblem::new(path, self.fault.take().unwrap_or(JsonFault::Syntax))
    }

    fn member(&self, name: &str) {
        let mut short: String = name.chars().take(MAX_NAME).collect();
        if short.len() < name.len() {
            short.push_str("...");
        }
        self.path.borrow_mut().push(Shown::new(&short).as_str().to_owned());
    }

    fn element(&self, index: usize) {
        self.path.borrow_mut().push(format!("[{index}]"));
    }
}

#[derive(Clone, Copy)]
struct Seed<'t> {
    trace: &'t Trace,
    depth: usize,
}

impl<'t> Seed<'t> {
    fn deeper<E: serde::de::Error>(self) -> Result<Self, E> {
        match self.depth.checked_sub(1) {
            Some(depth) => Ok(Self { depth, ..self }),
            None => {
                self.trace.fault.set(Some(JsonFault::TooDeep));
                Err(E::custom("too deep"))
            }
        }
    }
}

impl<'de> DeserializeSeed<'de> for Seed<'_> {
    type Value = Value<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value<'de>, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Seed<'_> {
    type Value = Value<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value<'de>, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value<'de>, E> {
        Ok(Value::Bool(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value<'de>, E> {
        Ok(Value::Number(Number::Unsigned(value)))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value<'de>, E> {
        Ok(Value::Number(Number::Negative(value)))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value<'de>, E> {
        Ok(Value::Number(Number::Float(value)))
    }

    fn visit_borrowed_str<E>(self, value: &'de str) -> Result<Value<'de>, E> {
        Ok(Value::String(Cow::Borrowed(value)))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value<'de>, E> {
        Ok(Value::String(Cow::Owned(value.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Value<'de>, A::Error> {
        let seed = self.deeper()?;
        let mut values = Vec::new();
        loop {
            match elements.next_element_seed(seed) {
                Ok(Some(value)) => values.push(value),
                Ok(None) => return Ok(Value::Array(values)),
                Err(error) => {
                    self.trace.element(values.len());
                    return Err(error);
                }
            }
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value<'de>, A::Error> {
        let mut object = BTreeMap::new();
        let mut name = members.next_key_seed(Name)?;
        if name.as_deref() == Some(WRAPPED_NUMBER) && numbers_come_wrapped() {
            let digits: String = members.next_value()?;
            return Number::parse(&digits).map(Value::Number).ok_or(A::Error::custom("range"));
        }
        let seed = self.deeper()?;
        while let Some(name) =
            name.take().map_or_else(|| members.next_key_seed(Name), |n| Ok(Some(n)))?
        {
            if let Some(first) = object.get(&name) {
                if self.trace.bears_repeats && *first == members.next_value_seed(seed)? {
                    self.trace.repeated.set(Some(Shown::new(&name)));
                    continue;
                }
                self.trace.fault.set(Some(JsonFault::Duplicate));
                self.trace.member(&name);
                return Err(A::Error::custom("duplicate"));
            }
            match members.next_value_seed(seed) {
                Ok(value) => object.insert(name, value),
                Err(error) => {
                    self.trace.member(&name);
                    return Err(error);
                }
            };
        }
        Ok(Value::Object(Object(object)))
    }
}

/// Reads a member name, borrowed where it has no escapes.
struct Name;

impl<'de> DeserializeSeed<'de> for Name {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Name {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a member name")
    }

    fn visit_borrowed_str<E>(self, name: &'de str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(name))
    }

    fn visit_str<E>(self, name: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(name.to_owned()))
    }
}

/// Reads one member of an object and skips the others.
struct Pick<'n, T> {
    name: &'n str,
    member: PhantomData<T>,
}

impl<'de, T: DeserializeOwned> DeserializeSeed<'de> for Pick<'_, T> {
    type Value = Option<T>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Option<T>, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de, T: DeserializeOwned> Visitor<'de> for Pick<'_, T> {
    type Value = Option<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Option<T>, A::Error> {
        let mut found = None;
        while let Some(name) = members.next_key_seed(Name)? {
            if name == self.name {
                found = members.next_value()?;
            } else {
                members.next_value::<IgnoredAny>()?;
            }
        }
        Ok(found)
    }
}

/// Whether another crate of this build has switched on `serde_json`'s `arbitrary_precision`: numbers then come as an
/// object with one member, and must be read all the same.
fn numbers_come_wrapped() -> bool {
    static WRAPPED: OnceLock<bool> = OnceLock::new();
    let keeps_digits = || {
        let number = serde_json::from_str::<serde_json::Number>("1.50");
        number.is_ok_and(|number| number.to_string() == "1.50")
    };
    *WRAPPED.get_or_init(keeps_digits)
}

const WRAPPED_NUMBER: &str = "$serde_json::private::Number";
/// 9999-12-31T23:59:59Z
const LAST_SECOND: i64 = 253_402_300_799;
/// Below the depth at which `serde_json` gives up by itself, with another error.
const MAX_DEPTH: usize = 100;
const MAX_NAME: usize = 64;

#[cfg(test)]
mod tests;
