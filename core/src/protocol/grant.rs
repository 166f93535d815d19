//! The parameters of a token request without a browser (RFC 6749 4.3, 4.4, 4.5, RFC 8707, RFC 8693 2.1).

use std::fmt;

use zeroize::Zeroizing;

use super::authorization::{is_resource, is_scope};
use crate::error::{ApiMisuse, Error, Shown};

/// What a grant sends besides the client's proof.
#[derive(Clone, Default)]
pub(crate) struct Parameters {
    own: Vec<(&'static str, Zeroizing<String>)>,
    scope: Vec<String>,
    resource: Vec<String>,
    audience: Vec<String>,
    extra: Vec<(String, Zeroizing<String>)>,
    reserved: &'static [&'static str],
}

impl Parameters {
    /// With what makes up the grant itself.
    pub(crate) fn new<const N: usize>(own: [(&'static str, &str); N]) -> Self {
        let mut parameters = Self::default();
        own.into_iter().for_each(|(name, value)| parameters.set(name, value));
        parameters
    }

    /// One more parameter of the grant itself, or another value of it.
    pub(crate) fn set(&mut self, name: &'static str, value: &str) {
        self.own.retain(|(other, _)| *other != name);
        self.own.push((name, Zeroizing::new(value.to_owned())));
    }

    pub(crate) fn add_scope(&mut self, scope: &str) {
        for scope in scope.split_ascii_whitespace() {
            if !self.scope.iter().any(|other| other == scope) {
                self.scope.push(scope.to_owned());
            }
        }
    }

    pub(crate) fn add_resource(&mut self, resource: &str) {
        self.resource.push(resource.to_owned());
    }

    pub(crate) fn add_audience(&mut self, audience: &str) {
        self.audience.push(audience.to_owned());
    }

    pub(crate) fn add(&mut self, name: &str, value: &str) {
        self.extra.push((name.to_owned(), Zeroizing::new(value.to_owned())));
    }

    /// Names that this grant sets itself, or leaves out.
    pub(crate) fn reserve(&mut self, names: &'static [&'static str]) {
        self.reserved = names;
    }

    /// What was asked for, separated by spaces: what is granted where the answer says nothing (RFC 6749 5.1).
    pub(crate) fn scope(&self) -> String {
        self.scope.join(" ")
    }

    /// The whole form, if it can be one.
    pub(crate) fn form<'a>(&'a self, scope: &'a str) -> Result<Vec<(&'a str, &'a str)>, Error> {
        self.check()?;
        let own = self.own.iter().map(|(name, value)| (*name, value.as_str()));
        let scope = (!scope.is_empty()).then_some(("scope", scope));
        let resource = self.resource.iter().map(|value| ("resource", value.as_str()));
        let audience = self.audience.iter().map(|value| ("audience", value.as_str()));
        let extra = self.extra.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        Ok(own.chain(scope).chain(resource).chain(audience).chain(extra).collect())
    }

    fn check(&self) -> Result<(), Error> {
        let refuse = |name: &str| Err(ApiMisuse::Parameter(Shown::new(name)).into());
        // RFC 6749 3.2: an empty parameter counts as left out.
        if let Some((name, _)) = self.own.iter().find(|(_, value)| value.is_empty()) {
            return refuse(name);
        }
        if !self.scope.iter().all(|scope| is_scope(scope)) {
            return refuse("scope");
        }
        if !self.resource.iter().all(|resource| is_resource(resource)) {
            return refuse("resource");
        }
        if self.audience.iter().any(String::is_empty) {
            return refuse("audience");
        }
        let mut seen: Vec<&str> = self.own.iter().map(|(name, _)| *name).collect();
        seen.extend(RESERVED);
        seen.extend(self.reserved);
        for (name, _) in &self.extra {
            // RFC 6749 3.2: a parameter must not occur twice.
            if name.is_empty() || seen.contains(&name.as_str()) {
                return refuse(name);
            }
            seen.push(name);
        }
        Ok(())
    }
}

/// They hold passwords and tokens.
impl fmt::Debug for Parameters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Parameters").field("scope", &self.scope).finish_non_exhaustive()
    }
}

/// Parameters with a typed setter, or set by the library alone.
const RESERVED: [&str; 8] = [
    "grant_type",
    "client_id",
    "client_secret",
    "client_assertion",
    "client_assertion_type",
    "scope",
    "resource",
    "audience",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn code(change: impl FnOnce(&mut Parameters)) -> Result<String, &'static str> {
        let mut parameters = Parameters::new([("grant_type", "g"), ("assertion", "a")]);
        change(&mut parameters);
        let scope = parameters.scope();
        let form = parameters.form(&scope).map_err(|error| error.code())?;
        Ok(crate::text::encode_form(form))
    }

    #[test]
    fn a_form_holds_what_was_asked_for_and_no_parameter_twice() {
        let whole = code(|p| {
            p.add_scope("a b");
            p.add_scope(" b  c ");
            p.add_resource("https://rs.test/a");
            p.add_resource("https://rs.test/b");
            p.add_audience("api");
            p.add("x", "");
        });
        assert_eq!(
            whole.unwrap(),
            "grant_type=g&assertion=a&scope=a+b+c&resource=https%3A%2F%2Frs.test%2Fa\
             &resource=https%3A%2F%2Frs.test%2Fb&audience=api&x="
        );
        let refusals: [fn(&mut Parameters); 9] = [
            |p| p.add("grant_type", "other"),
            |p| p.add("client_secret", "x"),
            |p| p.add("assertion", "x"),
            |p| p.add("", "x"),
            |p| ["x", "x"].iter().for_each(|name| p.add(name, "1")),
            |p| p.add_scope("a\"b"),
            |p| p.add_resource("https://rs.test/#x"),
            |p| p.add_audience(""),
            |p| p.set("assertion", ""),
        ];
        for refused in refusals {
            assert_eq!(code(refused), Err("misuse.parameter"));
        }
    }
}
