//! What a broken or hostile agent does, over a real socket, blocking and as a future: one error kind each, one
//! connection each, and an honest answer afterwards.

use std::time::Duration;

use relying_party::{
    Error,
    agent::{Check, ListLoadedAccounts, ObtainToken},
    error::{AgentKind, AgentProblem, ErrorKind},
};
use relying_party_agent::AgentSocket;
use relying_party_tests::agent::{Accounts, FakeAgent, Fault, both};
use serde_json::json;

const ISSUER: &str = "https://op.test/";

fn fake() -> FakeAgent {
    FakeAgent::start(Accounts::new(&[("a", ISSUER)]))
}

/// An honest answer, both ways.
fn answers(socket: &AgentSocket) {
    for reply in both(socket, &Check) {
        reply.expect("an answer");
    }
}

fn kind(error: &Error) -> Option<AgentKind> {
    match error.kind() {
        ErrorKind::Agent(problem) => Some(problem.kind()),
        _ => None,
    }
}

/// One fault, one code, one kind, one connection.
fn refused(fault: &Fault, code: &str, due: AgentKind) {
    let agent = fake();
    let socket = AgentSocket::at(agent.path());
    agent.script([fault.clone(), fault.clone()]);
    for reply in both(&socket, &ObtainToken::of_account("a")) {
        let error = reply.expect_err("an error");
        assert_eq!((error.code(), kind(&error)), (code, Some(due)), "{fault:?}: {error:?}");
    }
    assert_eq!(agent.connections(), 2, "{fault:?}: nothing is tried again");
    for reply in both(&socket, &ObtainToken::of_account("a")) {
        assert_eq!(reply.expect("a token").issuer, ISSUER, "{fault:?}");
    }
}

/// The same over a connection without encryption.
fn refused_plain(fault: &Fault, code: &str) {
    let agent = fake();
    let socket = AgentSocket::at(agent.path()).insecure_without_encryption();
    agent.script([fault.clone(), fault.clone()]);
    for reply in both(&socket, &Check) {
        assert_eq!(reply.expect_err("an error").code(), code, "{fault:?}");
    }
    answers(&socket);
}

#[test]
fn an_agent_that_hangs_up_at_once() {
    refused(&Fault::CloseAtOnce, "agent.closed", AgentKind::Connect);
    refused_plain(&Fault::CloseAtOnce, "agent.closed");
}

#[test]
fn an_agent_that_dies_after_its_key() {
    refused(&Fault::CloseAfterKey, "agent.no_reply", AgentKind::Connect);
}

#[test]
fn a_short_key() {
    refused(&Fault::ShortKey, "agent.key", AgentKind::Crypto);
}

#[test]
fn more_than_a_key() {
    refused(&Fault::MoreThanKey, "agent.trailing", AgentKind::Protocol);
}

#[test]
fn an_error_where_a_key_is_due() {
    refused(&Fault::ErrorForKey, "agent.refused", AgentKind::Crypto);
}

#[test]
fn a_success_where_a_key_is_due() {
    refused(&Fault::SuccessForKey, "agent.downgrade", AgentKind::Crypto);
}

#[test]
fn an_all_zero_key() {
    refused(&Fault::ZeroKey, "agent.weak_key", AgentKind::Crypto);
}

#[test]
fn a_plaintext_success_after_a_key_exchange() {
    refused(&Fault::Clear, "agent.downgrade", AgentKind::Crypto);
}

#[test]
fn a_plaintext_error_after_a_key_exchange_is_an_error() {
    refused(&Fault::ErrorInClear, "agent.refused", AgentKind::Crypto);
}

#[test]
fn a_truncated_frame() {
    for by in [1, 60] {
        refused(&Fault::Truncated(by), "agent.truncated", AgentKind::Protocol);
    }
    refused(&Fault::Truncated(100_000), "agent.no_reply", AgentKind::Connect);
    refused_plain(&Fault::Truncated(1), "agent.truncated");
}

#[test]
fn a_wrong_length_prefix() {
    // The box stays as it is: too long for one less, and too short for many more.
    let agent = fake();
    let socket = AgentSocket::at(agent.path());
    // `{"status":"success"}`: 20 and 16 bytes of tag are 48 in base64, as 19 and 16 are.
    for (by, code) in [(-1, "agent.frame"), (4, "agent.truncated"), (-10, "agent.trailing")] {
        agent.script([Fault::Length(by), Fault::Length(by)]);
        for reply in both(&socket, &Check) {
            let error = reply.expect_err("an error");
            assert_eq!((error.code(), kind(&error)), (code, Some(AgentKind::Protocol)), "{by}");
        }
    }
    answers(&socket);
}

#[test]
fn a_length_prefix_beyond_the_limit() {
    let agent = fake();
    let socket = AgentSocket::at(agent.path());
    agent.script([Fault::Length(100_000_000), Fault::Length(100_000_000)]);
    for reply in both(&socket, &Check) {
        let error = reply.expect_err("an error");
        assert_eq!((error.code(), kind(&error)), ("limit.agent_reply", None));
    }
    answers(&socket);
}

#[test]
fn a_flipped_tag() {
    refused(&Fault::FlippedTag, "agent.decryption", AgentKind::Crypto);
}

#[test]
fn two_replies_at_once() {
    let second = r#"{"status":"success","access_token":"x","issuer":"https://op.test/"}"#;
    refused(&Fault::Concatenated(second), "agent.trailing", AgentKind::Protocol);
    refused_plain(&Fault::Concatenated(r#"{"request":"autoload"}"#), "agent.trailing");
}

#[test]
fn bytes_behind_the_reply() {
    for more in ["x", "\n", "\0"] {
        refused(&Fault::Trailing(more), "agent.trailing", AgentKind::Protocol);
        refused_plain(&Fault::Trailing(more), "agent.trailing");
    }
}

#[test]
fn invalid_utf_8() {
    let reply =
        b"{\"status\":\"success\",\"access_token\":\"\xff\",\"issuer\":\"https://op.test/\"}";
    refused(&Fault::Instead(reply.to_vec()), "json.syntax", AgentKind::Protocol);
    refused_plain(&Fault::Instead(reply.to_vec()), "json.syntax");
}

#[test]
fn unescaped_quotes_in_an_error_text() {
    let reply = br#"{"status":"failure","error":"invalid_grant: no "such" token"}"#;
    refused(&Fault::Instead(reply.to_vec()), "json.syntax", AgentKind::Protocol);
}

#[test]
fn a_reply_of_another_shape() {
    for reply in [
        json!({"status": "success", "info": ["a", "b"]}),
        json!({"status": "success"}),
        json!({"status": "success", "id_token": "x", "issuer": ISSUER}),
        json!({"request": "autoload", "account": "a"}),
    ] {
        let fault = Fault::Instead(reply.to_string().into_bytes());
        refused(&fault, "agent.other_reply", AgentKind::Protocol);
    }
    let agent = fake();
    let token = json!({"status": "success", "access_token": "x", "issuer": ISSUER}).to_string();
    agent.script([Fault::Instead(token.clone().into()), Fault::Instead(token.into())]);
    for reply in both(&AgentSocket::at(agent.path()), &ListLoadedAccounts) {
        assert_eq!(reply.expect_err("an error").code(), "agent.other_reply");
    }
}

#[test]
fn a_reply_of_another_issuer() {
    let agent = fake();
    let other = json!({"status": "success", "access_token": "x", "issuer": "https://evil.test/"});
    let fault = Fault::Instead(other.to_string().into_bytes());
    agent.script([fault.clone(), fault]);
    let socket = AgentSocket::at(agent.path());
    for reply in both(&socket, &ObtainToken::of_issuer("https://op.test")) {
        let error = reply.expect_err("an error");
        let due = ("agent.other_issuer", Some(AgentKind::Protocol));
        assert_eq!((error.code(), kind(&error)), due);
    }
    for reply in both(&socket, &ObtainToken::of_issuer("https://op.test")) {
        assert_eq!(reply.expect("a token").issuer, ISSUER);
    }
}

#[test]
fn silence_until_the_deadline() {
    let agent = fake();
    agent.script([Fault::Silence, Fault::Silence]);
    let socket = AgentSocket::at(agent.path()).timeout(Duration::from_millis(100));
    for reply in both(&socket, &Check) {
        let error = reply.expect_err("an error");
        assert_eq!((error.code(), kind(&error)), ("agent.timeout", Some(AgentKind::Connect)));
    }
    let patient = AgentSocket::at(agent.path());
    answers(&patient);
}

#[test]
fn one_byte_chunks_are_as_good_as_one() {
    let agent = fake();
    for socket in
        [AgentSocket::at(agent.path()), AgentSocket::at(agent.path()).insecure_without_encryption()]
    {
        agent.script([Fault::ByteByByte, Fault::ByteByByte]);
        for reply in both(&socket, &ObtainToken::of_account("a")) {
            assert_eq!(reply.expect("a token").issuer, ISSUER);
        }
    }
}

#[test]
fn a_reply_of_300_kb_in_many_chunks() {
    let agent = fake();
    let long = "x".repeat(300_000);
    let reply = json!({"status": "success", "access_token": long, "issuer": ISSUER}).to_string();
    for socket in
        [AgentSocket::at(agent.path()), AgentSocket::at(agent.path()).insecure_without_encryption()]
    {
        agent.script([Fault::Instead(reply.clone().into()), Fault::Instead(reply.clone().into())]);
        for reply in both(&socket, &ObtainToken::of_account("a")) {
            assert_eq!(reply.expect("a token").access_token.expose(), long);
        }
    }
    // Four times as much is too much.
    let longer = json!({"status": "success", "x": "x".repeat(1_200_000)}).to_string();
    agent.script([Fault::Instead(longer.clone().into()), Fault::Instead(longer.into())]);
    for reply in both(&AgentSocket::at(agent.path()), &Check) {
        assert_eq!(reply.expect_err("an error").code(), "limit.agent_reply");
    }
}

#[test]
fn a_connection_that_stays_open_behind_the_reply_is_left() {
    let agent = fake();
    for socket in
        [AgentSocket::at(agent.path()), AgentSocket::at(agent.path()).insecure_without_encryption()]
    {
        agent.script([Fault::StaysOpen, Fault::StaysOpen]);
        answers(&socket);
    }
}

#[test]
fn the_agents_own_words_have_their_kinds() {
    let words = [
        (
            "No account configured with that short name",
            "agent.unknown_account",
            AgentKind::UnknownAccount,
        ),
        ("account not loaded", "agent.not_loaded", AgentKind::UnknownAccount),
        ("Account not loaded", "agent.not_loaded", AgentKind::UnknownAccount),
        ("Agent locked", "agent.locked", AgentKind::Locked),
        ("Agent not locked", "agent.error", AgentKind::Agent),
        ("wrong password", "agent.error", AgentKind::Agent),
        ("operation forbidden", "agent.error", AgentKind::Agent),
        ("Bad Request: Unknown request type.", "agent.unsupported", AgentKind::Unsupported),
        ("Bad Request: No request type.", "agent.error", AgentKind::Agent),
        (
            "request currently not acceptable; please try again later",
            "agent.busy",
            AgentKind::Retryable,
        ),
        (
            "request currently not acceptable; please try again later (7s)",
            "agent.busy",
            AgentKind::Retryable,
        ),
        ("invalid_grant: refresh token expired", "agent.error", AgentKind::Agent),
        ("decryption failed", "agent.refused", AgentKind::Crypto),
        ("", "agent.error", AgentKind::Agent),
    ];
    for (text, code, due) in words {
        let reply = json!({"status": "failure", "error": text, "info": "try this"}).to_string();
        let agent = fake();
        agent.script([Fault::Instead(reply.clone().into()), Fault::Instead(reply.into())]);
        for reply in both(&AgentSocket::at(agent.path()), &ObtainToken::of_account("a")) {
            let error = reply.expect_err("an error");
            assert_eq!((error.code(), kind(&error)), (code, Some(due)), "{text}");
            let ErrorKind::Agent(problem) = error.kind() else { panic!("{error:?}") };
            let answer = problem.answer().expect("its word");
            assert_eq!(answer.error.as_str(), text);
            assert_eq!(answer.help.as_ref().expect("its help").as_str(), "try this");
            if let AgentProblem::Busy { after, .. } = problem {
                let due = text.ends_with("(7s)").then_some(Duration::from_secs(7));
                assert_eq!(*after, due);
            }
        }
    }
}

#[test]
fn an_invalid_grant_says_how_to_log_in_again() {
    let agent = fake();
    agent.accounts().failure = Some(
        json!({"status": "failure", "error": "invalid_grant", "error_description": "expired"}),
    );
    for reply in both(&AgentSocket::at(agent.path()), &ObtainToken::of_account("a")) {
        let error = reply.expect_err("an error");
        assert!(error.to_string().contains("invalid_grant: expired"), "{error}");
        assert!(error.hint().expect("a hint").contains("--reauthenticate"));
    }
}
