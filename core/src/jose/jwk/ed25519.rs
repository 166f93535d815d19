//! Which encodings of Ed25519 are accepted at all (RFC 8032 5.1). Implementations differ about the odd ones, and
//! no honest signer makes them: they are refused before any backend sees them.

/// Whether `signature` is of the right length, its R sound and its S below the order of the group (RFC 8032
/// 5.1.7).
pub(super) fn is_signature(signature: &[u8]) -> bool {
    match (signature.first_chunk(), signature.last_chunk()) {
        (Some(r), Some(s)) => signature.len() == 64 && is_point(r) && is_below(s, &ORDER),
        _ => false,
    }
}

/// Whether an encoded point is canonical (RFC 8032 5.1.3) and not of small order, under which one signature would
/// fit many messages. Whether it lies on the curve is for the backend to find out.
pub(super) fn is_point(encoded: &[u8; 32]) -> bool {
    let mut y = *encoded;
    y[31] &= 0x7f;
    is_below(&y, &FIELD) && !SMALL_ORDER.contains(&y)
}

/// Both little-endian; neither is a secret.
fn is_below(number: &[u8; 32], bound: &[u8; 32]) -> bool {
    number.iter().rev().lt(bound.iter().rev())
}

/// 2^255 - 19
const FIELD: [u8; 32] = ends(0xed, 0xff, 0x7f);

/// 2^252 + 27742317777372353535851937790883648493
const ORDER: [u8; 32] = *b"\xed\xd3\xf5\x5c\x1a\x63\x12\x58\xd6\x9c\xf7\xa2\xde\xf9\xde\x14\
    \0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x10";

/// The y of the eight points whose order divides 8.
const SMALL_ORDER: [[u8; 32]; 5] = [
    [0; 32],
    ends(1, 0, 0),
    ends(0xec, 0xff, 0x7f),
    *b"\x26\xe8\x95\x8f\xc2\xb2\x27\xb0\x45\xc3\xf4\x89\xf2\xef\x98\xf0\
    \xd5\xdf\xac\x05\xd3\xc6\x33\x39\xb1\x38\x02\x88\x6d\x53\xfc\x05",
    *b"\xc7\x17\x6a\x70\x3d\x4d\xd8\x4f\xba\x3c\x0b\x76\x0d\x10\x67\x0f\
    \x2a\x20\x53\xfa\x2c\x39\xcc\xc6\x4e\xc7\xfd\x77\x92\xac\x03\x7a",
];

/// The first octet, those between, and the last one.
const fn ends(first: u8, between: u8, last: u8) -> [u8; 32] {
    let mut octets = [between; 32];
    octets[0] = first;
    octets[31] = last;
    octets
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a15_points_and_scalars() {
        let good = ends(2, 0, 0);
        let below = ends(0, 0, 0x10);
        let signature = |r: [u8; 32], s: [u8; 32]| is_signature(&[r, s].concat());
        assert!(is_point(&good) && signature(good, below) && signature(good, [0; 32]));
        let not_canonical = (0xed..=0xff).map(|low| ends(low, 0xff, 0x7f));
        for mut bad in SMALL_ORDER.into_iter().chain(not_canonical) {
            for _ in 0..2 {
                assert!(!is_point(&bad) && !signature(bad, below), "{bad:x?}");
                bad[31] ^= 0x80;
            }
        }
        assert!(is_point(&ends(0xeb, 0xff, 0x7f)));
        assert!(!signature(good, ORDER) && !signature(good, [0xff; 32]));
        let mut last = ORDER;
        last[0] -= 1;
        assert!(signature(good, last));
        for length in [0, 31, 63, 65, 96] {
            assert!(!is_signature(&vec![2; length]), "{length}");
        }
    }
}
