#![cfg_attr(fuzzing, no_main)]
#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|data: &[u8]| relying_party_fuzz::claim_sources(data));
#[cfg(not(fuzzing))]
fn main() {}
