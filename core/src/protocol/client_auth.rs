//! How the client proves itself to an endpoint (RFC 6749 2.3, OIDC Core 9).

use base64::{Engine, engine::general_purpose::STANDARD};

use crate::{
    error::{ApiMisuse, Error},
    secret::ClientSecret,
    text,
};

/// The form body and the header of an authenticated request.
pub(crate) struct Authenticated {
    pub(crate) form: String,
    pub(crate) authorization: Option<String>,
}

/// A client authentication method (`token_endpoint_auth_method`, OIDC Core 9).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AuthMethod {
    /// `none`: a public client; `client_id` in the form.
    None,
    /// `client_secret_basic`: both halves form-encoded first, as RFC 6749 2.3.1 says.
    ClientSecretBasic,
    /// `client_secret_basic` without form-encoding the halves, for servers that do not decode them. The identifier
    /// must then hold no colon (RFC 7617 2).
    ClientSecretBasicUnencoded,
    /// `client_secret_post`: both in the form.
    ClientSecretPost,
}

impl AuthMethod {
    /// The method for a client that named none: what its secret and the provider's list allow, Basic first
    /// (OIDC Discovery 3: an absent list means Basic).
    pub(crate) fn choose(has_secret: bool, supported: Option<&[String]>) -> Self {
        let offers = |name: &str| {
            supported.is_some_and(|methods| methods.iter().any(|method| method == name))
        };
        match has_secret {
            false => Self::None,
            true if !offers("client_secret_basic") && offers("client_secret_post") => {
                Self::ClientSecretPost
            }
            true => Self::ClientSecretBasic,
        }
    }

    /// Adds the proof to a form; never two proofs at once (RFC 6749 2.3).
    pub(crate) fn authenticate<'a>(
        self,
        client_id: &'a str,
        secret: Option<&'a ClientSecret>,
        mut form: Vec<(&'a str, &'a str)>,
    ) -> Result<Authenticated, Error> {
        let need = || secret.map(ClientSecret::expose).ok_or(ApiMisuse::NoSecret);
        let authorization = match self {
            Self::None => {
                form.push(("client_id", client_id));
                None
            }
            Self::ClientSecretPost => {
                form.extend([("client_id", client_id), ("client_secret", need()?)]);
                None
            }
            // RFC 6749 2.3.1
            Self::ClientSecretBasic => {
                Some(basic(&text::encode_form_value(client_id), &text::encode_form_value(need()?)))
            }
            Self::ClientSecretBasicUnencoded => Some(basic(client_id, need()?)),
        };
        Ok(Authenticated { form: text::encode_form(form), authorization })
    }
}

fn basic(user: &str, password: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{user}:{password}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_method_follows_secret_and_metadata() {
        let list = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let post = list(&["private_key_jwt", "client_secret_post"]);
        let both = list(&["client_secret_post", "client_secret_basic"]);
        assert_eq!(AuthMethod::choose(false, Some(&both)), AuthMethod::None);
        assert_eq!(AuthMethod::choose(true, None), AuthMethod::ClientSecretBasic);
        assert_eq!(AuthMethod::choose(true, Some(&both)), AuthMethod::ClientSecretBasic);
        assert_eq!(AuthMethod::choose(true, Some(&post)), AuthMethod::ClientSecretPost);
    }

    #[test]
    fn t08_t09_basic_halves_are_form_encoded_unless_told_otherwise() {
        let secret = ClientSecret::new("p%41:/+ &=~").unwrap();
        let header = |method: AuthMethod| {
            let proof = method.authenticate("a b:c", Some(&secret), vec![]).unwrap();
            let header = proof.authorization.unwrap();
            String::from_utf8(STANDARD.decode(&header["Basic ".len()..]).unwrap()).unwrap()
        };
        assert_eq!(header(AuthMethod::ClientSecretBasic), "a+b%3Ac:p%2541%3A%2F%2B+%26%3D%7E");
        assert_eq!(header(AuthMethod::ClientSecretBasicUnencoded), "a b:c:p%41:/+ &=~");
    }

    #[test]
    fn t10_t28_one_proof_and_no_empty_one() {
        let none = AuthMethod::None.authenticate("c", None, vec![("a", "b")]).unwrap();
        assert_eq!((none.form.as_str(), none.authorization), ("a=b&client_id=c", None));
        let error = AuthMethod::ClientSecretPost.authenticate("c", None, vec![]).err().unwrap();
        assert_eq!(error.code(), "misuse.no_secret");
    }
}
