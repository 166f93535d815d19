//! The PyPI package `liboidcagent`, a client that is not ours: `tests/interop/agent/reference.py`.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use serde_json::Value;

use super::{Result, resource};

/// The library in a process of its own.
#[derive(Debug)]
pub struct Reference {
    child: Child,
    calls: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Reference {
    /// Starts it; the agent is where these variables say, out of `OIDC_SOCK` and `OIDC_REMOTE_SOCK`.
    pub fn start(variables: &[(&str, &str)]) -> Result<Self> {
        let python = resource("agent/venv/bin/python");
        if !python.is_file() {
            return Err(
                "the reference client's virtual environment is missing: run tests/run".into()
            );
        }
        let mut command = Command::new(python);
        // Without byte code beside the sources, and without the caller's Python settings.
        command.args(["-B", "-E"]).arg(resource("agent/reference.py"));
        command.env_remove("OIDC_SOCK").env_remove("OIDC_REMOTE_SOCK");
        command.envs(variables.iter().copied());
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let calls = child.stdin.take().ok_or("has no standard input")?;
        let answers = BufReader::new(child.stdout.take().ok_or("has no standard output")?);
        Ok(Self { child, calls, answers })
    }

    /// Makes one call, and returns the line that it printed.
    pub fn call(&mut self, call: &Value) -> Result<Value> {
        writeln!(self.calls, "{call}")?;
        let mut line = String::new();
        self.answers.read_line(&mut line)?;
        Ok(serde_json::from_str(&line).map_err(|e| format!("{e}: {line}"))?)
    }
}

impl Drop for Reference {
    fn drop(&mut self) {
        // Both fail only where it has ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
