//! Registers a client at the embedded provider or any other, reads it back, changes and deletes it:
//!
//! ```sh
//! cargo run --example register
//! cargo run --example register -- https://op.example --initial-access-token-env TOKEN
//! ```
//!
//! What it does with the library stands in `tests/src/demo/register.rs`.

use std::{env, io, process::ExitCode};

fn main() -> ExitCode {
    let (mut out, mut err) = (io::stdout().lock(), io::stderr().lock());
    relying_party_tests::demo::register::run(env::args().skip(1), &mut out, &mut err).into()
}
