#![cfg_attr(fuzzing, no_main)]
#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|data: &[u8]| relying_party_fuzz::sealed_login(data));
#[cfg(not(fuzzing))]
fn main() {}
