//! The script of the page that watches the session (Session Management 3.1), run by a real engine, with a stage instead
//! of a browser around it.

use std::process::Command;

use relying_party::{Policy, secret::SessionState};
use relying_party_tests::{interop::npm::node, op::OpConfig, scenario::World};
use serde_json::{Value, json};

/// Plays the page: `verdict` is what the provider's frame says in the end. Logs every message, and the time of it.
const STAGE: &str = r#"
const log = [], timers = new Map();
let time = 0, next = 1, load, hear, removed = false;
const frame = { postMessage: (message, target) => log.push(["frame", message, target, time]) };
const op = { contentWindow: frame, addEventListener: (_, f) => { load = f; }, remove: () => { removed = true; } };
globalThis.document = { body: { dataset: JSON.parse(process.env.DATA) }, getElementById: () => op };
globalThis.location = { origin: "https://rp.test" };
globalThis.parent = { postMessage: (message, target) => log.push(["parent", message, target, time]) };
globalThis.addEventListener = (_, f) => { hear = f; };
globalThis.removeEventListener = (_, f) => { if (hear === f) hear = () => {}; };
globalThis.setInterval = (f, every) => { timers.set(next, [f, every, time]); return next++; };
globalThis.clearInterval = (id) => { timers.delete(id); };
const pass = (ms) => { for (const end = time + ms; time < end; ) { time += 1000;
  for (const [f, every, since] of [...timers.values()]) if ((time - since) % every === 0) f(); } };
const say = (data, origin = "https://op.test", source = frame) => hear({ data, origin, source });
(0, eval)(process.env.SCRIPT);
load();
pass(5000);
say("unchanged");
for (const other of ["", "CHANGED", { changed: 1 }, null, "toString"]) say(other);
say("changed", "https://evil.test");
say("changed", "https://op.test.evil.test");
say("changed", "https://op.test", {});
load();
pass(5000);
say(process.env.VERDICT);
pass(20000);
say("changed"); say("error"); pass(20000);
process.stdout.write(JSON.stringify({ log, removed, timers: timers.size }));
"#;

fn between<'t>(text: &'t str, before: &str, after: &str) -> &'t str {
    text.split_once(before).expect(before).1.split_once(after).expect(after).0
}

#[test]
fn l20_the_script_asks_until_it_is_told_something() {
    let mut world = World::new(OpConfig { session_management: true, ..OpConfig::default() });
    let client = world.discover("rs256", Policy::default()).unwrap();
    let page = client.check_session_page(&SessionState::new("abc.def").unwrap()).unwrap();
    let attribute = |name: &str| between(page.html(), &format!(" data-{name}=\""), "\"").to_owned();
    let data = ["message", "origin", "every"].map(|name| (name.to_owned(), attribute(name).into()));
    let data = Value::Object(data.into_iter().collect());
    for verdict in ["changed", "error"] {
        let run = Command::new(node())
            .args(["-e", STAGE])
            .env("SCRIPT", between(page.html(), "<script>", "</script>"))
            .env("DATA", data.to_string())
            .env("VERDICT", verdict)
            .output()
            .unwrap();
        assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
        let told: Value = serde_json::from_slice(&run.stdout).unwrap();
        let ask = |time: u32| json!(["frame", "rs256 abc.def", "https://op.test", time]);
        let end = json!(["parent", verdict, "https://rp.test", 10_000]);
        // At once, after five seconds, when the frame is loaded again, and five seconds later.
        let log = json!([ask(0), ask(5000), ask(5000), ask(10_000), end]);
        assert_eq!(told, json!({ "log": log, "removed": true, "timers": 0 }), "{verdict}");
    }
}
