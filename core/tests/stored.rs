//! What version 1 wrote is read for ever: its bytes stand here as literals. Bytes that are not exactly those are
//! refused, whatever is different about them.

use base64::{Engine, engine::general_purpose::STANDARD};
use relying_party::{
    Error, LoginRecord, PendingLogin,
    flow::{
        pending_authorization::PendingAuthorization, pending_device::PendingDeviceLogin,
        session::Session,
    },
    protocol::registered_client::{RegisteredClient, SecretExpiry},
};
use sha2::{Digest, Sha256};

/// Everything that a pending login can hold.
const FULL_PENDING: &str = "\
    AWmQJBbE9+fSeyJhY3IiOlsiZ29sZCIsInVybjp4OnNpbHZlciJdLCJjbGllbnQiOiJteS1hcHAiLCJjcmVhdGVkIjoxODAwMDAwMDAwMDAw\
    LCJpc3MiOiJodHRwczovL29wLnRlc3QvdGVuYW50LyIsIm1heF9hZ2UiOjM2MDAsIm1vZGUiOiJmb3JtX3Bvc3QiLCJub25jZSI6ImZha2Ut\
    bm9uY2UiLCJyZWRpcmVjdCI6Imh0dHBzOi8vUlAudGVzdC9jYj94PTEiLCJzY29wZSI6Im9wZW5pZCBlbWFpbCIsInN0YXRlIjoiZmFrZS1z\
    dGF0ZSIsInN1YiI6ImFsaWNlIiwidmVyaWZpZXIiOiJmYWtlLXZlcmlmaWVyLWZha2UtdmVyaWZpZXItZmFrZS12ZXJpZmllci00MyJ9";

/// As little as it can hold, from a clock before 1970.
const BARE_PENDING: &str = "\
    AZDhf5sH5aBMeyJhY3IiOltdLCJjbGllbnQiOiJteS1hcHAiLCJjcmVhdGVkIjotMSwiaXNzIjoiaHR0cHM6Ly9vcC50ZXN0IiwibWF4X2Fn\
    ZSI6bnVsbCwibW9kZSI6InF1ZXJ5Iiwibm9uY2UiOiJmYWtlLW5vbmNlIiwicmVkaXJlY3QiOiJodHRwczovL3JwLnRlc3QvY2IiLCJzY29w\
    ZSI6Im9wZW5pZCIsInN0YXRlIjoiZmFrZSBzdGF0ZSIsInN1YiI6bnVsbCwidmVyaWZpZXIiOiJmYWtlLXZlcmlmaWVyLWZha2UtdmVyaWZp\
    ZXItZmFrZS12ZXJpZmllci00MyJ9";

const FULL_RECORD: &str = "\
    AV/XfZv5k7aWeyJhdWQiOlsibXktYXBwIiwib3RoZXIiXSwiYXV0aF90aW1lIjoxNzAwMDAwMDAwLCJhenAiOiJteS1hcHAiLCJpYXQiOjE4\
    MDAwMDAwMDAsImlzcyI6Imh0dHBzOi8vb3AudGVzdCIsIm5vbmNlIjoiZmFrZS1ub25jZSIsInNjb3BlIjoib3BlbmlkIGVtYWlsIiwic2lk\
    Ijoic2Vzc2lvbi0xIiwic3ViIjoiYWxpY2UifQ==";

const BARE_RECORD: &str = "\
    AayxgkRuJBK4eyJhdWQiOlsibXktYXBwIl0sImF1dGhfdGltZSI6bnVsbCwiYXpwIjpudWxsLCJpYXQiOm51bGwsImlzcyI6Imh0dHBzOi8v\
    b3AudGVzdCIsIm5vbmNlIjpudWxsLCJzY29wZSI6IiIsInNpZCI6bnVsbCwic3ViIjoiYsO8cmdlciJ9";

/// A device login.
const FULL_DEVICE: &str = "\
    AQKLb1dwUTK9eyJjbGllbnQiOiJteS1hcHAiLCJjb2RlIjoiZmFrZS1kZXZpY2UtY29kZSIsImV4cGlyZXMiOjE4MDAwMDA2MDAwMDAsImludGVy\
    dmFsIjo1MDAwLCJpc3MiOiJodHRwczovL29wLnRlc3QvdGVuYW50LyIsInNjb3BlIjoib3BlbmlkIGVtYWlsIn0=";

/// The shortest pause, no scope, and a clock before 1970.
const BARE_DEVICE: &str = "\
    AXvKj7Uq86M2eyJjbGllbnQiOiJteSBhcHAiLCJjb2RlIjoiZmFrZSBcImNvZGVcIiIsImV4cGlyZXMiOi0xLCJpbnRlcnZhbCI6MTAwMCwiaXNz\
    IjoiaHR0cHM6Ly9vcC50ZXN0Iiwic2NvcGUiOiIifQ==";

/// From before `iat` and `scope` were kept: what is added later may be missing.
const OLD_RECORD: &str = "\
    AQny2TU0l6i8eyJhdWQiOlsibXktYXBwIiwib3RoZXIiXSwiYXV0aF90aW1lIjoxNzAwMDAwMDAwLCJhenAiOiJteS1hcHAiLCJpc3MiOiJo\
    dHRwczovL29wLnRlc3QiLCJub25jZSI6ImZha2Utbm9uY2UiLCJzaWQiOiJzZXNzaW9uLTEiLCJzdWIiOiJhbGljZSJ9";

const FULL_CLIENT: &str = "\
    ARCSBKV8LAeNeyJjbGllbnRfaWQiOiJjIDE6JSIsImNsaWVudF9pZF9pc3N1ZWRfYXQiOjE4MDAwMDAwMDAsImNsaWVudF9zZWNyZXQiOiJmYWtl\
    IHNlY3JldDogKyUmIiwiY2xpZW50X3NlY3JldF9leHBpcmVzX2F0IjoxOTAwMDAwMDAwLCJpc3MiOiJodHRwczovL29wLnRlc3QiLCJtZXRhZGF0\
    YSI6IntcImNsaWVudF9uYW1lXCI6XCJNw7xsbGVyXCIsXCJqd2tzXCI6e1wia2V5c1wiOlt7XCJrdHlcIjpcIkVDXCIsXCJ4NWNcIjpbXCJBQVwi\
    XX1dfSxcInJlZGlyZWN0X3VyaXNcIjpbXCJodHRwczovL3JwLnRlc3QvY2JcIl19IiwicmVnaXN0cmF0aW9uX2FjY2Vzc190b2tlbiI6ImZha2Ut\
    dG9rZW4iLCJyZWdpc3RyYXRpb25fY2xpZW50X3VyaSI6Imh0dHBzOi8vb3AudGVzdC9yZWdpc3Rlci8xIn0=";

/// A client without a secret that cannot be managed.
const BARE_CLIENT: &str = "\
    Aca7z+MpjJt6eyJjbGllbnRfaWQiOiJjMSIsImNsaWVudF9pZF9pc3N1ZWRfYXQiOm51bGwsImNsaWVudF9zZWNyZXQiOm51bGwsImNsaWVudF9z\
    ZWNyZXRfZXhwaXJlc19hdCI6bnVsbCwiaXNzIjoiaHR0cHM6Ly9vcC50ZXN0IiwibWV0YWRhdGEiOiJ7fSIsInJlZ2lzdHJhdGlvbl9hY2Nlc3Nf\
    dG9rZW4iOm51bGwsInJlZ2lzdHJhdGlvbl9jbGllbnRfdXJpIjpudWxsfQ==";

const FULL_SESSION: &str = "\
    AaPDYM5SSmkyeyJpZF90b2tlbiI6ImZha2UuaWQudG9rZW4iLCJsb2dpbiI6eyJhdWQiOlsibXktYXBwIiwib3RoZXIiXSwiYXV0aF90aW1lIj\
    oxNzAwMDAwMDAwLCJhenAiOiJteS1hcHAiLCJpYXQiOjE4MDAwMDAwMDAsImlzcyI6Imh0dHBzOi8vb3AudGVzdCIsIm5vbmNlIjoiZmFrZS1u\
    b25jZSIsInNjb3BlIjoib3BlbmlkIGVtYWlsIiwic2lkIjoic2Vzc2lvbi0xIiwic3ViIjoiYWxpY2UifSwic2Vzc2lvbl9zdGF0ZSI6ImZha2\
    Utc3RhdGUuc2FsdCJ9";

/// Without `sid` and `session_state`.
const BARE_SESSION: &str = "\
    AZLcx+GESaZ8eyJpZF90b2tlbiI6IngiLCJsb2dpbiI6eyJhdWQiOlsibXktYXBwIl0sImF1dGhfdGltZSI6bnVsbCwiYXpwIjpudWxsLCJpYX\
    QiOm51bGwsImlzcyI6Imh0dHBzOi8vb3AudGVzdCIsIm5vbmNlIjpudWxsLCJzY29wZSI6IiIsInNpZCI6bnVsbCwic3ViIjoiYsO8cmdlciJ9\
    LCJzZXNzaW9uX3N0YXRlIjpudWxsfQ==";

fn bytes(literal: &str) -> Vec<u8> {
    STANDARD.decode(literal).unwrap()
}

/// Read and written again.
type Again = fn(&[u8]) -> Result<Vec<u8>, Error>;

const PENDING: Again = |bytes| PendingLogin::from_bytes(bytes).map(|pending| pending.to_bytes());
const RECORD: Again = |bytes| LoginRecord::from_bytes(bytes).map(|record| record.to_bytes());
const CLIENT: Again = |bytes| RegisteredClient::from_bytes(bytes).map(|client| client.to_bytes());
const DEVICE: Again =
    |bytes| PendingDeviceLogin::from_bytes(bytes).map(|pending| pending.to_bytes());
const SESSION: Again = |bytes| Session::from_bytes(bytes).map(|session| session.to_bytes());
const ALL: [(&str, Again); 10] = [
    (FULL_PENDING, PENDING),
    (BARE_PENDING, PENDING),
    (FULL_RECORD, RECORD),
    (BARE_RECORD, RECORD),
    (FULL_CLIENT, CLIENT),
    (BARE_CLIENT, CLIENT),
    (FULL_DEVICE, DEVICE),
    (BARE_DEVICE, DEVICE),
    (FULL_SESSION, SESSION),
    (BARE_SESSION, SESSION),
];

/// Version 1 around another text, with the right checksum.
fn frame(text: &str) -> Vec<u8> {
    let sum = Sha256::new_with_prefix([1]).chain_update(text).finalize();
    [&[1], &sum[..8], text.as_bytes()].concat()
}

fn text(literal: &str) -> String {
    String::from_utf8(bytes(literal)[9..].to_vec()).unwrap()
}

fn text_of(frame: &[u8]) -> String {
    String::from_utf8_lossy(&frame[9..]).into_owned()
}

fn code(result: Result<Vec<u8>, Error>) -> &'static str {
    result.map_or_else(|error| error.code(), |_| "accepted")
}

#[test]
fn version_1_is_still_read_and_written() {
    for (literal, again) in ALL {
        assert_eq!(again(&bytes(literal)).unwrap(), bytes(literal), "{}", text(literal));
        assert_eq!(bytes(literal), frame(&text(literal)));
    }
}

#[test]
fn a_pending_login_of_version_1_says_what_it_said() {
    let full = PendingLogin::from_bytes(&bytes(FULL_PENDING)).unwrap();
    assert_eq!(full.state().expose(), "fake-state");
    assert_eq!(full.issuer(), "https://op.test/tenant/");
    assert_eq!(full.created_at().millis(), 1_800_000_000_000);
    let bare = PendingLogin::from_bytes(&bytes(BARE_PENDING)).unwrap();
    assert_eq!((bare.state().expose(), bare.created_at().millis()), ("fake state", -1));
}

/// A mode that a later version has added is one more word; any other word is none.
#[test]
fn a_signed_response_is_asked_for_over_the_redirect() {
    let with = |mode: &str| frame(&text(BARE_PENDING).replace("\"query\"", mode));
    for mode in ["jwt", "query.jwt", "fragment.jwt", "form_post.jwt"] {
        let bytes = with(&format!("\"{mode}\""));
        assert_eq!(PENDING(&bytes).unwrap(), bytes, "{mode}");
    }
    for mode in ["\"JWT\"", "\"jwt.query\"", "\"\"", "null", "[\"jwt\"]"] {
        assert_eq!(code(PENDING(&with(mode))), "stored.malformed", "{mode}");
    }
    // JARM 2.3.1: no token in a query
    let typed = |mode: &str| {
        let text = text(BARE_PENDING).replace("\"query\"", &format!("\"{mode}\""));
        frame(&text.replace("\"state\"", "\"type\":\"code id_token\",\"state\""))
    };
    assert_eq!(code(PENDING(&typed("query.jwt"))), "stored.malformed");
    assert_eq!(code(PENDING(&typed("jwt"))), "accepted");
}

#[test]
fn a_device_login_of_version_1_says_what_it_said() {
    let full = PendingDeviceLogin::from_bytes(&bytes(FULL_DEVICE)).unwrap();
    assert_eq!(full.issuer(), "https://op.test/tenant/");
    assert_eq!(full.expires_at().millis(), 1_800_000_600_000);
    let bare = PendingDeviceLogin::from_bytes(&bytes(BARE_DEVICE)).unwrap();
    assert_eq!((bare.issuer(), bare.expires_at().millis()), ("https://op.test", -1));
}

#[test]
fn a_record_of_version_1_says_what_it_said() {
    let full = LoginRecord::from_bytes(&bytes(FULL_RECORD)).unwrap();
    assert_eq!((full.subject().issuer(), full.subject().sub()), ("https://op.test", "alice"));
    assert_eq!(full.sid(), Some("session-1"));
    assert_eq!(full.scope(), "openid email");
    let old = LoginRecord::from_bytes(&bytes(OLD_RECORD)).unwrap();
    assert_eq!((old.subject(), old.scope()), (full.subject(), ""));
    let bare = LoginRecord::from_bytes(&bytes(BARE_RECORD)).unwrap();
    assert_eq!((bare.subject().sub(), bare.sid()), ("b\u{fc}rger", None));
}

#[test]
fn a_session_of_version_1_says_what_it_said() {
    let full = Session::from_bytes(&bytes(FULL_SESSION)).unwrap();
    assert_eq!((full.subject().sub(), full.sid()), ("alice", Some("session-1")));
    assert_eq!(full.record().to_bytes(), bytes(FULL_RECORD));
    assert_eq!(full.id_token().expose(), "fake.id.token");
    assert_eq!(full.session_state().map(|state| state.expose()), Some("fake-state.salt"));
    let bare = Session::from_bytes(&bytes(BARE_SESSION)).unwrap();
    assert_eq!((bare.sid(), bare.session_state()), (None, None));
    for (from, to) in [
        ("fake.id.token", ""),
        ("fake.id.token", "a b"),
        ("fake-state.salt", "fake state"),
        ("\"fake-state.salt\"", "7"),
        ("\"https://op.test\"", "null"),
        ("{\"aud\"", "{\"aud\":[],\"aud\""),
    ] {
        let other = text(FULL_SESSION).replacen(from, to, 1);
        assert_ne!(other, text(FULL_SESSION), "{from}");
        assert_eq!(code(SESSION(&frame(&other))), "stored.malformed", "{other}");
    }
}

#[test]
fn a_registered_client_of_version_1_says_what_it_said() {
    let full = RegisteredClient::from_bytes(&bytes(FULL_CLIENT)).unwrap();
    assert_eq!((full.issuer(), full.client_id()), ("https://op.test", "c 1:%"));
    assert_eq!(full.client_secret().unwrap().expose(), "fake secret: +%&");
    assert_eq!(full.issued_at().unwrap().seconds(), 1_800_000_000);
    let end = relying_party::time::UnixTime::from_seconds(1_900_000_000);
    assert_eq!(full.secret_expiry(), SecretExpiry::At(end));
    let uris: Option<Vec<String>> = full.member("redirect_uris").unwrap();
    assert!(full.is_manageable() && uris.unwrap() == ["https://rp.test/cb"]);
    let bare = RegisteredClient::from_bytes(&bytes(BARE_CLIENT)).unwrap();
    assert_eq!(bare.secret_expiry(), SecretExpiry::Unknown);
    assert!(bare.client_secret().is_none() && !bare.is_manageable());
}

/// Half of a management, or members that are none, are not what was written.
#[test]
fn z01_a_registered_client_in_parts_is_an_error() {
    let full = text(FULL_CLIENT);
    for (from, to) in [
        ("\"fake-token\"", "null"),
        ("\"fake-token\"", "\"\""),
        ("\"https://op.test/register/1\"", "null"),
        ("\"c 1:%\"", "\"\""),
        ("\"c 1:%\"", "\"a\\n\""),
        ("\"fake secret: +%&\"", "\"\""),
        ("1900000000", "-1"),
        ("1900000000", "\"0\""),
        ("1800000000", "true"),
        ("\"{\\\"client_name", "\"{{\\\"client_name"),
        ("\"https://op.test\"", "7"),
    ] {
        assert!(full.contains(from), "{from}");
        let other = full.replacen(from, to, 1);
        assert_eq!(code(CLIENT(&frame(&other))), "stored.malformed", "{other}");
    }
    assert_eq!(code(CLIENT(&frame(&full.replacen("1900000000", "0", 1)))), "accepted");
}

#[test]
fn l7_every_flipped_bit_and_every_cut_is_an_error() {
    for (literal, again) in ALL {
        let good = bytes(literal);
        for bit in 0..good.len() * 8 {
            let mut flipped = good.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            let due = if bit < 8 { "stored.version" } else { "stored.malformed" };
            assert_eq!(code(again(&flipped)), due, "bit {bit}");
        }
        for length in 0..good.len() {
            assert_eq!(code(again(&good[..length])), "stored.malformed", "{length} bytes");
        }
        assert_eq!(code(again(&[&good[..], b" "].concat())), "stored.malformed");
    }
}

/// A checksum is no signature: whoever can write the store can write a right one. Even then nothing but a whole
/// pending login comes out.
#[test]
fn z01_a_right_checksum_around_something_else_is_an_error() {
    let pending = text(FULL_PENDING);
    let with = |from: &str, to: &str| {
        assert!(pending.contains(from), "{from}");
        pending.replacen(from, to, 1)
    };
    for other in [
        String::new(),
        "{}".to_owned(),
        "[]".to_owned(),
        text(FULL_RECORD),
        with("\"fake-state\"", "\"\""),
        with("\"fake-state\"", "\"fake\\nstate\""),
        with("\"fake-nonce\"", "null"),
        with("fake-verifier-fake", "fake verifier fake"),
        with("\"form_post\"", "\"web_message\""),
        with("3600", "-1"),
        with("3600", "1.5"),
        with("1800000000000", "\"1800000000000\""),
        with("1800000000000", "1e400"),
        with("1800000000000", "9223372036854775808"),
        with("[\"gold\",\"urn:x:silver\"]", "[[[[[]]]]]"),
        with("[\"gold\",\"urn:x:silver\"]", "[1]"),
        with("{", "{\"state\":\"another\","),
        with("}", "}}"),
    ] {
        assert_eq!(code(PENDING(&frame(&other))), "stored.malformed", "{other}");
    }
    assert_eq!(code(PENDING(&frame(&pending))), "accepted");
    assert_eq!(code(PENDING(&frame(&with("3600", "0")))), "accepted");
    assert_eq!(code(RECORD(&frame(&pending))), "stored.malformed");
}

#[test]
fn z01_g15_nothing_but_a_whole_device_login_comes_out() {
    let device = text(FULL_DEVICE);
    let with = |from: &str, to: &str| {
        assert!(device.contains(from), "{from}");
        device.replacen(from, to, 1)
    };
    for other in [
        text(FULL_PENDING),
        text(FULL_RECORD),
        with("\"fake-device-code\"", "\"\""),
        with("\"fake-device-code\"", "\"fake\\u0000code\""),
        with("\"fake-device-code\"", "null"),
        with("5000", "0"),
        with("5000", "999"),
        with("5000", "-5000"),
        with("5000", "5000.5"),
        with("5000", "\"5000\""),
        with("5000", "18446744073709551616"),
        with("1800000600000", "1e12"),
        with("1800000600000", "9223372036854775808"),
        with("1800000600000", "null"),
        with("{", "{\"code\":\"another\","),
    ] {
        assert_eq!(code(DEVICE(&frame(&other))), "stored.malformed", "{other}");
    }
    for good in
        [with("5000", "1000"), with("5000", "18446744073709551615"), with("1800000600000", "0")]
    {
        assert_eq!(code(DEVICE(&frame(&good))), "accepted", "{good}");
    }
    for other in [PENDING, RECORD] {
        assert_eq!(code(other(&frame(&device))), "stored.malformed");
    }
}

/// A restriction that cannot be read must not become no restriction.
#[test]
fn z01_a_max_age_of_another_type_is_an_error() {
    let with = |max_age: &str| frame(&text(FULL_PENDING).replacen("3600", max_age, 1));
    for max_age in ["\"3600\"", "[3600]", "{}", "true"] {
        assert_eq!(code(PENDING(&with(max_age))), "stored.malformed", "{max_age}");
    }
    assert_eq!(code(PENDING(&with("null"))), "accepted");
}

/// Which of its audiences the client was, where the first version could not say.
#[test]
fn z01_the_client_of_a_record() {
    let full = text(FULL_RECORD);
    let with =
        |client: &str| frame(&full.replacen("\"iat\"", &format!("\"client\":{client},\"iat\""), 1));
    assert_eq!(RECORD(&with("\"my-app\"")).unwrap(), with("\"my-app\""));
    assert_eq!(RECORD(&with("null")).unwrap(), bytes(FULL_RECORD));
    for other in ["7", "[\"my-app\"]", "{}"] {
        assert_eq!(code(RECORD(&with(other))), "stored.malformed", "{other}");
    }
}

/// What was added later: it is read, written again as it was, and never half understood.
#[test]
fn z01_the_additions_to_a_pending_login() {
    let pending = text(BARE_PENDING);
    let with = |from: &str, to: &str| {
        assert!(pending.contains(from), "{from}");
        frame(&pending.replacen(from, to, 1))
    };
    let verifier = "\"verifier\":\"fake-verifier-fake-verifier-fake-verifier-43\"";
    let nonce = "\"nonce\":\"fake-nonce\",";
    let challenge = "\"challenge\":\"E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM\"";
    let redirect = "\"redirect\":\"https://rp.test/cb\"";
    for good in [
        with("\"query\"", "\"fragment\",\"type\":\"code id_token\""),
        with(redirect, &format!("\"pkce\":\"plain\",{redirect}")),
        with(&format!(",{verifier}"), &format!(",{verifier},\"without_nonce\":\"yes\"")),
        with(&format!(",{verifier}"), &format!(",\"unsigned_request\":\"yes\",{verifier}")),
    ] {
        let text = text_of(&good);
        let due = if text.contains("without_nonce") { "stored.malformed" } else { "accepted" };
        assert_eq!(code(PENDING(&good)), due, "{text}");
    }
    let free = with(nonce, "");
    assert_eq!(code(PENDING(&free)), "stored.malformed");
    let free = text_of(&free).replacen("}", ",\"without_nonce\":\"yes\"}", 1);
    assert_eq!(PENDING(&frame(&free)).unwrap(), frame(&free));
    let bare = pending.replacen(&format!(",{verifier}"), "", 1);
    let free = bare.replacen(nonce, "", 1);
    for (text, due) in [
        (bare.clone(), "stored.malformed"),
        (bare.replacen("\"redirect\"", "\"pkce\":\"none\",\"redirect\"", 1), "accepted"),
        (bare.replacen("\"client\"", &format!("{challenge},\"client\""), 1), "accepted"),
        (free.replacen("\"redirect\"", "\"pkce\":\"none\",\"redirect\"", 1), "stored.malformed"),
        (pending.replacen(nonce, "", 1), "stored.malformed"),
        (pending.replacen("}", ",\"type\":\"web_message\"}", 1), "stored.malformed"),
        (pending.replacen("}", ",\"type\":7}", 1), "stored.malformed"),
        (pending.replacen("}", ",\"unsigned_request\":true}", 1), "stored.malformed"),
        (pending.replacen("}", ",\"pkce\":\"S512\"}", 1), "stored.malformed"),
        (pending.replacen("}", ",\"sub_iss\":7}", 1), "stored.malformed"),
        (pending.replacen("}", ",\"sub_iss\":null}", 1), "stored.malformed"),
        (
            pending.replacen(",\"verifier", ",\"sub_iss\":\"https://op.test/t\",\"verifier", 1),
            "accepted",
        ),
        (pending.replacen("}", ",\"pkce\":\"none\"}", 1), "stored.malformed"),
        (pending.replacen("}", ",\"kind\":\"authorization\"}", 1), "stored.malformed"),
    ] {
        let result = PENDING(&frame(&text));
        assert!(result.as_ref().is_err() || result.as_ref().unwrap() == &frame(&text), "{text}");
        assert_eq!(code(result), due, "{text}");
    }
}

/// Only what a start can have made: neither is a token taken from a query, nor one from the browser without a nonce.
#[test]
fn n16_no_login_or_authorization_that_was_never_started() {
    let login = |members: &str| {
        let text = text(BARE_PENDING).replacen("\"mode\":\"query\"", members, 1);
        code(PENDING(&frame(&text)))
    };
    let without = |members: &str, kind: &str| {
        let text = text(BARE_PENDING).replacen("\"mode\":\"query\"", members, 1);
        let text = text.replacen("\"nonce\":\"fake-nonce\",", "", 1);
        frame(&text.replacen('}', &format!("{kind},\"without_nonce\":\"yes\"}}"), 1))
    };
    let authorization = |members: &str| {
        let read =
            PendingAuthorization::from_bytes(&without(members, ",\"kind\":\"authorization\""));
        code(read.map(|read| read.to_bytes()))
    };
    for (members, as_login, without_nonce, as_authorization) in [
        ("\"mode\":\"query\"", true, true, true),
        ("\"mode\":\"fragment\",\"type\":\"id_token\"", true, false, false),
        ("\"mode\":\"fragment\",\"type\":\"code id_token token\"", true, false, false),
        ("\"mode\":\"fragment\",\"type\":\"code token\"", true, false, true),
        ("\"mode\":\"fragment\",\"type\":\"token\"", false, false, true),
        ("\"mode\":\"query\",\"type\":\"none\"", false, false, true),
        ("\"mode\":\"query\",\"type\":\"id_token\"", false, false, false),
        ("\"mode\":\"query\",\"type\":\"token\"", false, false, false),
    ] {
        let due = |good| if good { "accepted" } else { "stored.malformed" };
        assert_eq!(login(members), due(as_login), "{members}");
        assert_eq!(code(PENDING(&without(members, ""))), due(without_nonce), "{members}");
        assert_eq!(authorization(members), due(as_authorization), "{members}");
    }
}

/// The tenant of a hint came later.
#[test]
fn n16_the_issuer_of_a_hint_returns() {
    let with = |member: &str| frame(&text(FULL_PENDING).replacen('}', &format!("{member}}}"), 1));
    let stored = PENDING(&with(",\"sub_iss\":\"https://op.test/t\"")).unwrap();
    assert!(text_of(&stored).contains("\"sub_iss\":\"https://op.test/t\""));
    for bad in ["null", "7", "[]"] {
        assert_eq!(code(PENDING(&with(&format!(",\"sub_iss\":{bad}")))), "stored.malformed");
    }
}
