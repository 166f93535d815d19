//! A device login at the embedded provider or any other:
//!
//! ```sh
//! cargo run --example device
//! cargo run --example device -- https://op.example my-device
//! ```
//!
//! What it does with the library stands in `tests/src/demo/device.rs`.

use std::{env, io, process::ExitCode};

fn main() -> ExitCode {
    let (mut out, mut err) = (io::stdout().lock(), io::stderr().lock());
    relying_party_tests::demo::device::run(env::args().skip(1), &mut out, &mut err).into()
}
