//! Parts of a document as they are written: reading them and writing them anew would lose digits of numbers.
//!
//! For text that [`parse`](super::parse) has accepted; of any other, what comes out means nothing.

use serde::de::{DeserializeOwned, IgnoredAny};

/// The members of an object, each with the text of its value.
pub(crate) fn members(object: &str) -> Option<Vec<(String, &str)>> {
    let mut members = Vec::new();
    let mut rest = object.trim_start().strip_prefix('{')?.trim_start();
    while !rest.starts_with('}') {
        let (name, end) = first::<String>(rest)?;
        rest = rest.get(end..)?.trim_start().strip_prefix(':')?.trim_start();
        let value;
        (value, rest) = next(rest)?;
        members.push((name, value));
    }
    Some(members)
}

/// The text of each element of an array.
pub(crate) fn elements(array: &str) -> Option<Vec<&str>> {
    let mut elements = Vec::new();
    let mut rest = array.trim_start().strip_prefix('[')?.trim_start();
    while !rest.starts_with(']') {
        let element;
        (element, rest) = next(rest)?;
        elements.push(element);
    }
    Some(elements)
}

/// The object with those of its members alone that are wanted.
pub(crate) fn select(object: &str, wanted: impl Fn(&str) -> bool) -> Option<String> {
    let mut selected = String::from("{");
    for (name, value) in members(object)?.into_iter().filter(|(name, _)| wanted(name)) {
        if selected.len() > 1 {
            selected.push(',');
        }
        selected += &serde_json::Value::String(name).to_string();
        selected.push(':');
        selected += value;
    }
    selected.push('}');
    Some(selected)
}

/// The text of the first value, and what follows it and its comma.
fn next(text: &str) -> Option<(&str, &str)> {
    let (_, end) = first::<IgnoredAny>(text)?;
    let (value, rest) = text.split_at_checked(end)?;
    let rest = rest.trim_start();
    Some((value, rest.strip_prefix(',').unwrap_or(rest).trim_start()))
}

/// The first value, and where it ends.
fn first<T: DeserializeOwned>(text: &str) -> Option<(T, usize)> {
    let mut values = serde_json::Deserializer::from_str(text).into_iter();
    let value = values.next()?.ok()?;
    Some((value, values.byte_offset()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn j28_every_value_stays_as_it_is_written() {
        let text = "\r\n{ \"a\" : 1e2 ,\"b\\u0022}\":\"}\\\"{,\",\t\"c\":[ 0.10,{\"d\":[ ]} ] , \"e\":null,\"f\":-0}";
        let pair = |name: &str, value| (name.to_owned(), value);
        let due = [
            pair("a", "1e2"),
            pair("b\"}", "\"}\\\"{,\""),
            pair("c", "[ 0.10,{\"d\":[ ]} ]"),
            pair("e", "null"),
            pair("f", "-0"),
        ];
        assert_eq!(members(text).unwrap(), due);
        let all = select(text, |_| true).unwrap();
        assert_eq!(
            serde_json::from_str::<serde_json::Value>(&all).ok(),
            serde_json::from_str(text).ok()
        );
        assert_eq!(select(text, |name| name == "a" || name == "f").unwrap(), r#"{"a":1e2,"f":-0}"#);
        assert_eq!(select(text, |_| false).unwrap(), "{}");
        assert_eq!(members(" { } ").unwrap(), []);
        assert_eq!(
            elements("[ 0.10,{\"d\":[ ]} ,[],true, 7]").unwrap(),
            ["0.10", "{\"d\":[ ]}", "[]", "true", "7"]
        );
        assert_eq!(elements("[ ]").unwrap(), [""; 0]);
    }

    #[test]
    fn j20_what_is_none_has_no_parts() {
        for text in [
            "",
            "7",
            "null",
            "\"{}\"",
            "[1",
            "[1 x]",
            "{",
            "{\"a\"}",
            "{\"a\":1",
            "{a:1}",
            "{\"a\":1 x}",
        ] {
            assert_eq!((members(text), elements(text)), (None, None), "{text}");
        }
        assert!(members("[]").is_none() && elements("{}").is_none());
    }
}
