//! Strict JSON beside `serde_json`: what is accepted is accepted there and has the same value; what is refused is
//! refused there too, or is a duplicate, or too deep.

use relying_party::{
    error::JsonFault,
    json::{self, Number, Object, Value},
};

/// The strict reader, at several depths.
pub fn json(data: &[u8]) {
    let theirs = serde_json::from_slice::<serde_json::Value>(data);
    for depth in [0, 4, 32, usize::MAX] {
        match json::parse(data, depth) {
            Ok(value) => {
                let theirs = theirs.as_ref().expect("only the strict reader accepts it");
                assert_eq!(&plain(&value), theirs);
                assert!(nesting(theirs) <= depth);
                members(&value);
            }
            Err(problem) => {
                assert!(problem.path.as_str().len() < 300, "{problem}");
                match problem.fault {
                    JsonFault::Duplicate => {}
                    JsonFault::TooDeep => {
                        assert!(
                            theirs.as_ref().map_or(true, |value| nesting(value) > depth.min(100))
                        );
                    }
                    JsonFault::Syntax => {
                        assert!(theirs.is_err(), "only the strict reader refuses it")
                    }
                    other => panic!("a reader of any value found {other}"),
                }
            }
        }
    }
}

/// The typed readers agree with the value, and `parse_object` with `parse`.
fn members(value: &Value<'_>) {
    let Value::Object(object) = value else { return };
    for (name, member) in object.members() {
        assert_eq!(object.get(name), Some(member));
        let null = *member == Value::Null;
        assert_eq!(object.string(name).is_ok(), null || member.as_str().is_some());
        assert_eq!(object.boolean(name).is_ok(), null || matches!(member, Value::Bool(_)));
        assert_eq!(object.required_string(name).ok(), member.as_str());
        if let Value::Number(number) = member {
            let seconds = number.seconds();
            assert!(seconds.is_none_or(|seconds| seconds.abs() < 253_402_300_800));
        }
    }
}

fn plain(value: &Value<'_>) -> serde_json::Value {
    match value {
        Value::Null => serde_json::Value::Null,
        Value::Bool(value) => (*value).into(),
        Value::Number(Number::Unsigned(number)) => (*number).into(),
        Value::Number(Number::Negative(number)) => (*number).into(),
        Value::Number(Number::Float(number)) => (*number).into(),
        Value::String(text) => text.as_ref().into(),
        Value::Array(values) => values.iter().map(plain).collect(),
        Value::Object(object) => plain_object(object),
    }
}

fn plain_object(object: &Object<'_>) -> serde_json::Value {
    let members = object.members().map(|(name, value)| (name.to_owned(), plain(value)));
    serde_json::Value::Object(members.collect())
}

fn nesting(value: &serde_json::Value) -> usize {
    match value {
        serde_json::Value::Array(values) => 1 + values.iter().map(nesting).max().unwrap_or(0),
        serde_json::Value::Object(members) => 1 + members.values().map(nesting).max().unwrap_or(0),
        _ => 0,
    }
}
