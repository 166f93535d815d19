//! The committed table of what works where: `tests/tables/scenarios.txt`.

use std::{fs, path::Path, thread};

use relying_party_tests::table::{COLUMNS, Cell, Stage, passed, play, scenarios::ALL, show};

/// How many cells pass. It changes with every row, and by hand.
const PASSING: usize = 223;

#[test]
fn every_scenario_passes_at_every_provider_that_offers_it_over_every_transport() {
    let columns: Vec<Vec<Cell>> = thread::scope(|scope| {
        let started = COLUMNS.map(|(provider, transport)| {
            scope.spawn(move || {
                let stage = Stage::new(provider, transport).unwrap();
                ALL.iter().map(|scenario| play(scenario, provider, &stage)).collect()
            })
        });
        started.into_iter().map(|column| column.join().unwrap()).collect()
    });
    let rows: Vec<(&str, Vec<Cell>)> = ALL
        .iter()
        .enumerate()
        .map(|(row, scenario)| {
            (scenario.name, columns.iter().map(|column| column[row].clone()).collect())
        })
        .collect();

    let shown = show(&rows);
    println!("{shown}");
    for (name, cells) in &rows {
        for (cell, (provider, transport)) in cells.iter().zip(COLUMNS) {
            if let Cell::Failed(why) = cell {
                println!("{name}, {} over {}: {why}", provider.as_str(), transport.as_str());
            }
        }
    }
    let fresh = Path::new(env!("CARGO_TARGET_TMPDIR")).join("scenarios.txt");
    fs::write(&fresh, &shown).unwrap();
    let committed = Path::new(env!("CARGO_MANIFEST_DIR")).join("tables/scenarios.txt");
    let committed = fs::read_to_string(committed).unwrap();
    assert!(shown == committed, "not the committed table; this one is in {}", fresh.display());
    assert_eq!(passed(&rows), PASSING);
}
