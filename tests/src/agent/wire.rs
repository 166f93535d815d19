//! The agent's side of the encryption: `crypto_box` of NaCl between fresh keys.

use base64::{Engine, engine::general_purpose::STANDARD};
use crypto_box::{PublicKey, SalsaBox, SecretKey, aead::AeadInPlace};
use relying_party::{Env, SystemEnv};

/// A fresh key.
pub(super) fn secret() -> SecretKey {
    let mut bytes = [0; 32];
    SystemEnv.fill(&mut bytes).expect("entropy");
    SecretKey::from(bytes)
}

/// As it goes over the wire.
pub fn public_key(secret: &SecretKey) -> String {
    STANDARD.encode(secret.public_key().as_bytes())
}

/// The box with the key in this message; none, if it is no key or a suspicious one.
pub fn shared(secret: &SecretKey, theirs: &[u8]) -> Option<SalsaBox> {
    let theirs: [u8; 32] = STANDARD.decode(theirs).ok()?.try_into().ok()?;
    (theirs != [0; 32]).then(|| SalsaBox::new(&PublicKey::from(theirs), secret))
}

/// `LENGTH:NONCE:BOX`
pub fn seal(shared: &SalsaBox, nonce: [u8; 24], plain: &[u8]) -> Vec<u8> {
    let mut text = plain.to_vec();
    let tag = shared.encrypt_in_place_detached(&nonce.into(), b"", &mut text).expect("a box");
    let sealed = STANDARD.encode([tag.as_slice(), &text].concat());
    format!("{}:{}:{sealed}", plain.len(), STANDARD.encode(nonce)).into_bytes()
}

/// What is in a frame. Like the real agent it decrypts as many bytes as the length says.
pub fn open(shared: &SalsaBox, frame: &[u8]) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(frame).ok()?;
    let mut parts = text.split(':');
    let length: usize = parts.next()?.parse().ok()?;
    let nonce: [u8; 24] = STANDARD.decode(parts.next()?).ok()?.try_into().ok()?;
    let mut sealed = STANDARD.decode(parts.next()?).ok()?;
    let (tag, rest) = sealed.split_at_mut_checked(16)?;
    let plain = rest.get_mut(..length)?;
    let tag: [u8; 16] = tag.try_into().ok()?;
    shared.decrypt_in_place_detached(&nonce.into(), b"", plain, &tag.into()).ok()?;
    Some(plain.to_vec())
}
