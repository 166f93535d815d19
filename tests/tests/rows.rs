//! The check of the table of rows, `tests/rows`: what it finds, on tables and logs made for it.

use std::{fs, path::Path, process::Command};

use relying_party_tests::interop::Folder;

const LOG: &str = "   Compiling relying-party v0.1.0
     Running unittests src/lib.rs (target/debug/deps/relying_party-0123456789abcdef)

test json::tests::strict ... ok
     \u{1b}[1m\u{1b}[32mRunning\u{1b}[0m tests/refresh.rs (target/debug/deps/refresh-0123456789abcdef)
test kept ... ok
test refused ... ok
test broken ... FAILED
test skipped ... ignored
test panics - should panic ... ok
test result: ok. 4 passed
";

/// Whether it is content, and what it prints.
fn rows(log: &str, table: &str) -> (bool, String) {
    let folder = Folder::new("rp-rows").unwrap();
    let path = |name: &str| folder.path().join(name);
    fs::write(path("log"), log).unwrap();
    fs::write(path("table"), table).unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("rows");
    let run = Command::new(script).args([path("log"), path("table")]).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&run.stderr), "");
    (run.status.success(), String::from_utf8(run.stdout).unwrap())
}

#[test]
fn rows_whose_tests_ran_and_passed_are_good() {
    let table = "# a remark\n\n1.1 | this | refresh::kept | refresh::refused\n\
                 1.2 | that | refresh::kept, relying_party::json::tests::strict | refresh::panics\n";
    assert_eq!(rows(LOG, table), (true, "2 rows, 0 without\n".to_owned()));
}

#[test]
fn rows_without_are_printed_and_end_in_failure() {
    for (row, due) in [
        ("1.1 | this | TODO | refresh::refused", "1.1: no test that accepts"),
        ("1.1 | this | refresh::kept | ", "1.1: no test that refuses"),
        ("1.1 | this | refresh::kept, | refresh::refused", "1.1: no test that accepts"),
        ("1.1 | this | refresh::gone | refresh::refused", "1.1: refresh::gone did not run"),
        ("1.1 | this | kept | refresh::refused", "1.1: kept did not run"),
        ("1.1 | this | other::kept | refresh::refused", "1.1: other::kept did not run"),
        ("1.1 | this | refresh::kept | refresh::broken", "1.1: refresh::broken did not run"),
        ("1.1 | this | refresh::skipped | refresh::refused", "1.1: refresh::skipped did not run"),
        ("1.1 | this | refresh::kept", "not four columns"),
    ] {
        let good = "1.2 | that | refresh::kept | refresh::refused";
        let (content, said) = rows(LOG, &format!("{row}\n{good}\n"));
        assert!(!content && said.contains(due), "{row}: {said}");
        assert!(said.ends_with("2 rows, 1 without\n"), "{said}");
    }
    let twice = "1.1 | this | refresh::kept | refresh::refused\n".repeat(2);
    let (content, said) = rows(LOG, &twice);
    assert!(!content && said.contains("1.1: occurs twice"), "{said}");
}

#[test]
fn nothing_to_check_is_no_success() {
    let table = "1.1 | this | refresh::kept | refresh::refused\n";
    assert!(rows(LOG, table).0);
    assert!(!rows("", table).0);
    assert!(!rows(LOG, "# no rows\n").0);
}
