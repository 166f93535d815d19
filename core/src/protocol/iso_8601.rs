//! Dates and points in time as text (ISO 8601, in the form of RFC 3339), as evidence of identities has them.

/// The last second that the text stands for, since 1970 in UTC: of `2024-02-29` the end of that day, of
/// `2024-02-29T12:30Z` the end of that minute. None for anything else, and for a time without its zone.
pub(crate) fn last_second(text: &str) -> Option<i64> {
    let (date, time) = match text.split_once('T') {
        Some((date, time)) => (date, Some(time)),
        None => (text, None),
    };
    let midnight = days(date)?.checked_mul(DAY)?;
    match time {
        None => Some(midnight + DAY - 1),
        Some(time) => {
            let (time, offset) = split_zone(time)?;
            Some(midnight + of_day(time)? - offset)
        }
    }
}

/// `YYYY-MM-DD` as days since 1970-01-01, of the Gregorian calendar.
fn days(date: &str) -> Option<i64> {
    let mut parts = date.split('-');
    let year = digits(parts.next()?, 4)?;
    let (month, day) = (digits(parts.next()?, 2)?, digits(parts.next()?, 2)?);
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let length = match month {
        2 => 28 + i64::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    if parts.next().is_some() || !(1..=length).contains(&day) {
        return None;
    }
    // Years begin in March here, so that the leap day is their last.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let leap_days = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    Some(365 * year + leap_days + (153 * month + 2) / 5 + day - 1 - EPOCH)
}

/// `hh:mm`, `hh:mm:ss` or `hh:mm:ss.f`: the last second, since midnight.
fn of_day(time: &str) -> Option<i64> {
    let (whole, fraction) = match time.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (time, None),
    };
    let mut parts = whole.split(':');
    let hour = digits(parts.next()?, 2).filter(|hour| *hour < 24)?;
    let minute = digits(parts.next()?, 2).filter(|minute| *minute < 60)?;
    let second = match (parts.next(), fraction) {
        (None, None) => 59,
        (None, Some(_)) => return None,
        // RFC 3339 5.6: 60 is a leap second.
        (Some(second), _) => digits(second, 2).filter(|second| *second <= 60)?,
    };
    let fraction_good = fraction.is_none_or(|fraction| digits(fraction, fraction.len()).is_some());
    (parts.next().is_none() && fraction_good).then_some((hour * 60 + minute) * 60 + second)
}

/// A time without its zone, and how far that one is ahead of UTC in seconds.
fn split_zone(time: &str) -> Option<(&str, i64)> {
    if let Some(time) = time.strip_suffix('Z') {
        return Some((time, 0));
    }
    let (time, zone) = time.split_at_checked(time.len().checked_sub("+hh:mm".len())?)?;
    let ahead = match zone.get(..1)? {
        "+" => 1,
        "-" => -1,
        _ => return None,
    };
    let (hour, minute) = zone.get(1..)?.split_once(':')?;
    let hour = digits(hour, 2).filter(|hour| *hour < 24)?;
    let minute = digits(minute, 2).filter(|minute| *minute < 60)?;
    Some((time, ahead * (hour * 60 + minute) * 60))
}

fn digits(text: &str, count: usize) -> Option<i64> {
    let good = count > 0 && text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit());
    good.then(|| text.get(..text.len().min(18))?.parse().ok())?
}

const DAY: i64 = 86_400;
/// 1970-01-01 in days of years that begin in March, from the year 0.
const EPOCH: i64 = 719_468;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_second_of_dates_and_times() {
        for (text, due) in [
            ("1970-01-01", 86_399),
            ("1969-12-31T23:59:59Z", -1),
            ("2000-02-29T00:00:00Z", 951_782_400),
            ("2027-01-15T08:00:00Z", 1_800_000_000),
            ("2027-01-15T08:00Z", 1_800_000_059),
            ("2027-01-15T08:00:00.999Z", 1_800_000_000),
            ("2027-01-15T10:30:00+02:30", 1_800_000_000),
            ("2027-01-14T20:00:00-12:00", 1_800_000_000),
            ("2016-12-31T23:59:60Z", 1_483_228_800),
            ("0000-01-01", -62_167_132_801),
            ("9999-12-31T23:59:59Z", 253_402_300_799),
        ] {
            assert_eq!(last_second(text), Some(due), "{text}");
        }
    }

    #[test]
    fn nothing_else_is_a_time() {
        for text in [
            "",
            "2027",
            "2027-01",
            "2027-13-01",
            "2027-00-01",
            "2027-02-29",
            "1900-02-29",
            "2027-04-31",
            "2027-01-15-01",
            "27-01-15",
            "+027-01-15",
            "2027-01-15T",
            "2027-01-15TZ",
            "2027-01-15T08:00:00",
            "2027-01-15T08Z",
            "2027-01-15T24:00Z",
            "2027-01-15T08:60Z",
            "2027-01-15T08:00:61Z",
            "2027-01-15T08:00:00.Z",
            "2027-01-15T08:00.5Z",
            "2027-01-15T08:00:00+2:00",
            "2027-01-15T08:00:00+0200",
            "2027-01-15T08:00:00+24:00",
            "2027-01-15 08:00:00Z",
            "2027-01-15T08:00:00ZZ",
            "2027-01-1\u{e9}",
            "\u{e9}T\u{e9}08:00",
        ] {
            assert_eq!(last_second(text), None, "{text:?}");
        }
    }
}
