//! Exchanges a token at the embedded provider or any other:
//!
//! ```sh
//! cargo run --example token_exchange
//! cargo run --example token_exchange -- https://op.example my-service --client-secret-env SECRET --subject-token-env TOKEN
//! ```
//!
//! What it does with the library stands in `tests/src/demo/token_exchange.rs`.

use std::{env, io, process::ExitCode};

fn main() -> ExitCode {
    let (mut out, mut err) = (io::stdout().lock(), io::stderr().lock());
    relying_party_tests::demo::token_exchange::run(env::args().skip(1), &mut out, &mut err).into()
}
