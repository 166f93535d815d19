//! One login against the embedded provider or any other:
//!
//! ```sh
//! cargo run --example login              # opens a browser
//! cargo run --example login -- --auto    # needs nobody
//! cargo run --example login -- --help
//! ```
//!
//! What it does with the library stands in `tests/src/demo/login.rs`.

use std::{env, io, process::ExitCode};

fn main() -> ExitCode {
    let (mut out, mut err) = (io::stdout().lock(), io::stderr().lock());
    relying_party_tests::demo::run(env::args().skip(1), &mut out, &mut err).into()
}
