//! The encrypted form of a message: `LENGTH:NONCE:BOX`, where LENGTH counts the bytes of the plain text, and the box is
//! NaCl's `crypto_box`, its tag first.

use base64::{Engine, engine::general_purpose::STANDARD};
use crypto_box::{PublicKey, SalsaBox, SecretKey, aead::AeadInPlace};
use zeroize::Zeroizing;

use crate::error::{AgentProblem, Bound, Error, ErrorKind};

/// A public key in base64.
pub(super) const KEY: usize = 44;
const NONCE: usize = 24;
/// The same in base64.
const NONCE_TEXT: usize = 32;
const TAG: usize = 16;

pub(super) fn public_key(secret: &SecretKey) -> String {
    STANDARD.encode(secret.public_key().as_bytes())
}

/// The box between our secret and the agent's public key.
pub(super) fn agree(secret: &SecretKey, theirs: &[u8]) -> Result<SalsaBox, AgentProblem> {
    let theirs: [u8; 32] = STANDARD
        .decode(theirs)
        .ok()
        .and_then(|key| key.try_into().ok())
        .ok_or(AgentProblem::Key)?;
    let agreed = SalsaBox::new(&PublicKey::from(theirs), secret);
    // RFC 7748 6.1: with a point of low order every secret agrees on the same key, as with 0.
    let weak = SalsaBox::new(&PublicKey::from([0; 32]), secret);
    match (empty_tag(&agreed), empty_tag(&weak)) {
        (Some(one), Some(other)) if one != other => Ok(agreed),
        _ => Err(AgentProblem::WeakKey),
    }
}

/// Tells keys apart.
fn empty_tag(shared: &SalsaBox) -> Option<Vec<u8>> {
    let tag = shared.encrypt_in_place_detached(&[0; NONCE].into(), b"", &mut []).ok()?;
    Some(tag.to_vec())
}

pub(super) fn seal(
    shared: &SalsaBox,
    nonce: [u8; NONCE],
    plain: &[u8],
) -> Result<Vec<u8>, AgentProblem> {
    let mut text = Zeroizing::new(plain.to_vec());
    let tag = shared
        .encrypt_in_place_detached(&nonce.into(), b"", &mut text)
        .map_err(|_| AgentProblem::Decryption)?;
    let sealed = STANDARD.encode([tag.as_slice(), &text].concat());
    Ok(format!("{}:{}:{sealed}", plain.len(), STANDARD.encode(nonce)).into_bytes())
}

/// The length of the whole frame, once enough is there to know it.
pub(super) fn length(frame: &[u8], limit: usize) -> Result<Option<usize>, Error> {
    let most = limit.to_string().len();
    let head = frame.get(..=most).unwrap_or(frame);
    let digits = head.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let frame = AgentProblem::Frame("it does not begin with its length");
    match (head.first(), head.get(digits)) {
        (Some(b'0'), _) => return Err(frame.into()),
        (_, None) if digits <= most => return Ok(None),
        // As many digits no length within the limit has.
        (_, None) => return Err(ErrorKind::Limit { what: Bound::AgentReply, limit }.into()),
        (_, Some(b':')) if digits > 0 => {}
        _ => return Err(frame.into()),
    }
    let plain = plain_length(head).filter(|plain| *plain <= limit);
    let Some(plain) = plain else {
        return Err(ErrorKind::Limit { what: Bound::AgentReply, limit }.into());
    };
    let sealed = plain.saturating_add(TAG).div_ceil(3).saturating_mul(4);
    Ok(Some(sealed.saturating_add(digits + 1 + NONCE_TEXT + 1)))
}

fn plain_length(frame: &[u8]) -> Option<usize> {
    let digits = frame.split(|byte| *byte == b':').next()?;
    std::str::from_utf8(digits).ok()?.parse().ok()
}

/// Opens a frame that is as long as [`length`] says.
pub(super) fn open(shared: &SalsaBox, frame: &[u8]) -> Result<Zeroizing<Vec<u8>>, AgentProblem> {
    let mut parts = frame.split(|byte| *byte == b':');
    let (Some(_), Some(nonce), Some(sealed), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(AgentProblem::Frame("it does not have three parts"));
    };
    let nonce: [u8; NONCE] = STANDARD
        .decode(nonce)
        .ok()
        .and_then(|nonce| nonce.try_into().ok())
        .ok_or(AgentProblem::Frame("its nonce is none"))?;
    let mut text = STANDARD
        .decode(sealed)
        .map(Zeroizing::new)
        .map_err(|_| AgentProblem::Frame("its box is not base64"))?;
    if plain_length(frame).map(|plain| plain.saturating_add(TAG)) != Some(text.len()) {
        return Err(AgentProblem::Frame("its length is not that of its box"));
    }
    let Some((tag, text)) = text.split_at_mut_checked(TAG) else {
        return Err(AgentProblem::Frame("its box is too short"));
    };
    let tag: [u8; TAG] = tag.try_into().map_err(|_| AgentProblem::Frame("it has no tag"))?;
    shared
        .decrypt_in_place_detached(&nonce.into(), b"", text, &tag.into())
        .map_err(|_| AgentProblem::Decryption)?;
    Ok(Zeroizing::new(text.to_vec()))
}
