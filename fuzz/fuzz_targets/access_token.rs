#![cfg_attr(fuzzing, no_main)]
#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|data: &[u8]| relying_party_fuzz::access_token(data));
#[cfg(not(fuzzing))]
fn main() {}
