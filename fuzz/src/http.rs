//! Challenges of `WWW-Authenticate`: what is read is well formed, and is read again from what it is written as.

use relying_party::http::Challenge;

/// The parser is total and bounded; its readings survive being written down.
pub fn challenge(data: &[u8]) {
    let Ok(value) = std::str::from_utf8(data) else { return };
    let challenges = Challenge::parse(value);
    assert!(challenges.len() <= 16);
    let written: Vec<String> = challenges.iter().map(write).collect();
    assert_eq!(Challenge::parse(&written.join(", ")), challenges);
    for challenge in &challenges {
        assert!(!challenge.scheme().is_empty() && challenge.scheme().is_ascii());
        assert!(challenge.is(&challenge.scheme().to_ascii_uppercase()));
        assert!(challenge.parameters().count() <= 32);
        assert!(format!("{challenge:?}").len() < 2000);
        for (name, value) in challenge.parameters() {
            // The first and only one of its name.
            assert_eq!(challenge.parameter(&name.to_ascii_uppercase()), Some(value));
            assert!(!value.contains(['\r', '\n', '\0']));
        }
    }
}

fn write(challenge: &Challenge) -> String {
    let quote = |text: &str| text.replace('\\', "\\\\").replace('"', "\\\"");
    let parameters: Vec<String> = challenge
        .parameters()
        .map(|(name, value)| format!("{name}=\"{}\"", quote(value)))
        .collect();
    let rest = challenge.token68().map_or(parameters.join(", "), str::to_owned);
    format!("{} {rest}", challenge.scheme())
}
