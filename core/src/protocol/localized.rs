//! Claims in languages (OIDC Core 5.2), the address (OIDC Core 5.1.1), and standard claims that real providers write in
//! other types than OIDC Core 5.1 says.

use serde::de::DeserializeOwned;

use super::claims::Claims;
use crate::{
    error::JsonProblem,
    json::{self, Object},
};

/// `address`: an object of texts, each read by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address(Claims);

/// Each is an error only by itself: [`JsonFault::WrongType`](crate::error::JsonFault::WrongType).
#[allow(clippy::missing_errors_doc)]
impl Address {
    /// `formatted`: the whole address, in lines.
    pub fn formatted(&self) -> Result<Option<String>, JsonProblem> {
        self.0.claim("formatted")
    }

    /// `street_address`: it may have several lines.
    pub fn street_address(&self) -> Result<Option<String>, JsonProblem> {
        self.0.claim("street_address")
    }

    /// `locality`: city.
    pub fn locality(&self) -> Result<Option<String>, JsonProblem> {
        self.0.claim("locality")
    }

    /// `region`: state, province, prefecture.
    pub fn region(&self) -> Result<Option<String>, JsonProblem> {
        self.0.claim("region")
    }

    /// `postal_code`
    pub fn postal_code(&self) -> Result<Option<String>, JsonProblem> {
        self.0.claim("postal_code")
    }

    /// `country`
    pub fn country(&self) -> Result<Option<String>, JsonProblem> {
        self.0.claim("country")
    }

    /// The object as it came.
    pub fn as_json(&self) -> &str {
        self.0.as_json()
    }
}

/// `updated_at`, as a provider wrote it.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum UpdatedAt {
    /// Seconds since 1970, as OIDC Core 5.1 says.
    Seconds(f64),
    /// Some text, mostly a date of ISO 8601: as it came.
    Text(String),
}

impl Claims {
    /// A claim in the language that fits best. `locales` are language tags (BCP 47), best first; for each, the claim with
    /// that very tag is looked for, then with the tag shortened from its end (RFC 4647 3.4), and after all of them the
    /// claim without a tag. Tags are compared in any case.
    ///
    /// ```
    /// # fn greeting(claims: &relying_party::Claims) -> Result<(), relying_party::error::JsonProblem> {
    /// // `family_name#ja-Kana-JP`, else `family_name#ja-Kana`, `family_name#ja`, `family_name#en`, `family_name`
    /// let name: Option<String> = claims.localized("family_name", &["ja-Kana-JP", "en"])?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`JsonFault::WrongType`](crate::error::JsonFault::WrongType) when the one that fits best is not a `T`.
    pub fn localized<T: DeserializeOwned>(
        &self,
        name: &str,
        locales: &[&str],
    ) -> Result<Option<T>, JsonProblem> {
        let object = self.object()?;
        let tagged = locales.iter().flat_map(|locale| ranges(locale));
        let mut found = tagged.filter_map(|range| tagged_member(&object, name, range));
        match found.next() {
            Some(member) => self.claim(member),
            None => self.claim(name),
        }
    }

    /// The languages in which a claim is there, as they are written; the claim without a tag does not count.
    ///
    /// # Errors
    /// None in practice: the text was read before.
    pub fn languages(&self, name: &str) -> Result<Vec<String>, JsonProblem> {
        let object = self.object()?;
        let tags = object.members().filter_map(|(member, _)| tag(member, name));
        Ok(tags.map(str::to_owned).collect())
    }

    /// `address`
    ///
    /// # Errors
    /// [`JsonFault::WrongType`](crate::error::JsonFault::WrongType) when it is there and no object.
    pub fn address(&self) -> Result<Option<Address>, JsonProblem> {
        let members = self.claim::<serde_json::Map<String, serde_json::Value>>("address")?;
        let text = members.map(|members| serde_json::Value::Object(members).to_string());
        Ok(text.and_then(|text| Claims::new(text.as_bytes())).map(Address))
    }

    /// `email_verified` as a boolean, or as the text `true` or `false`, which some providers write.
    ///
    /// # Errors
    /// [`JsonFault::WrongType`](crate::error::JsonFault::WrongType) for anything else.
    pub fn email_verified_or_text(&self) -> Result<Option<bool>, JsonProblem> {
        self.boolean_or_text("email_verified")
    }

    /// `phone_number_verified`, in the same way.
    ///
    /// # Errors
    /// As [`email_verified_or_text`](Self::email_verified_or_text).
    pub fn phone_number_verified_or_text(&self) -> Result<Option<bool>, JsonProblem> {
        self.boolean_or_text("phone_number_verified")
    }

    /// `updated_at` as a number or as text.
    ///
    /// # Errors
    /// [`JsonFault::WrongType`](crate::error::JsonFault::WrongType) for anything else.
    pub fn updated_at_or_text(&self) -> Result<Option<UpdatedAt>, JsonProblem> {
        match self.claim::<String>("updated_at") {
            Ok(text) => Ok(text.map(UpdatedAt::Text)),
            Err(_) => Ok(self.updated_at()?.map(UpdatedAt::Seconds)),
        }
    }

    fn boolean_or_text(&self, name: &str) -> Result<Option<bool>, JsonProblem> {
        match self.claim::<String>(name) {
            Ok(Some(text)) if text == "true" => Ok(Some(true)),
            Ok(Some(text)) if text == "false" => Ok(Some(false)),
            _ => self.claim(name),
        }
    }

    fn object(&self) -> Result<Object<'_>, JsonProblem> {
        json::parse_object(self.as_json().as_bytes(), usize::MAX)
    }
}

/// RFC 4647 3.4: the tag, and what is left of it when its last subtag goes, and a single character before that.
fn ranges(locale: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(locale), |range| {
        let (rest, _) = range.rsplit_once('-')?;
        match rest.rsplit_once('-') {
            Some((shorter, single)) if single.chars().count() == 1 => Some(shorter),
            _ => Some(rest),
        }
    })
}

fn tagged_member<'o>(object: &'o Object<'_>, name: &str, range: &str) -> Option<&'o str> {
    let mut members = object.members().map(|(member, _)| member);
    members.find(|member| tag(member, name).is_some_and(|own| own.eq_ignore_ascii_case(range)))
}

/// OIDC Core 5.2: the tag of a member, if it is this claim's.
fn tag<'m>(member: &'m str, name: &str) -> Option<&'m str> {
    member.strip_prefix(name)?.strip_prefix('#').filter(|tag| !tag.is_empty())
}
