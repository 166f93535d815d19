//! Tokens for a service itself, from the embedded provider or any other:
//!
//! ```sh
//! cargo run --example client_credentials
//! cargo run --example client_credentials -- https://op.example my-service --client-secret-env SECRET
//! ```
//!
//! What it does with the library stands in `tests/src/demo/client_credentials.rs`.

use std::{env, io, process::ExitCode};

fn main() -> ExitCode {
    let (mut out, mut err) = (io::stdout().lock(), io::stderr().lock());
    let arguments = env::args().skip(1);
    relying_party_tests::demo::client_credentials::run(arguments, &mut out, &mut err).into()
}
