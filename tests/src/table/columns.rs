//! The columns of the table.

/// The providers of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProviderName {
    /// `tests/src/op`
    Embedded,
    /// `tests/interop/op`
    Npm,
    /// `tests/interop/idpyoidc`
    Idpyoidc,
}

impl ProviderName {
    /// As the table shows it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Embedded => "embedded",
            Self::Npm => "npm",
            Self::Idpyoidc => "idpyoidc",
        }
    }
}

/// The transports of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransportName {
    /// None at all, in virtual time.
    Memory,
    /// The blocking adapter.
    Ureq,
    /// The asynchronous one.
    Reqwest,
}

impl TransportName {
    /// As the table shows it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Memory => "memory",
            Self::Ureq => "ureq",
            Self::Reqwest => "reqwest",
        }
    }
}

/// Every column of the table.
pub const COLUMNS: [(ProviderName, TransportName); 7] = [
    (ProviderName::Embedded, TransportName::Memory),
    (ProviderName::Embedded, TransportName::Ureq),
    (ProviderName::Embedded, TransportName::Reqwest),
    (ProviderName::Npm, TransportName::Ureq),
    (ProviderName::Npm, TransportName::Reqwest),
    (ProviderName::Idpyoidc, TransportName::Ureq),
    (ProviderName::Idpyoidc, TransportName::Reqwest),
];
