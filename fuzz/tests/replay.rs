//! Every seed through its body, on any compiler.

use std::{fs, path::Path};

use relying_party_fuzz::TARGETS;

#[test]
fn every_seed_keeps_the_laws() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds");
    for (name, body) in TARGETS {
        let mut seeds: Vec<_> =
            fs::read_dir(root.join(name)).unwrap().map(|entry| entry.unwrap().path()).collect();
        seeds.sort();
        assert!(!seeds.is_empty(), "no seeds for {name}");
        for seed in seeds {
            // The last line of the output names the seed that failed.
            println!("{}", seed.display());
            body(&fs::read(seed).unwrap());
        }
    }
}

#[test]
fn every_folder_and_every_binary_belongs_to_a_target() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut due: Vec<String> = TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect();
    due.sort();
    for folder in ["seeds", "fuzz_targets", "dictionaries"] {
        let entries = fs::read_dir(root.join(folder)).unwrap();
        let mut names: Vec<String> = entries
            .map(|entry| entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned())
            .collect();
        names.sort();
        assert_eq!(names, due, "{folder}");
    }
}

/// Bodies take anything.
#[test]
fn nothing_and_noise_panic_nowhere() {
    for (_, body) in TARGETS {
        body(b"");
        for byte in 0..=255 {
            body(&[byte]);
            body(&[byte; 100]);
        }
    }
}
