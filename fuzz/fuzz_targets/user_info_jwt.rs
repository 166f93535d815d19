#![cfg_attr(fuzzing, no_main)]
#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|data: &[u8]| relying_party_fuzz::user_info_jwt(data));
#[cfg(not(fuzzing))]
fn main() {}
