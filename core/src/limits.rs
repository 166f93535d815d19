//! The bounds that an application may want to change, each with its default and the reason. Bounds that nobody should
//! change (such as the size of keys) are constants beside their rule.

/// The bounds. Every input has one, counted by the core, so that memory and time are bounded whatever a
/// provider or a visitor sends.
///
/// ```
/// let mut limits = relying_party::limits::Limits::default();
/// limits.token_response = 256 * 1024; // a provider with very long tokens
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Limits {
    /// Bytes of a discovery document, decoded. Default 128 KiB; real ones have 2 to 10 KiB.
    pub discovery_response: usize,
    /// Bytes of a key set. Default 256 KiB: certificates come along.
    pub keys_response: usize,
    /// Bytes of a token response. Default 128 KiB.
    pub token_response: usize,
    /// Bytes of a userinfo response. Default 128 KiB: pictures and long group lists come along.
    pub user_info_response: usize,
    /// Bytes of any other response. Default 64 KiB.
    pub other_response: usize,
    /// Headers of one response. Default 100.
    pub header_count: usize,
    /// Bytes of all headers of one response. Default 32 KiB.
    pub header_bytes: usize,
    /// Bytes of an authorization response, or of a request to end sessions. Default 64 KiB.
    pub callback: usize,
    /// Bytes of a compact token from an endpoint. Default 64 KiB. Checked before anything is decoded.
    pub token: usize,
    /// Nesting of JSON. Default 32; never above 100.
    pub json_depth: usize,
    /// Usable keys of one set; more refuse the set. Default 100.
    pub keys_per_set: usize,
    /// Keys tried for one token, where several fit. Default 4.
    pub key_candidates: usize,
    /// Key ids remembered as unknown, so that junk does not cause requests. Default 64.
    pub unknown_kids: usize,
    /// Sources of aggregated and distributed claims in one set of claims. Default 8; real ones have one or two.
    pub claim_sources: usize,
    /// Claims that they have between them, a claim of two sources counted twice. Default 64.
    pub claim_names: usize,
    /// Bytes that a pending login may have; a larger one is not started. Default 2 KiB.
    pub pending_login: usize,
    /// Bytes of an oidc-agent's reply, decrypted. Default 1 MiB: tokens of grids and clouds have reached 300 kB.
    pub agent_reply: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            discovery_response: 128 * 1024,
            keys_response: 256 * 1024,
            token_response: 128 * 1024,
            user_info_response: 128 * 1024,
            other_response: 64 * 1024,
            header_count: 100,
            header_bytes: 32 * 1024,
            callback: 64 * 1024,
            token: 64 * 1024,
            json_depth: 32,
            keys_per_set: 100,
            key_candidates: 4,
            unknown_kids: 64,
            claim_sources: 8,
            claim_names: 64,
            pending_login: 2 * 1024,
            agent_reply: 1024 * 1024,
        }
    }
}
