//! How a scenario ended, and how it had to.

use relying_party::{Client, Error, Login};

use super::World;

/// How a scenario ended.
#[derive(Debug)]
pub struct Outcome {
    /// The login, or why not.
    pub result: Result<Login, Error>,
    /// Method and path of what the library requested.
    pub requests: Vec<String>,
    /// For what comes after.
    pub world: World,
    /// The client, if discovery succeeded.
    pub client: Option<Client>,
}

/// The last request before a refusal; each includes those above it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum After {
    /// None at all.
    Nothing,
    /// The metadata. A refused callback ends here.
    Discovery,
    /// The key set, read before the code is spent.
    Keys,
    /// The token endpoint.
    Token,
    /// The key set once more, for a key id that was not there.
    KeysAgain,
    /// The userinfo endpoint.
    UserInfo,
}

impl Outcome {
    /// It must have been refused with this code, and nothing may have been requested after `last`.
    #[track_caller]
    pub fn refused(self, code: &str, last: After) -> Self {
        self.refused_with(code, &due(last))
    }

    /// The same for a client of an HMAC algorithm, which never needs the key set.
    #[track_caller]
    pub fn refused_without_keys(self, code: &str, last: After) -> Self {
        let due: Vec<_> = due(last).into_iter().filter(|path| *path != "/jwks").collect();
        self.refused_with(code, &due)
    }

    /// The same, where other requests are due than those of a first login with a published key.
    #[track_caller]
    pub fn refused_with(self, code: &str, due: &[&str]) -> Self {
        match &self.result {
            Ok(_) => panic!("accepted, should have been refused with {code}"),
            Err(error) => assert_eq!(error.code(), code, "{error}"),
        }
        let made: Vec<_> =
            self.requests.iter().map(|line| line.split(' ').nth(1).unwrap_or_default()).collect();
        assert_eq!(made, due, "requests");
        self
    }

    /// It must have been accepted.
    #[track_caller]
    pub fn accepted(self) -> (Login, World) {
        match self.result {
            Ok(login) => (login, self.world),
            Err(error) => panic!("refused with {}: {error}", error.code()),
        }
    }
}

/// The requests of a first login with a published key.
fn due(last: After) -> Vec<&'static str> {
    let all = [
        (After::Discovery, "/.well-known/openid-configuration"),
        (After::Keys, "/jwks"),
        (After::Token, "/token"),
        (After::KeysAgain, "/jwks"),
        (After::UserInfo, "/userinfo"),
    ];
    let again = |stage| stage != After::KeysAgain || last == After::KeysAgain;
    let stages = all.into_iter().filter(|(stage, _)| *stage <= last && again(*stage));
    stages.map(|(_, path)| path).collect()
}
