//! The committed table of what works where: `tests/tables/scenarios.txt`.

use std::{fs, path::Path, thread, time::Instant};

use relying_party_tests::table::{
    COLUMNS, Cell, PROVIDERS, Stage, many, passed, play, scenarios::ALL, show,
};

/// How many cells pass. It changes with every row, and by hand.
const PASSING: usize = 677;

#[test]
fn every_scenario_passes_at_every_provider_that_offers_it_over_every_transport() {
    // One thread for each provider: what one transport does to it must not disturb the other.
    let played: Vec<(Stage, Vec<Cell>)> = thread::scope(|scope| {
        let started = PROVIDERS.map(|provider| {
            scope.spawn(move || {
                let begun = Instant::now();
                let stages = Stage::all(provider).unwrap();
                let played = stages.into_iter().map(|stage| {
                    let cells = ALL.iter().map(|row| play(row, &stage)).collect();
                    (stage, cells)
                });
                let columns: Vec<(Stage, Vec<Cell>)> = played.collect();
                println!("{}: {} s", provider.as_str(), begun.elapsed().as_secs());
                columns
            })
        });
        started.into_iter().flat_map(|columns| columns.join().unwrap()).collect()
    });
    let (stages, columns): (Vec<Stage>, Vec<Vec<Cell>>) = played.into_iter().unzip();
    let order: Vec<_> = stages.iter().map(|stage| (stage.provider(), stage.transport())).collect();
    assert_eq!(order, COLUMNS);
    let mut rows: Vec<(&str, Vec<Cell>)> = ALL
        .iter()
        .enumerate()
        .map(|(row, scenario)| {
            (scenario.name, columns.iter().map(|column| column[row].clone()).collect())
        })
        .collect();
    rows.push((many::NAME, many::row(&stages)));

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
