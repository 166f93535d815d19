//! Claims about the visitor: the address, languages, and standard claims of odd types (OIDC Core 5.1, 5.2).

use relying_party::{Claims, protocol::localized::UpdatedAt};
use relying_party_tests::scenario::Scenario;
use serde_json::{Value, json};

/// Claims that came through a login, with these members.
fn claims(members: Value) -> Claims {
    let scenario = Scenario::new().document("/userinfo", move |document| {
        let own = document.as_object_mut().unwrap();
        own.extend(members.as_object().unwrap().clone());
    });
    let (login, _) = scenario.run().accepted();
    login.user_info().unwrap().claims().clone()
}

#[test]
fn the_address_has_six_parts_each_read_by_itself() {
    let scenario = Scenario::new().start(|start| start.scope("address"));
    let (login, _) = scenario.run().accepted();
    let address = login.user_info().unwrap().claims().address().unwrap().unwrap();
    let text = |text: &str| Ok(Some(text.to_owned()));
    assert_eq!(address.formatted(), text("1 Rabbit Hole\nOxford\nOX1 1DP\nUnited Kingdom"));
    assert_eq!(address.street_address(), text("1 Rabbit Hole"));
    assert_eq!(address.locality(), text("Oxford"));
    assert_eq!(address.region(), text("Oxfordshire"));
    assert_eq!(address.postal_code(), text("OX1 1DP"));
    assert_eq!(address.country(), text("United Kingdom"));
    assert!(!format!("{address:?}").contains("Rabbit"));

    let odd = claims(json!({ "address": { "postal_code": 10115, "country": null, "x": "y" } }));
    let address = odd.address().unwrap().unwrap();
    assert!(address.postal_code().is_err());
    assert_eq!((address.country(), address.region()), (Ok(None), Ok(None)));
    assert!(address.as_json().contains("\"x\":\"y\""));
    for other in [json!("1 Rabbit Hole"), json!(["Oxford"]), json!(7)] {
        assert!(claims(json!({ "address": other })).address().is_err());
    }
    assert_eq!(claims(json!({ "address": null })).address(), Ok(None));
    assert_eq!(claims(json!({})).address(), Ok(None));
}

#[test]
fn u22_a_claim_in_the_language_that_fits_best() {
    let claims = claims(json!({
        "family_name": "Yamada", "family_name#ja-Kana-JP": "ヤマダ", "family_name#ja-Hani-JP": "山田",
        "family_name#JA": "やまだ", "family_name#": "none", "family_name_2#de": "another claim",
        "nickname#de": "Ali", "website#fr": 7,
    }));
    let name =
        |locales: &[&str]| claims.localized::<String>("family_name", locales).unwrap().unwrap();
    for (locales, due) in [
        (&["ja-Kana-JP"][..], "ヤマダ"),
        (&["JA-KANA-jp"], "ヤマダ"),
        (&["ja-hani-jp"], "山田"),
        // Shortened from the end (RFC 4647 3.4), a single letter along with what follows it.
        (&["ja-Hani-JP-osaka"], "山田"),
        (&["ja-Kana-JP-x-own"], "ヤマダ"),
        (&["ja-Latn"], "やまだ"),
        (&["de", "ja-Kana-JP"], "ヤマダ"),
        (&["ja", "ja-Kana-JP"], "やまだ"),
        (&["de"], "Yamada"),
        (&[""], "Yamada"),
        (&[], "Yamada"),
    ] {
        assert_eq!(name(locales), due, "{locales:?}");
    }
    assert_eq!(claims.localized::<String>("nickname", &["de-AT"]), Ok(Some("Ali".to_owned())));
    assert_eq!(claims.localized::<String>("nope", &["de"]), Ok(None));
    assert!(claims.localized::<String>("website", &["fr"]).is_err());
    assert_eq!(
        claims.languages("family_name"),
        Ok(vec!["JA".into(), "ja-Hani-JP".into(), "ja-Kana-JP".into()])
    );
    assert_eq!(claims.languages("nope"), Ok(vec![]));
}

#[test]
fn j27_booleans_as_text_where_it_was_said() {
    for (value, strict, lenient) in [
        (json!(true), Some(Some(true)), Some(Some(true))),
        (json!(false), Some(Some(false)), Some(Some(false))),
        (json!("true"), None, Some(Some(true))),
        (json!("false"), None, Some(Some(false))),
        (Value::Null, Some(None), Some(None)),
        (json!("True"), None, None),
        (json!("1"), None, None),
        (json!(1), None, None),
        (json!([true]), None, None),
    ] {
        let claims = claims(json!({ "email_verified": value, "phone_number_verified": value }));
        assert_eq!(claims.email_verified().ok(), strict, "{value}");
        assert_eq!(claims.email_verified_or_text().ok(), lenient, "{value}");
        assert_eq!(claims.phone_number_verified_or_text().ok(), lenient, "{value}");
    }
}

#[test]
fn j27_updated_at_as_a_number_or_a_date() {
    let date = "2026-01-02T03:04:05.000Z";
    for (value, due) in [
        (json!(1_700_000_000), Some(Some(UpdatedAt::Seconds(1_700_000_000.0)))),
        (json!(1.5), Some(Some(UpdatedAt::Seconds(1.5)))),
        (json!(date), Some(Some(UpdatedAt::Text(date.to_owned())))),
        (Value::Null, Some(None)),
        (json!([1]), None),
        (json!(true), None),
    ] {
        let claims = claims(json!({ "updated_at": value }));
        assert_eq!(claims.updated_at_or_text().ok(), due, "{value}");
    }
}

#[test]
fn j27_a_picture_of_any_type_breaks_only_itself() {
    for picture in [json!(7), json!({ "data": { "url": "https://x.test" } }), json!([]), json!("")]
    {
        let claims = claims(json!({ "picture": picture, "locale": picture }));
        assert_eq!(claims.name().unwrap().as_deref(), Some("Alice Liddell"));
        assert_eq!(claims.claim::<Value>("picture"), Ok(Some(picture.clone())));
        assert_eq!(claims.picture().is_ok(), picture.is_string());
    }
}
