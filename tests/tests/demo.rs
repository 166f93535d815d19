//! The command of the README: exit status, output, and what it keeps to itself. And the names in the guide.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};

use relying_party::{Env, SystemEnv};
use relying_party_tests::{
    demo::{self, HELP},
    interop::npm::{Certificate, NodeProvider, Scheme},
    op::{Mischief, Op, OpConfig},
    server::{self, Server},
};

/// Exit status, standard output, standard error.
fn run(arguments: &[&str]) -> (u8, String, String) {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let status = demo::run(arguments.iter().copied(), &mut out, &mut err);
    (status, String::from_utf8(out).unwrap(), String::from_utf8(err).unwrap())
}

/// The embedded provider, kept at hand to be watched.
fn provider() -> (Op, Server) {
    server::start(OpConfig::default()).unwrap()
}

fn run_at(issuer: &str, more: &[&str]) -> (u8, String, String) {
    let hint = "login_hint=auto:alice";
    let arguments = ["--issuer", issuer, "--client-id", "public", "--auto", "--param", hint];
    run(&[&arguments, more].concat())
}

const LOCAL: &str = "--insecure-loopback-http";

#[track_caller]
fn refused((status, out, err): (u8, String, String), lines: &[&str]) {
    assert_eq!(status, 1, "{err}");
    assert!(err.starts_with("Not logged in: ") && !out.contains("Logged in."), "{out}{err}");
    for line in lines {
        assert!(err.contains(&format!("\n  {line}")), "{line} in {err}");
    }
}

#[test]
fn q22_a_login_needs_nobody_and_no_provider() {
    for transport in [&[][..], &["--blocking"]] {
        let (status, out, err) = run(&[&["--auto"], transport].concat());
        assert_eq!((status, err.as_str()), (0, ""), "{out}");
        for line in [
            "Logged in.",
            "  subject        \"sub-alice-248289761001\"",
            "  checked        signature (RS256), issuer, audience, expiry, time of issue, nonce, ",
            "  relaxed        plain http on this machine",
            "      \"nonce\": ",
            "      \"email\": \"alice@people.test\"",
            "Refreshed, with a new ID token, which agrees with the first.",
        ] {
            assert!(out.contains(&format!("\n{line}")), "{line:?} in {out}");
        }
    }
}

#[test]
fn a_given_provider_is_asked_for_what_the_output_says() {
    let (op, _server) = provider();
    for transport in [&[LOCAL][..], &[LOCAL, "--blocking"]] {
        op.clear_transcript();
        let (status, out, err) = run_at(op.issuer(), transport);
        assert_eq!((status, err.as_str()), (0, ""), "{out}");
        let made = ["openid-configuration", "/authorize", "/jwks", "/token", "/userinfo"];
        assert_eq!(made.map(|path| op.count(path)), [1, 1, 1, 2, 1]);
    }
}

#[test]
fn h04_a_refused_token_names_blame_code_and_hint() {
    let (op, _server) = provider();
    let lines = ["blame    the provider", "code     token.algorithm", "hint     if the provider "];
    refused(run_at(op.issuer(), &[LOCAL, "--alg", "ES256"]), &lines);
    assert_eq!((op.count("/token"), op.count("/userinfo")), (1, 0));

    op.clear_transcript();
    op.set_mischief(Mischief::InvalidIss);
    refused(run_at(op.issuer(), &[LOCAL, "--blocking"]), &["code     claim.iss.mismatch"]);
    assert_eq!((op.count("/token"), op.count("/userinfo")), (1, 0));

    op.set_mischief(None);
    assert_eq!(run_at(op.issuer(), &[LOCAL]).0, 0);
}

#[test]
fn x10_a_visitor_who_says_no_costs_no_token_request() {
    let (op, _server) = provider();
    let lines = ["blame    the visitor", "code     provider.error"];
    refused(run_at(op.issuer(), &[LOCAL, "--param", "login_hint=deny"]), &lines);
    assert_eq!((op.count("/authorize"), op.count("/token")), (1, 0));
}

#[test]
fn d04_plain_http_must_be_allowed_loudly() {
    let (op, _server) = provider();
    let lines = [
        "blame    the configuration",
        "code     misuse.issuer",
        "hint     an issuer begins with https://; plain http ",
    ];
    refused(run_at(op.issuer(), &[]), &lines);
    assert_eq!(op.requests(), 0);
}

#[test]
fn a_page_where_a_redirect_was_due_ends_an_automatic_login() {
    let (op, _server) = provider();
    let (status, _, err) = run_at(op.issuer(), &[LOCAL, "--param", "login_hint=alice"]);
    assert!(status == 1 && err.contains("the automatic login failed: a page"), "{err}");
    assert_eq!(op.count("/token"), 0);
}

#[test]
fn i28_tokens_are_hidden_unless_asked_for() {
    let (op, _server) = provider();
    let handed_out = Arc::new(Mutex::new(Vec::new()));
    let (watched, sent) = (handed_out.clone(), Arc::new(Mutex::new(Vec::new())));
    let requests = sent.clone();
    op.intercept("/token", move |request, response| {
        let document = response.document();
        for name in ["access_token", "refresh_token", "id_token"] {
            let token = document[name].as_str().unwrap().to_owned();
            watched.lock().unwrap().push(token);
        }
        let form = url::form_urlencoded::parse(&request.body);
        let secret = |name: &str| name == "code" || name == "code_verifier";
        let secrets = form.filter(|(name, _)| secret(name)).map(|(_, value)| value.into_owned());
        requests.lock().unwrap().extend(secrets);
    });
    for (show, shown) in [(&[LOCAL][..], 0), (&[LOCAL, "--show-tokens"], 4)] {
        handed_out.lock().unwrap().clear();
        let (status, out, err) = run_at(op.issuer(), show);
        assert_eq!((status, err.as_str()), (0, ""), "{out}");
        let tokens = handed_out.lock().unwrap().clone();
        assert_eq!(tokens.len(), 6, "two answers with three tokens each");
        let seen: std::collections::HashSet<_> =
            tokens.iter().filter(|token| out.contains(*token)).collect();
        // The second ID token is not printed, the refresh token stays the same.
        assert_eq!(seen.len(), shown, "{out}");
        assert_eq!(out.contains("hidden ("), shown == 0);
        let secrets = sent.lock().unwrap().clone();
        assert!(secrets.len() >= 2 && secrets.iter().all(|secret| !out.contains(secret)));
    }
}

#[test]
fn wrong_arguments_end_with_status_2_before_any_request() {
    let (op, _server) = provider();
    for wrong in [&["--frobnicate"][..], &["--alg", "none"], &["--param", "x"], &["--ca"]] {
        let (status, out, err) = run_at(op.issuer(), wrong);
        assert_eq!((status, out.as_str()), (2, ""), "{err}");
        assert!(err.ends_with("Try --help.\n"), "{err}");
    }
    assert_eq!(op.requests(), 0);
    let (status, out, err) = run(&["--help"]);
    assert_eq!((status, out.as_str(), err.as_str()), (0, HELP, ""));
}

#[test]
fn n02_a_real_provider_over_https_with_its_own_authority() {
    let op = NodeProvider::start(Scheme::Https { cert: Certificate::Server }).unwrap();
    let ca = op.pki("ca.crt");
    let ca = ca.to_str().unwrap();
    let offline = ["--scope", "email offline_access", "--param", "prompt=consent"];
    for transport in [&[][..], &["--blocking"]] {
        let (status, out, err) =
            run_at(op.issuer(), &[&["--ca", ca], &offline[..], transport].concat());
        assert_eq!((status, err.as_str()), (0, ""), "{out}");
        assert!(out.contains("\n  relaxed        nothing\n") && out.contains("\nRefreshed, "));
        let lines = ["blame    the network", "code     transport.tls", "hint     the provider's"];
        refused(run_at(op.issuer(), transport), &lines);
    }
}

type Command = fn(Vec<String>, &mut dyn io::Write, &mut dyn io::Write) -> u8;

/// Exit status, standard output, standard error of one of the small examples.
fn run_small(command: Command, arguments: &[&str]) -> (u8, String, String) {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let arguments = arguments.iter().map(|&argument| argument.to_owned()).collect();
    let status = command(arguments, &mut out, &mut err);
    (status, String::from_utf8(out).unwrap(), String::from_utf8(err).unwrap())
}

const REGISTER: Command = |arguments, out, err| demo::register::run(arguments, out, err);
const EXCHANGE: Command = |arguments, out, err| demo::token_exchange::run(arguments, out, err);
const SERVICE: Command = |arguments, out, err| demo::client_credentials::run(arguments, out, err);
const DEVICE: Command = |arguments, out, err| demo::device::run(arguments, out, err);

/// A variable that is always set. Where one may be wrong, what it holds is no secret and no token.
const VARIABLE: &str = "CARGO_MANIFEST_DIR";

#[test]
fn the_small_examples_need_no_provider() {
    let (status, out, err) = run_small(REGISTER, &[]);
    assert_eq!((status, err.as_str()), (0, ""), "{out}");
    for line in ["Registered.\n", "secret        ", "Read back, and renamed.\n", "Deleted.\n"] {
        assert!(out.contains(line), "{line:?} in {out}");
    }
    assert!(!out.contains("secret-"), "{out}");
    let (_, kept, _) = run_small(REGISTER, &["--keep"]);
    assert!(kept.starts_with("Registered.") && !kept.contains("Deleted."), "{kept}");

    let (status, out, err) = run_small(EXCHANGE, &["--audience", "https://api.test"]);
    assert_eq!((status, err.as_str()), (0, ""), "{out}");
    assert!(out.contains("urn:ietf:params:oauth:token-type:access_token"), "{out}");
    assert!(!out.contains("access-"), "{out}");

    let (status, out, err) = run_small(SERVICE, &[]);
    assert_eq!((status, err.as_str()), (0, ""), "{out}");
    assert!(out.starts_with("Granted.\nscope    \"read write\"\n"), "{out}");
    assert!(!out.contains("access-"), "{out}");
    let (_, out, _) = run_small(SERVICE, &["--scope", "read"]);
    assert!(out.contains("scope    \"read\"\n"), "{out}");

    let (status, out, err) = run_small(DEVICE, &[]);
    assert_eq!((status, err.as_str()), (0, ""), "{out}");
    for line in ["Open https://op.test/device and enter WDJB-", "Logged in.\n", "\"sub-alice-"] {
        assert!(out.contains(line), "{line:?} in {out}");
    }
    assert!(!out.contains("access-"), "{out}");
    let (_, plain, _) = run_small(DEVICE, &["--access-only"]);
    assert!(plain.contains("Granted.") && !plain.contains("Logged in."), "{plain}");
}

#[test]
fn a_service_gets_tokens_of_any_issuer() {
    let mut config = OpConfig::default();
    let service = config.clients.iter_mut().find(|client| client.client_id == "confidential");
    service.unwrap().client_secret = Some(std::env::var(VARIABLE).unwrap());
    let (op, _server) = server::start(config).unwrap();
    let given = [op.issuer(), "confidential", "--client-secret-env", VARIABLE];
    let more = [LOCAL, "--scope", "read", "--resource", "https://api.test"];
    let (status, out, err) = run_small(SERVICE, &[&given[..], &more].concat());
    assert_eq!((status, err.as_str()), (0, ""), "{out}");
    assert!(out.starts_with("Granted.\nscope    \"read\"\nexpires  in "), "{out}");
    assert!(!out.contains("access-"), "{out}");
    assert_eq!(op.count("/token"), 1);

    // The default provider knows another secret.
    let (op, _server) = provider();
    let given = [op.issuer(), "confidential", LOCAL, "--client-secret-env", VARIABLE];
    let (status, out, err) = run_small(SERVICE, &given);
    assert_eq!((status, out.as_str()), (1, ""), "{err}");
    assert!(err.contains("[provider.error]") && err.contains("invalid_client"), "{err}");
    assert_eq!(op.count("/token"), 1);
    op.clear_transcript();
    let unencrypted = [op.issuer(), "confidential", "--client-secret-env", VARIABLE];
    let (status, _, err) = run_small(SERVICE, &unencrypted);
    assert!(status == 1 && err.contains("[misuse.issuer]"), "{err}");
    // No secret, no service.
    let (status, _, err) = run_small(SERVICE, &[op.issuer(), "confidential", LOCAL]);
    assert!(status == 2 && err.contains("--client-secret-env"), "{err}");
    assert_eq!(op.requests(), 0);
}

#[test]
fn a_device_logs_in_at_any_issuer() {
    for (user, status, line) in
        [(Some("alice"), 0, "subject  \"sub-alice-248289761001\"\n"), (None, 1, "[provider.error]")]
    {
        let (op, _server) = provider();
        let (at_provider, now) = (op.clone(), SystemEnv.now().seconds());
        op.intercept("/device_authorization", move |_, response| {
            let mut document = response.document();
            at_provider.decide_device(document["user_code"].as_str().unwrap(), user, now);
            // Nobody needs to wait for whoever has decided already.
            document["interval"] = 1.into();
            response.body = document.to_string().into_bytes();
        });
        let (ended, out, err) = run_small(DEVICE, &[op.issuer(), "public", LOCAL]);
        assert_eq!(ended, status, "{out}{err}");
        assert!(out.starts_with("Open ") && format!("{out}{err}").contains(line), "{out}{err}");
        assert_eq!(out.contains("Logged in."), status == 0);
        assert_eq!(["/device_authorization", "/token"].map(|path| op.count(path)), [1, 1]);
    }
    let (op, _server) = provider();
    let (status, out, err) = run_small(DEVICE, &[op.issuer(), "public"]);
    assert!(status == 1 && out.is_empty() && err.contains("[misuse.issuer]"), "{err}");
    for wrong in [&[op.issuer()][..], &["--alg", "none"], &["--alg", "ES256"]] {
        assert_eq!(run_small(DEVICE, wrong).0, 2, "{wrong:?}");
    }
    assert_eq!(op.requests(), 0);
}

/// Somebody who reads what the device shows, and approves.
struct Reader<'a> {
    provider: &'a NodeProvider,
    read: Vec<u8>,
}

impl io::Write for Reader<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.read.extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let read = String::from_utf8_lossy(&self.read);
        let code = read.split(" and enter ").nth(1).and_then(|rest| rest.lines().next()).unwrap();
        let approve = format!("device?user_code={code}&sub=alice&action=approve");
        self.provider.control(&approve).unwrap();
        Ok(())
    }
}

#[test]
fn a_device_logs_in_at_a_real_provider() {
    let provider = NodeProvider::start(Scheme::Http).unwrap();
    let (mut out, mut err) = (Reader { provider: &provider, read: Vec::new() }, Vec::new());
    let arguments = [provider.issuer(), "public", LOCAL].map(str::to_owned);
    let status = demo::device::run(arguments, &mut out, &mut err);
    let (out, err) = (String::from_utf8(out.read).unwrap(), String::from_utf8(err).unwrap());
    assert_eq!((status, err.as_str()), (0, ""), "{out}");
    assert!(out.contains("Logged in.\n") && out.contains("subject  \"alice\"\n"), "{out}");
    // A client that the provider does not know.
    let (status, out, err) = run_small(DEVICE, &[provider.issuer(), "nobody", LOCAL]);
    assert_eq!((status, out.as_str()), (1, ""), "{err}");
    assert!(err.contains("[provider.error]") && err.contains("invalid_client"), "{err}");
}

#[test]
fn help_is_no_failure() {
    use demo::{client_credentials, device, register, token_exchange};
    for (command, usage) in [
        (REGISTER, register::USAGE),
        (EXCHANGE, token_exchange::USAGE),
        (SERVICE, client_credentials::USAGE),
        (DEVICE, device::USAGE),
    ] {
        for arguments in [&["--help"][..], &["https://op.test", "-h"]] {
            let (status, out, err) = run_small(command, arguments);
            assert_eq!((status, out.as_str(), err.as_str()), (0, usage, ""));
        }
    }
}

#[test]
fn the_small_examples_run_against_any_issuer() {
    let (op, _server) = provider();
    let (status, out, err) = run_small(REGISTER, &[op.issuer(), LOCAL]);
    assert_eq!((status, err.as_str()), (0, ""), "{out}");
    assert!(out.ends_with("Deleted.\n"), "{out}");
    assert_eq!(op.count("/register"), 1);
    op.clear_transcript();
    let exchange = [op.issuer(), "public", LOCAL, "--subject-token-env", VARIABLE];
    let (status, out, err) = run_small(EXCHANGE, &exchange);
    assert_eq!((status, out.as_str()), (1, ""), "{err}");
    assert!(err.contains("[provider.error]"), "{err}");
    assert_eq!(op.count("/token"), 1);
    op.clear_transcript();
    for (command, issuer) in [(REGISTER, &[op.issuer()][..]), (EXCHANGE, &[op.issuer(), "public"])]
    {
        let token = ["--subject-token-env", VARIABLE];
        let token = if issuer.len() == 2 { &token[..] } else { &[] };
        let (status, _, err) = run_small(command, &[issuer, token].concat());
        assert!(status == 1 && err.contains("[misuse.issuer]"), "{err}");
    }
    for wrong in [&["--frobnicate"][..], &["--redirect-uri"], &["a", "b", "c"]] {
        for command in [REGISTER, EXCHANGE, SERVICE, DEVICE] {
            let (status, out, err) = run_small(command, wrong);
            assert_eq!((status, out.as_str()), (2, ""), "{err}");
            assert!(err.contains("cargo run --example "), "{err}");
        }
    }
    assert_eq!(op.requests(), 0);
}

/// Every file of Rust in these folders of the repository.
fn sources(folders: &[&str]) -> Vec<(PathBuf, String)> {
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut folders: Vec<_> = folders.iter().map(|folder| top.join(folder)).collect();
    let mut sources = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                sources.push((path.clone(), fs::read_to_string(path).unwrap()));
            }
        }
    }
    sources
}

#[test]
fn the_guide_names_functions_and_tests_that_exist() {
    let core = sources(&["core/src"]);
    let tests = sources(&["core/src", "core/tests", "tests/tests"]);
    let word = |text: &str, name: &str| {
        text.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == name)
    };
    let (_, guide) =
        core.iter().find(|(path, _)| path.ends_with("guide/specifications.rs")).unwrap();
    let rows: Vec<Vec<&str>> = guide
        .lines()
        .filter(|line| line.starts_with("//! |") && line.contains('`'))
        .map(|line| line.split('|').collect())
        .collect();
    assert!(rows.len() > 40);
    for row in rows {
        let [.., functions, shown, _] = row[..] else { panic!("{row:?}") };
        for function in functions.split('`').skip(1).step_by(2) {
            let (module, name) = function.rsplit_once("::").unwrap();
            let file = format!("{}.rs", module.replace("::", "/"));
            let is_there = core
                .iter()
                .any(|(path, text)| path.ends_with(&file) && text.contains(&format!("fn {name}")));
            assert!(is_there, "{function}");
        }
        assert!(shown.contains('`'), "{row:?}");
        for test in shown.split('`').skip(1).step_by(2) {
            let named = |(path, text): &&(PathBuf, String)| {
                !path.ends_with("guide/specifications.rs") && word(text, test)
            };
            assert!(tests.iter().any(|source| named(&source)), "{test}");
        }
    }
}
