//! The application's policy and the profile's become one, which knows who chose what.

use std::sync::Arc;

use super::Profile;
use crate::{
    error::Shown,
    flow::policy::Policy,
    protocol::{
        id_token::{Relaxation, TrustedAudiences},
        issuer_rules::{IssuerRules, IssuerTolerance},
        profiled::Profiled,
        token_tolerance::TokenTolerance,
    },
};

impl Profile {
    /// `own` and what the profile accepts beside it.
    pub(super) fn policy(&self, mut own: Policy) -> Policy {
        let mut accepts = Vec::new();
        // Every field is named here, so that a new one is thought of. Those without a value are no profile's to choose.
        let Policy {
            trusted_audiences,
            token_tolerance,
            issuers,
            id_tokens,
            leeway: _,
            trusted_azp: _,
            require_kid: _,
            max_id_token_age: _,
            min_issued_at: _,
            accepted_acr: _,
            login_lifetime: _,
            require_response_iss: _,
            schemes: _,
            limits: _,
            signed_user_info: _,
            profiled: _,
        } = self.policy.clone();
        let aliases = merge_issuers(&mut own.issuers, issuers, &mut accepts);
        merge_tolerance(&mut own.token_tolerance, token_tolerance, &mut accepts);
        if let TrustedAudiences::List(list) = trusted_audiences {
            let new: Vec<_> =
                list.into_iter().filter(|name| !own.trusted_audiences.trusts(name)).collect();
            accepts.extend(new.iter().map(|name| Relaxation::TrustedAudience(Shown::new(name))));
            own.trusted_audiences = join(own.trusted_audiences, new);
        }
        own.id_tokens &= id_tokens;
        let (name, demands) = (self.name, self.demands);
        own.profiled = Some(Arc::new(Profiled { name, accepts, aliases, demands }));
        own
    }
}

/// The aliases that are new.
fn merge_issuers(
    own: &mut IssuerRules,
    profile: IssuerRules,
    accepts: &mut Vec<Relaxation>,
) -> Vec<String> {
    let IssuerRules { ignore_slash, template, aliases } = profile;
    if ignore_slash && !own.ignore_slash {
        own.ignore_slash = true;
        accepts.push(Relaxation::Issuer(IssuerTolerance::TrailingSlash));
    }
    // Two templates cannot both be the provider's: the application's own stays.
    if let (Some(template), None) = (template, &own.template) {
        own.template = Some(template);
        accepts.push(Relaxation::Issuer(IssuerTolerance::Tenant));
    }
    let new: Vec<_> = aliases.into_iter().filter(|alias| !own.aliases.contains(alias)).collect();
    own.aliases.extend(new.iter().cloned());
    new
}

fn merge_tolerance(
    own: &mut TokenTolerance,
    profile: TokenTolerance,
    accepts: &mut Vec<Relaxation>,
) {
    let TokenTolerance { form, equal_repeats, missing_type, types, comma_scope } = profile;
    let any = Relaxation::EqualRepeat(Shown::new("any"));
    for (setting, wanted, relaxation) in [
        (&mut own.form, form, Relaxation::FormEncodedTokens),
        (&mut own.equal_repeats, equal_repeats, any),
        (&mut own.missing_type, missing_type, Relaxation::MissingTokenType),
        (&mut own.comma_scope, comma_scope, Relaxation::CommaSeparatedScope),
    ] {
        if wanted && !*setting {
            *setting = true;
            accepts.push(relaxation);
        }
    }
    for name in types {
        if !own.takes_type(&name) {
            accepts.push(Relaxation::OtherTokenType(Shown::new(&name)));
            own.types.push(name);
        }
    }
}

fn join(own: TrustedAudiences, mut more: Vec<String>) -> TrustedAudiences {
    match own {
        TrustedAudiences::OnlyMe => TrustedAudiences::List(more),
        TrustedAudiences::List(mut list) => {
            list.append(&mut more);
            TrustedAudiences::List(list)
        }
        TrustedAudiences::Predicate(trusts) => TrustedAudiences::Predicate(Arc::new(move |name| {
            trusts(name) || more.iter().any(|listed| listed == name)
        })),
    }
}
