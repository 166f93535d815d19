//! Every scenario at every provider over every transport. A new row is one function and one line of
//! [`scenarios::ALL`].

pub mod absences;
pub mod account;
pub mod auth;
pub mod columns;
pub mod discovery;
pub mod embedded;
pub mod encrypted;
pub mod front;
pub mod login;
pub mod logout;
pub mod made;
pub mod many;
pub mod objects;
pub mod provider;
pub mod registration;
pub mod resource;
pub mod responses;
pub mod scenarios;
pub mod sources;
pub mod stage;
pub mod tokens;

use std::{error::Error, fmt::Write as _};

pub use columns::{COLUMNS, PROVIDERS, ProviderName, TransportName};
pub use stage::Stage;

/// What a scenario may end in: text for the reader of the test's output.
pub type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

/// One row of the table.
#[derive(Debug)]
pub struct Scenario {
    /// Its name in the table.
    pub name: &'static str,
    /// What is done; an error is a failure.
    pub run: fn(&Stage) -> Result<()>,
    /// The providers that have no part in it.
    pub absent: &'static [Absence],
}

/// Why a cell is empty.
#[derive(Debug)]
pub struct Absence {
    /// Who does not offer it.
    pub provider: ProviderName,
    /// Whether it offers it in memory all the same.
    pub only_sockets: bool,
    /// The reason, for the reader of the table.
    pub reason: &'static str,
    /// How it shows.
    pub proof: Proof,
}

/// What holds as long as a provider does not offer something.
#[derive(Debug)]
pub enum Proof {
    /// It says so when it is asked, as this scenario shows.
    Shown(fn(&Stage) -> Result<()>),
    /// Its metadata has no such member.
    NoMember(&'static str),
    /// Such a member is not true.
    NotTrue(&'static str),
    /// The list in this member of its metadata lacks this value.
    Unlisted(&'static str, &'static str),
}

impl Absence {
    /// Whether the provider really does not offer it.
    pub fn check(&self, stage: &Stage) -> Result<()> {
        let client = stage.client("basic")?;
        let metadata = client.metadata();
        let offered = match self.proof {
            Proof::Shown(run) => return run(stage),
            Proof::NoMember(name) => metadata.member::<serde_json::Value>(name)?.is_some(),
            Proof::NotTrue(name) => metadata.member::<bool>(name)? == Some(true),
            Proof::Unlisted(name, value) => {
                let listed = metadata.member::<Vec<String>>(name)?;
                let listed = listed.ok_or_else(|| format!("it has no {name}"))?;
                listed.iter().any(|one| one == value)
            }
        };
        if offered {
            return Err(format!("offered after all, so this is wrong: {}", self.reason).into());
        }
        Ok(())
    }
}

/// What became of one cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell {
    /// It went as it should.
    Passed,
    /// It is not offered, and that was seen.
    Absent(&'static str),
    /// It did not.
    Failed(String),
}

/// Plays one scenario on one stage.
pub fn play(scenario: &Scenario, stage: &Stage) -> Cell {
    let absence = scenario.absent.iter().find(|absence| {
        let here = !absence.only_sockets || stage.transport() != TransportName::Memory;
        absence.provider == stage.provider() && here
    });
    stage.take_requests();
    let result = match absence {
        Some(absence) => absence.check(stage).map(|()| Cell::Absent(absence.reason)),
        None => (scenario.run)(stage).map(|()| Cell::Passed),
    };
    result.unwrap_or_else(|error| Cell::Failed(format!("{error:?}")))
}

/// The table as it is committed: a line for each scenario, the reasons of the empty cells and the
/// number of those that passed below.
pub fn show(rows: &[(&'static str, Vec<Cell>)]) -> String {
    let heads = COLUMNS
        .map(|(provider, transport)| format!("{} {}", provider.as_str(), transport.as_str()));
    let first = rows.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
    let mut reasons: Vec<&str> = Vec::new();
    let mut text = format!("{:first$} | {}\n", "scenario", heads.join(" | "));
    for (name, cells) in rows {
        let _ = write!(text, "{name:first$}");
        for (cell, head) in cells.iter().zip(&heads) {
            let shown = match cell {
                Cell::Passed => "ok".to_owned(),
                Cell::Failed(_) => "FAILED".to_owned(),
                Cell::Absent(reason) => {
                    let known = reasons.iter().position(|one| one == reason);
                    let number = known.unwrap_or_else(|| {
                        reasons.push(reason);
                        reasons.len() - 1
                    });
                    format!("[{}]", number + 1)
                }
            };
            let _ = write!(text, " | {shown:width$}", width = head.len());
        }
        text.truncate(text.trim_end().len());
        text.push('\n');
    }
    text.push('\n');
    for (number, reason) in reasons.iter().enumerate() {
        let _ = writeln!(text, "[{}] {reason}", number + 1);
    }
    let _ = writeln!(text, "\npassed: {}", passed(rows));
    text
}

/// How many cells passed.
pub fn passed(rows: &[(&'static str, Vec<Cell>)]) -> usize {
    rows.iter().flat_map(|(_, cells)| cells).filter(|cell| **cell == Cell::Passed).count()
}

/// For scenarios: an error where something is not as it should be.
pub fn check(holds: bool, what: &str) -> Result<()> {
    if holds { Ok(()) } else { Err(what.into()) }
}

/// For scenarios: refused with this code, and this was the last request.
pub fn refused<T>(
    stage: &Stage,
    result: std::result::Result<T, relying_party::Error>,
    code: &str,
    last: Option<&str>,
) -> Result<relying_party::Error> {
    let Err(error) = result else {
        return Err(format!("accepted, not refused with {code}").into());
    };
    check(error.code() == code, &format!("{} instead of {code}: {error}", error.code()))?;
    let made = stage.take_requests();
    check(made.last().map(String::as_str) == last, &format!("{made:?} does not end in {last:?}"))?;
    Ok(error)
}
