//! Which proof goes to which endpoint, and where that endpoint is (RFC 8414 2, RFC 8705 5).

use url::Url;

use super::{
    client_assertion::About,
    client_auth::{AuthMethod, Credential, Proof},
    metadata::ProviderMetadata,
    registration::Registration,
};
use crate::{
    env::Env,
    error::{ApiMisuse, Error, Purpose},
    jose::{algorithm::Algorithm, hmac, signer::SigningKey},
    secret::ClientSecret,
    text,
};

/// How the client authenticates there: as chosen for this endpoint, else as at the token endpoint.
pub(crate) fn method(
    registration: &Registration,
    metadata: &ProviderMetadata,
    purpose: Purpose,
) -> AuthMethod {
    let chosen = chosen_for(registration, purpose).or(registration.auth_method);
    let has_secret = registration.client_secret.is_some() || registration.credential.makes_secret();
    chosen.unwrap_or_else(|| AuthMethod::choose(has_secret, listed(metadata, purpose)))
}

fn chosen_for(registration: &Registration, purpose: Purpose) -> Option<AuthMethod> {
    match purpose {
        Purpose::Introspection => registration.introspection_auth_method,
        Purpose::Revocation => registration.revocation_auth_method,
        _ => None,
    }
}

/// The endpoint's own list, else the token endpoint's. An empty one says as little as none (RFC 8414 3.2).
fn listed(metadata: &ProviderMetadata, purpose: Purpose) -> Option<&[String]> {
    let own = match purpose {
        Purpose::Introspection => metadata.introspection_auth_methods.as_deref(),
        Purpose::Revocation => metadata.revocation_auth_methods.as_deref(),
        _ => None,
    };
    let some = |list: &&[String]| !list.is_empty();
    own.filter(some).or(metadata.auth_methods.as_deref().filter(some))
}

/// Everything that cannot work, found when the client is made.
pub(crate) fn check(
    registration: &Registration,
    metadata: &ProviderMetadata,
) -> Result<(), ApiMisuse> {
    let mut used = vec![method(registration, metadata, Purpose::Token)];
    used.extend(registration.introspection_auth_method);
    used.extend(registration.revocation_auth_method);
    used.extend(registration.pushed_authorization_request_auth_method);
    for method in used {
        check_credential(registration, method)?;
    }
    if metadata.token_endpoint.is_some() {
        check_listed(registration, metadata, Purpose::Token)
    } else {
        Ok(())
    }
}

fn check_credential(registration: &Registration, method: AuthMethod) -> Result<(), ApiMisuse> {
    let secret = registration.client_secret.as_ref();
    let algorithm = registration.auth_signing_alg;
    match method {
        AuthMethod::None | AuthMethod::TlsClientAuth | AuthMethod::SelfSignedTlsClientAuth => {}
        AuthMethod::PrivateKeyJwt => match &registration.credential {
            Credential::SuppliedAssertion(_) => {}
            Credential::Key(key) => {
                if algorithm.is_some_and(|registered| !registered.same_as(key.algorithm())) {
                    return Err(ApiMisuse::SigningKey(
                        "token_endpoint_auth_signing_alg is another algorithm",
                    ));
                }
            }
            _ => return Err(ApiMisuse::NoSigningKey),
        },
        AuthMethod::ClientSecretJwt => {
            let algorithm = algorithm.unwrap_or(DEFAULT_HMAC);
            if !algorithm.is_symmetric() {
                return Err(ApiMisuse::SigningKey("client_secret_jwt is under an HMAC"));
            }
            let secret = secret.ok_or(ApiMisuse::NoSecret)?;
            // RFC 7518 3.2
            if secret.expose().len() < algorithm.hash_bytes() {
                return Err(ApiMisuse::ShortSecret(algorithm.hash_bytes()));
            }
        }
        AuthMethod::ClientSecretBasic
        | AuthMethod::ClientSecretBasicUnencoded
        | AuthMethod::ClientSecretPost => {
            if secret.is_none() && !registration.credential.makes_secret() {
                return Err(ApiMisuse::NoSecret);
            }
            // RFC 7617 2: the server splits at the first colon.
            if method == AuthMethod::ClientSecretBasicUnencoded
                && registration.client_id.contains(':')
            {
                return Err(ApiMisuse::Characters("client_id"));
            }
        }
    }
    Ok(())
}

/// Whether the provider lists the method. Of `none` nothing is asked: many providers with public clients do not list
/// it.
fn check_listed(
    registration: &Registration,
    metadata: &ProviderMetadata,
    purpose: Purpose,
) -> Result<(), ApiMisuse> {
    let used = method(registration, metadata, purpose);
    if used == AuthMethod::None || registration.even_if_unlisted {
        return Ok(());
    }
    let endpoint = match purpose {
        Purpose::Introspection => "introspection_endpoint",
        Purpose::Revocation => "revocation_endpoint",
        _ => "token_endpoint",
    };
    let own_list = match purpose {
        Purpose::Introspection => metadata.introspection_auth_methods.as_deref(),
        Purpose::Revocation => metadata.revocation_auth_methods.as_deref(),
        _ => metadata.auth_methods.as_deref(),
    };
    let is_listed = match own_list.filter(|list| !list.is_empty()) {
        Some(list) => list.iter().any(|name| name == used.as_str()),
        // RFC 8414 2: nothing follows from an absent list.
        None if purpose == Purpose::Introspection => true,
        // Providers that list methods for the token endpoint alone mean the other ones too.
        None if purpose == Purpose::Revocation && chosen_for(registration, purpose).is_none() => {
            true
        }
        // RFC 8414 2, OIDC Discovery 3
        None => used.as_str() == AuthMethod::ClientSecretBasic.as_str(),
    };
    match is_listed {
        true => Ok(()),
        false => Err(ApiMisuse::AuthMethod { method: used.as_str(), endpoint }),
    }
}

/// The address for this client: the alias where it authenticates by its certificate (RFC 8705 5).
pub(crate) fn address<'a>(
    registration: &Registration,
    metadata: &'a ProviderMetadata,
    purpose: Purpose,
    url: &'a Url,
) -> &'a Url {
    match method(registration, metadata, purpose).is_mutual_tls() {
        true => metadata.mtls_alias(purpose).unwrap_or(url),
        false => url,
    }
}

/// A proof, or what must be signed to become one.
pub(crate) enum Prepared {
    Proof(Proof),
    Unsigned(Unsigned),
}

/// A JWT without its signature, and where it goes.
pub(crate) struct Unsigned {
    pub(crate) key: SigningKey,
    pub(crate) message: String,
    client_id: String,
    method: AuthMethod,
}

impl Unsigned {
    /// The proof with this signature, which must be as long as its algorithm says.
    pub(crate) fn signed(self, signature: Vec<u8>) -> Result<Proof, Error> {
        let signature = self.key.admit(signature)?;
        let jwt = compact(&self.message, &signature);
        match self.method.sends_secret() {
            true => Ok(self.method.with_secret(&self.client_id, &ClientSecret::new(jwt)?)),
            false => Ok(Proof::assertion(&self.client_id, &jwt)),
        }
    }
}

/// Makes the proof for one request; each has a fresh one.
pub(crate) fn prepare(
    registration: &Registration,
    metadata: &ProviderMetadata,
    purpose: Purpose,
    env: &mut dyn Env,
) -> Result<Prepared, Error> {
    check_listed(registration, metadata, purpose)?;
    let method = method(registration, metadata, purpose);
    let client_id = registration.client_id();
    let about = About {
        client_id,
        issuer: metadata.issuer(),
        token_endpoint: metadata.token_endpoint.as_ref(),
    };
    let claims = &registration.assertion_claims;
    let unsigned = |key: &SigningKey, env: &mut dyn Env| {
        let message = claims.signing_input(&about, key.algorithm(), key.key_id(), env)?;
        let (key, client_id) = (key.clone(), client_id.to_owned());
        Ok(Prepared::Unsigned(Unsigned { key, message, client_id, method }))
    };
    let secret = || registration.client_secret.as_ref().ok_or(ApiMisuse::NoSecret);
    let proof = match (method, &registration.credential) {
        (AuthMethod::None | AuthMethod::TlsClientAuth | AuthMethod::SelfSignedTlsClientAuth, _) => {
            Proof::none(client_id)
        }
        (AuthMethod::PrivateKeyJwt, Credential::Key(key)) => return unsigned(key, env),
        (AuthMethod::PrivateKeyJwt, Credential::SuppliedAssertion(supplier)) => {
            Proof::assertion(client_id, supplier.supply(env.now())?.expose())
        }
        (AuthMethod::PrivateKeyJwt, _) => return Err(ApiMisuse::NoSigningKey.into()),
        (AuthMethod::ClientSecretJwt, _) => {
            let (secret, algorithm) =
                (secret()?, registration.auth_signing_alg.unwrap_or(DEFAULT_HMAC));
            let message = claims.signing_input(&about, algorithm, None, env)?;
            let tag = hmac::sign(algorithm, secret.expose().as_bytes(), message.as_bytes())
                .ok_or(ApiMisuse::ShortSecret(algorithm.hash_bytes()))?;
            Proof::assertion(client_id, &compact(&message, &tag))
        }
        (_, Credential::SignedSecret(key)) => return unsigned(key, env),
        (_, Credential::SuppliedSecret(supplier)) => {
            method.with_secret(client_id, &supplier.supply(env.now())?)
        }
        (_, _) => method.with_secret(client_id, secret()?),
    };
    Ok(Prepared::Proof(proof))
}

fn compact(message: &str, signature: &[u8]) -> String {
    format!("{message}.{}", text::encode_base64url(signature))
}

/// OIDC Core 9: any HMAC; this one is the shortest that every provider knows.
const DEFAULT_HMAC: Algorithm = Algorithm::HS256;
