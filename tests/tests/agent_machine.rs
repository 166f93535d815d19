//! The exchange with an oidc-agent as a machine: the deterministic vector byte for byte, in whatever chunks, and what
//! it never does.

use crypto_box::{SalsaBox, SecretKey};
use relying_party::{
    Env, Error,
    agent::{
        AgentRequest, AgentStep, Check, Exchange, ListScopes, Lock, MAX_REQUEST, Members,
        ObtainIdToken, ObtainMytoken, ObtainToken, Receiving, Reply,
    },
    error::{AgentProblem, Blame, ErrorKind},
    limits::Limits,
    time::UnixTime,
};
use relying_party_tests::agent::{open, public_key, seal, shared};
use serde_json::{Value, json};

/// 32 bytes of 1, then 24 of 3.
struct Vector(u8);

impl Env for Vector {
    fn now(&mut self) -> UnixTime {
        panic!("nobody needs the time")
    }

    fn fill(&mut self, out: &mut [u8]) -> Result<(), Error> {
        out.fill(self.0);
        self.0 += 2;
        Ok(())
    }
}

const CLIENT: &[u8] = b"pOCSkrZRwni5dyxWn1+puxPZBrRqtoyd+dwrRAn4ogk=";
const AGENT: &[u8] = b"zo060cy2M+x7cMF4FKXHbs0CloUFDTRHRboFhw5YfVk=";
const CHECK: &[u8] =
    b"19:AwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMD:enK2JE01mh3q9eu1NKoMNpgJDWpaY1/dUCIcVRnCpZiheN0=";
const SUCCESS: &[u8] =
    b"20:AwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMD:kXUV6BrUqFE+U8aazpNWrpgJDHtKYk/dBjoEBA/Jo565KYLI";
const TOKEN: &[u8] = b"103:AwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMD:QIHrJz9srfRKnbSvmcLes5gJDHtKYk/dBjoEBA/Jo565KYKZSnVphzMowBkGChFWfLj+lnaHyso1BHcsKP0Cx3npp5ZSMmypBDr7h2g75wIbg2SS++L9AX2SPxfLddyo+l7h4vNZdbxvDxsjH3MhAMn1psP2FLc=";

fn agent() -> SecretKey {
    SecretKey::from([2; 32])
}

fn agreed() -> SalsaBox {
    shared(&agent(), CLIENT).expect("a key")
}

fn frame(plain: &[u8]) -> Vec<u8> {
    seal(&agreed(), [3; 24], plain)
}

/// Runs with these answers, one for each time that it listens, in chunks of so many bytes. Also what it sent.
fn run<R: AgentRequest>(
    exchange: Exchange<R>,
    answers: &[&[u8]],
    size: usize,
) -> (Result<R::Reply, Error>, Vec<Vec<u8>>) {
    let mut answers = answers.iter();
    let mut sent = Vec::new();
    let mut step = match exchange.start(&mut Vector(1)) {
        Ok(step) => step,
        Err(error) => return (Err(error), sent),
    };
    loop {
        step = match step {
            AgentStep::Connect(connecting) => connecting.resume(),
            AgentStep::Send(sending) => {
                sent.push(sending.bytes().to_vec());
                sending.resume()
            }
            AgentStep::Receive(receiving) => {
                match feed(receiving, answers.next().copied().unwrap_or_default(), size) {
                    Ok(step) => step,
                    Err(error) => return (Err(error), sent),
                }
            }
            AgentStep::Done(reply) => return (Ok(reply), sent),
        };
    }
}

fn feed<R: AgentRequest>(
    mut receiving: Receiving<R>,
    answer: &[u8],
    size: usize,
) -> Result<AgentStep<R>, Error> {
    let chunks: Vec<&[u8]> = answer.chunks(size).collect();
    for (at, chunk) in chunks.iter().enumerate() {
        receiving = match receiving.resume(chunk)? {
            AgentStep::Receive(receiving) => receiving,
            step => {
                assert_eq!(at + 1, chunks.len(), "it went on early");
                return Ok(step);
            }
        };
    }
    receiving.resume(&[])
}

/// The reply to a check, and what became of it: the same in whatever chunks.
fn refused(reply: &[u8]) -> &'static str {
    let codes: Vec<_> = [1, 7, usize::MAX]
        .map(|size| run(Exchange::new(Check), &[AGENT, reply], size).0.unwrap_err().code())
        .into();
    assert!(codes.iter().all(|code| *code == codes[0]), "{codes:?}");
    codes[0]
}

#[test]
fn the_vector_holds_byte_for_byte_in_both_directions_and_whatever_chunks() {
    assert_eq!(public_key(&agent()).as_bytes(), AGENT);
    assert_eq!(frame(br#"{"status":"success"}"#), SUCCESS);
    assert_eq!(open(&agreed(), CHECK).unwrap(), br#"{"request":"check"}"#);
    for size in [1, 2, 31, usize::MAX] {
        let (reply, sent) = run(Exchange::new(Check), &[AGENT, SUCCESS], size);
        reply.unwrap();
        assert_eq!(sent, [CLIENT, CHECK]);
        let request = ObtainToken::of_account("a").expected_issuer("https://example.com");
        let (reply, sent) = run(Exchange::new(request), &[AGENT, TOKEN], size);
        let token = reply.unwrap();
        assert_eq!(token.access_token.expose(), "token1234");
        assert_eq!(token.issuer, "https://example.com/");
        assert_eq!(token.expires_at, Some(UnixTime::from_seconds(1_541_517_118)));
        assert_eq!(
            open(&agreed(), &sent[1]).unwrap(),
            br#"{"request":"access_token","account":"a","min_valid_period":0}"#
        );
    }
}

#[test]
fn plain_mode_sends_the_request_alone() {
    for size in [1, usize::MAX] {
        let exchange = Exchange::new(Check).insecure_without_encryption();
        let (reply, sent) = run(exchange, &[br#"{"status":"success"}"#], size);
        reply.unwrap();
        assert_eq!(sent, [br#"{"request":"check"}"#]);
    }
    for (reply, code) in [
        (&b""[..], "agent.closed"),
        (b"{\"status\":\"success\"", "agent.truncated"),
        (b"{\"status\":\"success\"}\n", "agent.trailing"),
        (b"[]", "json.type"),
        (b"pOCSkrZRwni5dyxWn1+puxPZBrRqtoyd+dwrRAn4ogk=", "json.type"),
        (b"{\"status\":\"success\",\"status\":\"success\"}", "json.duplicate"),
    ] {
        for size in [1, usize::MAX] {
            let exchange = Exchange::new(Check).insecure_without_encryption();
            assert_eq!(run(exchange, &[reply], size).0.unwrap_err().code(), code);
        }
    }
}

#[test]
fn what_is_no_key_ends_the_exchange_before_anything_is_told() {
    let low_order = [
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        // p - 1 and p
        "7P///////////////////////////////////////38=",
        "7f///////////////////////////////////////38=",
        "4Ot6fDtBuK4WVuP68Z/EatoJjeucMrH9hmIFFl9JuAA=",
    ];
    let cases = [
        ("", "agent.closed"),
        ("zo060cy2M+x7cMF4FKXHbs0CloUFDTRHRboFhw5YfVk", "agent.key"),
        ("zo060cy2M-x7cMF4FKXHbs0CloUFDTRHRboFhw5YfVk=", "agent.key"),
        ("zo060cy2M+x7cMF4FKXHbs0CloUFDTRHRboFhw5YfVl=", "agent.key"),
        ("zo060cy2M+x7cMF4FKXHbs0CloUFDTRHRboFhw5YfVk=\n", "agent.trailing"),
        (r#"{"status":"success"}"#, "agent.downgrade"),
        (r#"{"status":"failure","error":"received suspicious public key"}"#, "agent.refused"),
        (r#"{"status":"failure","error":"oidcd died"}"#, "agent.error"),
        (r#"{"status":"#, "agent.truncated"),
        ("[]", "agent.key"),
    ];
    let weak = low_order.map(|key| (key, "agent.weak_key"));
    for (key, code) in cases.into_iter().chain(weak) {
        for size in [1, usize::MAX] {
            // What follows a key is seen if it is there before the key has its answer.
            if size == 1 && code == "agent.trailing" {
                continue;
            }
            let (reply, sent) = run(Exchange::new(Check), &[key.as_bytes()], size);
            assert_eq!(reply.unwrap_err().code(), code, "{key}");
            assert_eq!(sent, [CLIENT], "{key}");
        }
    }
}

#[test]
fn frames_are_what_they_say_or_nothing() {
    let text = |from: &str, to: &str| {
        String::from_utf8(SUCCESS.to_vec()).unwrap().replacen(from, to, 1).into_bytes()
    };
    for (reply, code) in [
        (b"".to_vec(), "agent.no_reply"),
        (SUCCESS[..SUCCESS.len() - 1].to_vec(), "agent.truncated"),
        (b"2".to_vec(), "agent.truncated"),
        (b"20:".to_vec(), "agent.truncated"),
        ([SUCCESS, b"x"].concat(), "agent.trailing"),
        ([SUCCESS, SUCCESS].concat(), "agent.trailing"),
        (text("20:", "19:"), "agent.frame"),
        (text("20:", "24:"), "agent.truncated"),
        (text("20:", "10:"), "agent.trailing"),
        (text("20:", "020:"), "agent.frame"),
        (text("20:", "+20:"), "agent.frame"),
        (text("20:", ":"), "agent.frame"),
        (text("20:", "hello"), "agent.frame"),
        (text("AwMD:", "AwM=:"), "agent.frame"),
        (text("D:k", "D.k"), "agent.frame"),
        (text(":kX", ":lX"), "agent.decryption"),
        (text("AwMDAw", "AwMDBw"), "agent.decryption"),
        (text("YLI", "YL-"), "agent.frame"),
        (text("20:", "99999999:"), "limit.agent_reply"),
        (text("20:", "1048577:"), "limit.agent_reply"),
        (b"99999999999999999999999".to_vec(), "limit.agent_reply"),
    ] {
        assert_eq!(refused(&reply), code, "{}", String::from_utf8_lossy(&reply));
    }
    let (reply, _) = run(Exchange::new(Check), &[AGENT, SUCCESS], 1);
    reply.unwrap();
}

#[test]
fn after_a_key_exchange_only_an_error_may_come_in_the_clear() {
    assert_eq!(refused(br#"{"status":"success"}"#), "agent.downgrade");
    assert_eq!(refused(br#"{"status":"failure","error":"decryption failed"}"#), "agent.refused");
    assert_eq!(refused(br#"{"status":"failure"}"#), "agent.error");
    assert_eq!(refused(br#"{"status":"failure","error":"x"}{}"#), "agent.trailing");
    assert_eq!(refused(br#"{"status":"failure","error":"x"#), "agent.truncated");
}

#[test]
fn what_is_inside_is_one_strict_object() {
    for (plain, code) in [
        (&br#"{"status":"success"}{"request":"autoload"}"#[..], "agent.trailing"),
        (b"{\"status\":\"success\"} ", "agent.trailing"),
        (b"{\"status\":\"success\",\"x\":\"\xff\"}", "json.syntax"),
        (br#"{"status":"failure","error":"invalid_grant: "no""}"#, "json.syntax"),
        (br#"{"status":"success","status":"success"}"#, "json.duplicate"),
        (b"[1]", "json.type"),
        (b"", "agent.frame"),
        (br#"{"status":"success","error":1}"#, "json.type"),
        (br#"{"status":"accepted"}"#, "agent.other_reply"),
        (b"{}", "agent.other_reply"),
        (br#"{"status":"success","info":[]}"#, "agent.other_reply"),
        (br#"{"status":"success","access_token":"x"}"#, "agent.other_reply"),
    ] {
        assert_eq!(refused(&frame(plain)), code, "{}", String::from_utf8_lossy(plain));
    }
}

/// A request of somebody else's, which looks at nothing.
#[derive(Clone)]
struct Anything;

impl AgentRequest for Anything {
    type Reply = ();

    fn name(&self) -> &str {
        "anything"
    }

    fn members(&self, _: &mut Members) -> Result<(), Error> {
        Ok(())
    }

    fn read(&self, _: &Reply<'_>) -> Result<(), Error> {
        Ok(())
    }
}

#[test]
fn every_request_is_given_successes_only() {
    for (reply, code) in [
        (json!({"status": "success"}), None),
        (json!({"status": "success", "error": null}), None),
        (json!({}), Some("agent.other_reply")),
        (json!({"status": "accepted"}), Some("agent.other_reply")),
        (json!({"status": null}), Some("agent.other_reply")),
        (json!({"status": 1}), Some("json.type")),
        (json!({"request": "autoload", "account": "a"}), Some("agent.other_reply")),
        (json!({"status": "failure"}), Some("agent.error")),
    ] {
        let reply = frame(reply.to_string().as_bytes());
        let (result, _) = run(Exchange::new(Anything), &[AGENT, &reply], usize::MAX);
        assert_eq!(result.err().map(|error| error.code()), code);
    }
}

fn token(request: ObtainToken, reply: &Value) -> Result<relying_party::agent::AgentToken, Error> {
    run(Exchange::new(request), &[AGENT, &frame(reply.to_string().as_bytes())], usize::MAX).0
}

#[test]
fn a_reply_to_another_request_or_of_another_issuer_is_none() {
    let good = json!({"status": "success", "access_token": "t", "issuer": "https://op.test/", "expires_at": 0});
    let of_issuer = || ObtainToken::of_issuer("https://op.test");
    let known = token(of_issuer(), &good).unwrap();
    assert_eq!(known.expires_at, None);
    let with = |name: &str, value: Value| {
        let mut reply = good.clone();
        reply[name] = value;
        reply
    };
    for (reply, code) in [
        (with("issuer", json!("https://other.test/")), "agent.other_issuer"),
        (with("issuer", json!(null)), "json.type"),
        (with("access_token", json!(1)), "json.type"),
        (with("access_token", json!("a b")), "agent.token_characters"),
        (with("access_token", json!("a\r\nX: y")), "agent.token_characters"),
        (with("expires_at", json!("0")), "json.type"),
        (with("info", json!([])), "agent.other_reply"),
        (with("id_token", json!("x")), "agent.other_reply"),
        (json!({"status": "success"}), "agent.other_reply"),
        (json!({"status": "success", "info": ["a"]}), "agent.other_reply"),
        (json!({"status": "success", "access_token": "t"}), "agent.other_reply"),
    ] {
        assert_eq!(token(of_issuer(), &reply).unwrap_err().code(), code, "{reply}");
    }
    let other = with("issuer", json!("https://other.test/"));
    assert!(token(ObtainToken::of_account("a"), &other).is_ok());
    let pinned = ObtainToken::of_account("a").expected_issuer("https://op.test/");
    assert_eq!(token(pinned, &other).unwrap_err().code(), "agent.other_issuer");
    // Hints only.
    for odd in [json!(-1), json!(null), json!(1e300)] {
        let token = token(of_issuer(), &with("expires_at", odd)).unwrap();
        assert_eq!(token.expires_at, None);
    }
}

#[test]
fn requests_have_a_bound_and_good_characters() {
    let start = |request: ObtainToken| Exchange::new(request).start(&mut Vector(1)).map(drop);
    let code = |request| start(request).unwrap_err().code();
    let of = || ObtainToken::of_account("a");
    assert!(start(of().application_hint("x".repeat(MAX_REQUEST - 200))).is_ok());
    assert_eq!(code(of().application_hint("x".repeat(MAX_REQUEST))), "limit.agent_request");
    // Escapes count.
    assert_eq!(code(of().application_hint("\"".repeat(MAX_REQUEST - 200))), "limit.agent_request");
    // An empty text is none, as the agent takes it.
    assert!(start(of().application_hint("").scope("").audience("")).is_ok());
    assert_eq!(code(of().application_hint("a\nb")), "misuse.characters");
    let hint = ObtainMytoken::of_account("a").application_hint("a\nb");
    let refused = Exchange::new(hint).start(&mut Vector(1)).unwrap_err();
    assert_eq!(refused.code(), "misuse.characters");
    assert_eq!(code(of().scope("openid&client_id=x")), "misuse.parameter");
    assert_eq!(code(of().audience("a\nb")), "misuse.parameter");
    assert!(start(of().scope("").audience("https://a.test/?x=y https://b.test")).is_ok());
    for name in ["", "a\0b"] {
        assert_eq!(code(ObtainToken::of_account(name)), "misuse.characters");
        assert_eq!(code(ObtainToken::of_issuer(name)), "misuse.characters");
    }
    let id = Exchange::new(ObtainIdToken::of_account("a").scope("a&b")).start(&mut Vector(1));
    assert_eq!(id.unwrap_err().code(), "misuse.parameter");
    for profile in ["[]", "{", "{}{}", r#"{"a":1,"a":2}"#, r#"{},"request":"add""#] {
        let request = ObtainMytoken::of_account("a").profile_object(profile);
        let refused = Exchange::new(request).start(&mut Vector(1)).unwrap_err();
        assert_eq!(refused.code(), "misuse.parameter", "{profile}");
    }
    let empty = Exchange::new(ListScopes::of_issuer("")).start(&mut Vector(1)).unwrap_err();
    assert_eq!(empty.code(), "misuse.characters");
}

#[test]
fn replies_have_a_bound() {
    let mut limits = Limits::default();
    limits.agent_reply = 100;
    let padded = |length: usize| {
        let head = r#"{"status":"success","x":""#;
        format!("{head}{}\"}}", "y".repeat(length - head.len() - 2)).into_bytes()
    };
    for (length, good) in [(100, true), (101, false), (10_000, false)] {
        let plain = padded(length);
        for size in [1, 64, usize::MAX] {
            let exchange = || Exchange::new(Check).limits(limits.clone());
            let clear = run(exchange().insecure_without_encryption(), &[&plain], size).0;
            let sealed = run(exchange(), &[AGENT, &frame(&plain)], size).0;
            for reply in [clear, sealed] {
                match reply {
                    Ok(()) => assert!(good, "{length}"),
                    Err(error) => {
                        assert!(!good, "{length}: {error}");
                        assert_eq!(error.code(), "limit.agent_reply");
                        assert_eq!(error.blame(), Blame::Provider);
                    }
                }
            }
        }
    }
}

#[test]
fn no_length_is_too_large_to_be_reckoned_with() {
    let mut limits = Limits::default();
    limits.agent_reply = usize::MAX;
    for length in [usize::MAX, usize::MAX - 16, usize::MAX / 2] {
        let reply = format!("{length}:").into_bytes();
        let exchange = Exchange::new(Check).limits(limits.clone());
        let (result, _) = run(exchange, &[AGENT, &reply], usize::MAX);
        assert_eq!(result.unwrap_err().code(), "agent.truncated", "{length}");
    }
}

#[test]
fn the_agents_word_is_shown_escaped_and_bounded_with_its_help() {
    let text = format!("evil\u{1b}[31m\n{}", "x".repeat(10_000));
    let reply = json!({"status": "failure", "error": text, "info": "do\n\tthis"});
    let (reply, _) =
        run(Exchange::new(Check), &[AGENT, &frame(reply.to_string().as_bytes())], usize::MAX);
    let error = reply.unwrap_err();
    let ErrorKind::Agent(AgentProblem::Answered(answer)) = error.kind() else {
        panic!("{error:?}")
    };
    assert!(answer.error.as_str().starts_with("evil\\u{1b}[31m\\u{a}x"));
    assert!(answer.error.as_str().len() < 400);
    assert_eq!(answer.help.as_ref().unwrap().as_str(), "do\\u{a}\\u{9}this");
    assert!(format!("{error}{error:?}").bytes().all(|byte| matches!(byte, 0x20..=0x7e)));
}

#[test]
fn i28_debug_shows_no_secret() {
    let lock = Lock::new("hunter2 and more");
    assert!(!format!("{lock:?}").contains("hunter2"));
    let request = ObtainToken::of_account("a");
    let step = Exchange::new(lock.clone()).start(&mut Vector(1)).unwrap();
    let AgentStep::Connect(connecting) = step else { panic!("{step:?}") };
    let step = connecting.resume();
    assert_eq!(format!("{step:?}"), "Send(Sending { .. })");
    assert!(!format!("{:?}", Exchange::new(lock)).contains("hunter2"));
    let (token, _) = run(Exchange::new(request), &[AGENT, TOKEN], usize::MAX);
    assert!(!format!("{:?}", token.unwrap()).contains("token1234"));
}
