//! The set: what is in it, when, and what is refused.

use super::*;

/// Every kind in one set, in every state: no private member, and nothing of their octets.
#[test]
fn nothing_private_is_ever_published() {
    let mut keys = ClientKeys::new(josekit());
    let mut secrets = Vec::new();
    let mut until = 0;
    let sizes = [Algorithm::RS256, Algorithm::PS256].map(|alg| (alg, RsaSize::Bits2048));
    for (algorithm, size) in PURE.map(|alg| (alg, RsaSize::default())).into_iter().chain(sizes) {
        let made = josekit_generate_signing_key(algorithm, size).unwrap();
        secrets.push(made.to_private_jwk());
        keys.announce_signing_key(made.signing_key().clone(), NOW).unwrap();
        until += 1;
        keys.rotate_signing_key(NOW, at(until)).unwrap();
    }
    let next = josekit_generate_signing_key(Algorithm::ES256, RsaSize::default()).unwrap();
    secrets.push(next.to_private_jwk());
    keys.announce_signing_key(next.signing_key().clone(), NOW).unwrap();
    let rsa = josekit_generate_decryption_key(RsaSize::Bits2048).unwrap();
    let crypto = josekit();
    let agree = CURVES.map(|curve| DecryptionKey::generate(curve, &crypto, &mut env()).unwrap());
    for key in agree.into_iter().chain([rsa]) {
        secrets.push(key.to_private_jwk(&crypto).unwrap());
        keys = keys.decryption_key(key).unwrap();
    }
    let document = keys.jwks(NOW);
    let set: Value = serde_json::from_str(&document).unwrap();
    let entries = set["keys"].as_array().unwrap();
    assert_eq!((entries.len(), secrets.len()), (13, 13));
    assert_eq!(set.as_object().unwrap().len(), 1);
    let kinds: BTreeSet<_> = entries
        .iter()
        .map(|key| (key["kty"].to_string(), key["crv"].to_string(), key["use"].to_string()))
        .collect();
    assert_eq!(kinds.len(), 10, "{kinds:?}");
    for entry in entries {
        for (name, value) in entry.as_object().unwrap() {
            assert!(!PRIVATE.contains(&name.as_str()), "{name}");
            assert!(value.is_string());
        }
    }
    let shown = format!("{keys:?}");
    for secret in secrets {
        let jwk: Value = serde_json::from_str(&secret).unwrap();
        for name in PRIVATE {
            let Some(value) = jwk.get(name).and_then(Value::as_str) else { continue };
            assert!(!document.contains(value) && !shown.contains(value), "{name}");
        }
    }
    assert_eq!(MEDIA_TYPE, "application/jwk-set+json");
}

#[test]
fn a_shared_key_is_not_published() {
    let shared = json!({ "kty": "oct", "k": "AAAAAAAAAAAAAAAAAAAAAA", "kid": "s" }).to_string();
    let key = || DecryptionKey::from_jwk(shared.as_bytes()).unwrap();
    refused(ClientKeys::new(josekit()).decryption_key(key()), "shared");
    refused(ClientKeys::new(josekit()).previous_decryption_key(key(), at(1)), "shared");
    refused(key().to_private_jwk(&josekit()), "shared");
    let public = key().encryption_key().unwrap();
    assert_eq!((public.to_public_jwk(), public.thumbprint()), (None, None));
}

#[test]
fn e19_a_pair_signs_or_decrypts_and_never_both() {
    let made = rustcrypto_generate_signing_key(Algorithm::ES256, &mut env()).unwrap();
    let mut jwk: Value = serde_json::from_str(&made.to_private_jwk()).unwrap();
    // As one would have to cheat: another name, and no word about its use.
    let members = jwk.as_object_mut().unwrap();
    members.retain(|name, _| !["use", "alg"].contains(&name.as_str()));
    members.insert("kid".to_owned(), json!("another"));
    let same = || DecryptionKey::from_jwk(jwk.to_string().as_bytes()).unwrap();
    let sign = || made.signing_key().clone();
    let keys = ClientKeys::new(rustcrypto());
    let signs = keys.signing_key(sign()).unwrap();
    refused(signs.decryption_key(same()), "already, to sign or to decrypt");
    let decrypts = || ClientKeys::new(rustcrypto()).decryption_key(same()).unwrap();
    refused(decrypts().signing_key(sign()), "already, to sign or to decrypt");
    refused(decrypts().announce_signing_key(sign(), NOW), "already, to sign or to decrypt");
    refused(decrypts().previous_signing_key(sign(), at(9)), "already, to sign or to decrypt");
    let retired = ClientKeys::new(rustcrypto()).previous_decryption_key(same(), at(9)).unwrap();
    refused(retired.signing_key(sign()), "already, to sign or to decrypt");
    // Another pair of the same curve beside it is in order.
    let curve = AgreementCurve::Ec(EcCurve::P256);
    let other = DecryptionKey::generate(curve, &rustcrypto(), &mut Draws(500, None)).unwrap();
    let both = ClientKeys::new(rustcrypto()).signing_key(sign()).unwrap();
    assert_eq!(kids(&both.decryption_key(other).unwrap(), NOW).len(), 2);
}

#[test]
fn a_pair_and_a_kid_are_there_once() {
    let keys = || ClientKeys::new(rustcrypto()).signing_key(signing(1)).unwrap();
    refused(keys().announce_signing_key(signing(1), NOW), "already");
    refused(keys().signing_key(signing(2)), "there is a current signing key");
    let named = |seed| {
        let remote = SigningKey::remote("x", Algorithm::ES256, Some("k1")).unwrap();
        remote.with_public_jwk(&signing(seed).public_jwk().unwrap()).unwrap()
    };
    let mut keys = ClientKeys::new(rustcrypto()).signing_key(named(1)).unwrap();
    refused(keys.announce_signing_key(named(2), NOW), "another pair has this kid");
    keys.announce_signing_key(signing(2), NOW).unwrap();
    refused(keys.announce_signing_key(signing(3), NOW), "announced already");
    let nameless = SigningKey::remote("x", Algorithm::ES256, Some("k2")).unwrap();
    let mut keys = ClientKeys::new(rustcrypto());
    refused(keys.announce_signing_key(nameless, NOW), "does not know its public half");
}

/// A signer of the application that is wrong about its own public half.
struct Own(SigningKey, Option<Jwk>);

impl Signer for Own {
    fn algorithm(&self) -> Algorithm {
        self.0.algorithm()
    }

    fn key_id(&self) -> Option<&str> {
        None
    }

    fn public_jwk(&self) -> Option<Jwk> {
        self.1.clone()
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SigningFailed> {
        self.0.sign(message).ok_or(SigningFailed)?.map_err(|_| SigningFailed)
    }
}

#[test]
fn k12_halves_of_a_signing_key_belong_together() {
    let public = |seed| signing(seed).public_jwk();
    let own = |half| SigningKey::local(Own(signing(1), half));
    let keys = || ClientKeys::new(rustcrypto());
    let added = keys().signing_key(own(public(1)).unwrap()).unwrap();
    let current = added.current_signing_key().unwrap();
    assert_eq!(current.key_id(), Some(&*public(1).unwrap().thumbprint()));
    refused(keys().signing_key(own(public(2)).unwrap()), "do not belong together");
    refused(keys().signing_key(own(None).unwrap()), "does not know its public half");
    let kept = own(None).unwrap().with_public_jwk(&public(1).unwrap()).unwrap();
    assert!(keys().signing_key(kept).is_ok());
    let made = rustcrypto_generate_signing_key(Algorithm::EdDSA, &mut env()).unwrap();
    let okp = made.signing_key().public_jwk();
    assert_eq!(own(okp.clone()).unwrap_err().code(), "misuse.signing_key");
    let error = signing(1).with_public_jwk(&okp.unwrap()).unwrap_err();
    assert_eq!(error.code(), "misuse.signing_key");
    // At load: the other half of another key.
    for algorithm in [Algorithm::ES256, Algorithm::EdDSA] {
        let [one, two] = [1, 900].map(|seed| {
            let made = rustcrypto_generate_signing_key(algorithm, &mut Draws(seed, None)).unwrap();
            serde_json::from_str::<Value>(&made.to_private_jwk()).unwrap()
        });
        let mut mixed = one.clone();
        mixed["d"] = two["d"].clone();
        for from_jwk in [josekit_signing_key, rustcrypto_signing_key] {
            assert!(from_jwk(one.to_string().as_bytes(), algorithm).is_ok());
            let error = from_jwk(mixed.to_string().as_bytes(), algorithm).unwrap_err();
            assert_eq!(error.code(), "misuse.signing_key");
        }
    }
}

#[test]
fn k12_halves_of_a_decryption_key_belong_together() {
    let rsa = || josekit_generate_decryption_key(RsaSize::Bits2048).unwrap();
    let jwk = |key: &DecryptionKey, crypto: &Crypto| -> Value {
        serde_json::from_str(&key.to_private_jwk(crypto).unwrap()).unwrap()
    };
    let load = |jwk: &Value| DecryptionKey::from_jwk(jwk.to_string().as_bytes());
    for crypto in [josekit(), rustcrypto()] {
        for curve in CURVES {
            let [one, two] = [1, 900].map(|seed| {
                jwk(
                    &DecryptionKey::generate(curve, &crypto, &mut Draws(seed, None)).unwrap(),
                    &crypto,
                )
            });
            let mut mixed = one.clone();
            mixed["d"] = two["d"].clone();
            for crypto in [josekit(), rustcrypto()] {
                let add = |jwk| ClientKeys::new(crypto.clone()).decryption_key(load(jwk).unwrap());
                assert!(add(&one).is_ok());
                refused(add(&mixed), "do not belong together");
            }
        }
    }
    let [one, two] = [jwk(&rsa(), &josekit()), jwk(&rsa(), &josekit())];
    let add = |jwk: &Value| ClientKeys::new(josekit()).decryption_key(load(jwk).unwrap());
    assert!(add(&one).is_ok());
    let mixed = |names: &[&str]| {
        let mut mixed = one.clone();
        names.iter().for_each(|name| mixed[*name] = two[*name].clone());
        mixed
    };
    for names in [&["n"][..], &["p"], &["p", "q"], &["d", "p", "q", "dp", "dq", "qi"]] {
        let error = load(&mixed(names)).unwrap_err();
        let ErrorKind::Misuse(ApiMisuse::DecryptionKey(problem)) = error.kind() else {
            panic!("{error:?}")
        };
        assert_eq!(*problem, JwkProblem::Malformed, "{names:?}");
    }
    refused(add(&mixed(&["d", "dp", "dq", "qi"])), "do not belong together");
    refused(add(&mixed(&["e", "d", "dp", "dq", "qi"])), "do not belong together");
    let mut swapped = one.clone();
    (swapped["p"], swapped["q"]) = (one["q"].clone(), one["p"].clone());
    assert!(load(&swapped).is_ok());
    // In pure Rust nothing is decrypted with RSA, so nothing is asked for either.
    let pure = ClientKeys::new(rustcrypto()).decryption_key(load(&one).unwrap());
    refused(pure, "backend does not decrypt");
    let bare = Crypto::new(Nothing);
    refused(ClientKeys::new(bare.clone()).decryption_key(decrypting(1)), "backend does not");
    let made = DecryptionKey::generate(AgreementCurve::X25519, &bare, &mut env());
    refused(made, "backend does not");
    let made = DecryptionKey::generate(AgreementCurve::X25519, &josekit(), &mut Draws(0, Some(0)));
    assert_eq!(made.unwrap_err().code(), "entropy");
}

#[derive(Debug)]
struct Nothing;

impl relying_party::jose::backend::SignatureVerifier for Nothing {
    fn supports(&self, _: Algorithm) -> bool {
        false
    }

    fn prepare(
        &self,
        _: &relying_party::jose::jwk::PublicKey,
        _: Algorithm,
    ) -> Result<
        Box<dyn relying_party::jose::backend::VerifyingKey>,
        relying_party::jose::backend::BadKey,
    > {
        Err(relying_party::jose::backend::BadKey)
    }
}

#[test]
fn a_signing_key_is_published_before_and_after_it_signs() {
    let [one, two, three] = [1, 2, 3].map(signing);
    let [a, b, c] = [&one, &two, &three].map(kid);
    let mut keys = ClientKeys::new(rustcrypto()).signing_key(one).unwrap();
    let current = |keys: &ClientKeys| kid(keys.current_signing_key().unwrap());
    refused(keys.rotate_signing_key(NOW, at(60)), "no next signing key");
    keys.announce_signing_key(two, at(100)).unwrap();
    assert_eq!((kids(&keys, NOW), current(&keys)), (vec![a.clone(), b.clone()], a.clone()));
    refused(keys.rotate_signing_key(at(99), at(160)), "not yet to be used");
    assert_eq!((kids(&keys, at(99)), current(&keys)), (vec![a.clone(), b.clone()], a.clone()));
    keys.rotate_signing_key(at(100), at(160)).unwrap();
    assert_eq!((kids(&keys, at(160)), current(&keys)), (vec![a.clone(), b.clone()], b.clone()));
    assert_eq!(kids(&keys, at(161)), [&*b]);
    keys.announce_signing_key(three, at(120)).unwrap();
    keys.rotate_signing_key(at(120), at(130)).unwrap();
    assert_eq!(kids(&keys, at(130)), [&*a, &*b, &*c]);
    assert_eq!(kids(&keys, at(131)), [&*a, &*c]);
    keys.forget(at(161));
    assert_eq!((kids(&keys, NOW), current(&keys)), (vec![c.clone()], c));
    // A restart in the middle of a change.
    let restarted = ClientKeys::new(rustcrypto()).signing_key(signing(2)).unwrap();
    let restarted = restarted.previous_signing_key(signing(1), at(160)).unwrap();
    assert_eq!(kids(&restarted, at(160)).len(), 2);
    assert_eq!((kids(&restarted, at(161)), current(&restarted)), (vec![b.clone()], b));
}

#[test]
fn a_decryption_key_decrypts_after_it_was_published() {
    let [one, two] = [1, 2].map(decrypting);
    let [a, b] = [&one, &two].map(|key| key.kid().unwrap().to_owned());
    let mut keys = ClientKeys::new(rustcrypto()).decryption_key(one).unwrap();
    let own = |keys: &ClientKeys, now| -> Vec<String> {
        keys.decryption_keys(now).iter().map(|key| key.kid().unwrap().to_owned()).collect()
    };
    refused(keys.rotate_decryption_key("unknown", decrypting(2), at(60)), "no published");
    refused(keys.rotate_decryption_key(&a, decrypting(1), at(60)), "already");
    assert_eq!((kids(&keys, NOW), own(&keys, NOW)), (vec![a.clone()], vec![a.clone()]));
    keys.rotate_decryption_key(&a, two, at(60)).unwrap();
    assert_eq!(
        (kids(&keys, NOW), own(&keys, at(60))),
        (vec![b.clone()], vec![b.clone(), a.clone()])
    );
    assert_eq!(own(&keys, at(61)), [&*b]);
    refused(keys.rotate_decryption_key(&a, decrypting(3), at(60)), "no published");
    keys.forget(at(61));
    assert_eq!(own(&keys, NOW), [&*b]);
    let restarted = ClientKeys::new(rustcrypto()).decryption_key(decrypting(2)).unwrap();
    let restarted = restarted.previous_decryption_key(decrypting(1), at(60)).unwrap();
    assert_eq!((kids(&restarted, NOW), own(&restarted, NOW)), (vec![b.clone()], vec![b, a]));
}

#[test]
fn a_key_without_a_kid_is_named_after_itself() {
    let bare = |key: &Value| {
        let mut key = key.clone();
        key.as_object_mut().unwrap().remove("kid");
        key.to_string()
    };
    let made = rustcrypto_generate_signing_key(Algorithm::ES384, &mut env()).unwrap();
    let jwk: Value = serde_json::from_str(&made.to_private_jwk()).unwrap();
    let key = rustcrypto_signing_key(bare(&jwk).as_bytes(), Algorithm::ES384).unwrap();
    assert_eq!(key.key_id(), None);
    let keys = ClientKeys::new(rustcrypto()).signing_key(key).unwrap();
    let named = keys.current_signing_key().unwrap();
    assert_eq!(named.key_id(), made.signing_key().key_id());
    assert!(named.sign(b"").unwrap().is_ok());
    let kept = decrypting(1).to_private_jwk(&rustcrypto()).unwrap();
    let key = bare(&serde_json::from_str(&kept).unwrap());
    let key = DecryptionKey::from_jwk(key.as_bytes()).unwrap();
    assert_eq!(key.kid(), None);
    let keys = keys.decryption_key(key).unwrap();
    assert_eq!(keys.decryption_keys(NOW)[0].kid(), decrypting(1).kid());
}
