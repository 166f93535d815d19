use super::*;

fn problem(text: &[u8]) -> String {
    parse(text, 32).unwrap_err().to_string()
}

#[test]
fn j01_j02_duplicates_are_refused_at_every_level() {
    assert_eq!(problem(br#"{"a":1,"a":1}"#), "duplicate member at \"a\"");
    assert_eq!(problem(br#"{"k":[0,{"b":{"c":1,"c":2}}]}"#), "duplicate member at \"k[1].b.c\"");
}

#[test]
fn j03_duplicates_are_compared_after_unescaping() {
    assert_eq!(problem(br#"{"alg":1,"\u0061lg":1}"#), "duplicate member at \"alg\"");
    assert!(parse(br#"{"alg":1,"Alg":1}"#, 32).is_ok());
}

#[test]
fn j06_j07_j08_j09_only_utf8() {
    for text in [
        &b"\"\xc0\x80\""[..],
        b"\"\xed\xa0\x80\"",
        b"\"\xff\"",
        br#""\ud800""#,
        br#""\udc00x""#,
        b"\xef\xbb\xbf{}",
        b"{\0}\0",
    ] {
        assert!(problem(text).contains("not JSON"), "{text:?}");
    }
    assert_eq!(parse(br#""\ud83d\ude00""#, 1), Ok(Value::String("\u{1f600}".into())));
}

#[test]
fn j10_nothing_follows_the_value() {
    for text in [&b"{}x"[..], b"{}{}", b"{},", b"", b" "] {
        assert!(parse(text, 32).is_err(), "{text:?}");
    }
    assert!(parse(b" \r\n\t{} ", 32).is_ok());
}

#[test]
fn j12_depth_is_bounded() {
    let nested = |n: usize| [b"[".repeat(n), b"]".repeat(n)].concat();
    assert!(parse(&nested(32), 32).is_ok());
    assert!(problem(&nested(33)).starts_with("nested too deeply"));
    assert!(problem(&b"[".repeat(1_000_000)).starts_with("nested too deeply"));
    assert!(parse(&nested(101), usize::MAX).is_err());
}

#[test]
fn j14_j16_j17_j18_numeric_dates_never_saturate_or_wrap() {
    let seconds = |text: &str| match parse(text.as_bytes(), 1) {
        Ok(Value::Number(number)) => number.seconds(),
        _ => None,
    };
    for text in ["1e308", "1e999", "-1e308", "18446744073709551616", "9223372036854775807"] {
        assert_eq!(seconds(text), None, "{text}");
    }
    assert_eq!(seconds("1700000000.9"), Some(1_700_000_000));
    assert_eq!(seconds("1.7e9"), Some(1_700_000_000));
    assert_eq!((seconds("-1"), seconds("-0"), seconds("0")), (Some(-1), Some(0), Some(0)));
    assert_eq!(seconds("253402300800"), None);
}

#[test]
fn j26_null_is_absent_for_accessors_and_visible_to_get() {
    let object = parse_object(br#"{"a":null,"b":"x","c":1}"#, 2).unwrap();
    assert_eq!(object.string("a"), Ok(None));
    assert_eq!(object.get("a"), Some(&Value::Null));
    assert_eq!(object.required_string("b"), Ok("x"));
    assert!(object.string("c").is_err() && object.required_string("d").is_err());
}

#[test]
fn j01_an_equal_repeat_is_borne_only_where_it_was_asked_for() {
    let read = |text: &'static str| {
        let result = parse_object_with_repeats(text.as_bytes(), 8);
        result.map(|(_, repeated)| repeated.map(|name| name.as_str().to_owned()))
    };
    assert_eq!(read(r#"{"a":1,"b":{"c":[1]},"b":{"c":[1]}}"#), Ok(Some("b".to_owned())));
    assert_eq!(read(r#"{"a":1,"b":2}"#), Ok(None));
    for text in [r#"{"a":1,"a":2}"#, r#"{"a":"1","a":1}"#, r#"{"a":{"b":1},"a":{"b":1,"c":2}}"#] {
        assert_eq!(read(text).unwrap_err().fault, JsonFault::Duplicate, "{text}");
    }
    assert!(parse_object(br#"{"a":1,"a":1}"#, 8).is_err());
}
