//! Memory sizes as Flink writes them.

/// Reads a size in bytes: a whole number and a unit, bytes without one.
#[must_use]
pub fn parse(text: &str) -> Option<u64> {
    let text = text.trim().to_ascii_lowercase();
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let factor: u64 = match unit.trim() {
        "" | "b" | "bytes" => 1,
        "k" | "kb" | "kibibytes" => 1 << 10,
        "m" | "mb" | "mebibytes" => 1 << 20,
        "g" | "gb" | "gibibytes" => 1 << 30,
        "t" | "tb" | "tebibytes" => 1 << 40,
        _ => return None,
    };
    let bytes = number.parse::<u64>().ok()?.checked_mul(factor)?;
    (bytes <= i64::MAX.unsigned_abs()).then_some(bytes)
}

/// A size for people: the largest unit that gives a whole number, else MiB with one decimal.
#[must_use]
pub fn show(bytes: u64) -> String {
    for (unit, factor) in [("g", 1_u64 << 30), ("m", 1 << 20), ("k", 1 << 10)] {
        if bytes >= factor && bytes.is_multiple_of(factor) {
            return format!("{}{unit}", bytes / factor);
        }
    }
    if bytes < 1 << 20 {
        return format!("{bytes}b");
    }
    let tenths = u128::from(bytes) * 10 / (1 << 20);
    format!("{}.{}m", tenths / 10, tenths % 10)
}

/// A share of a size: the product of the decimals, cut to whole bytes, as Flink's `MemorySize.multiply`.
pub(super) fn share(bytes: u64, factor: f64) -> u64 {
    let text = format!("{factor:e}");
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits: u128 = format!("{whole}{fraction}").parse().unwrap_or(0);
    let places = i32::try_from(fraction.len()).unwrap_or(0) - exponent.parse::<i32>().unwrap_or(0);
    let product = u128::from(bytes) * digits;
    let power = |places: i32| 10_u128.checked_pow(places.unsigned_abs());
    let share = if places >= 0 {
        power(places).map_or(0, |power| product / power)
    } else {
        power(places).and_then(|power| product.checked_mul(power)).unwrap_or(u128::MAX)
    };
    u64::try_from(share).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_and_shown() {
        for (text, bytes) in [
            ("512m", Some(512 << 20)),
            (" 1 GB ", Some(1 << 30)),
            ("42", Some(42)),
            ("3 kibibytes", Some(3072)),
        ] {
            assert_eq!(parse(text), bytes, "{text}");
        }
        for bad in ["", "m", "1.5g", "-1m", "1 parsec", "99999999999t", "9223372036854775808"] {
            assert_eq!(parse(bad), None, "{bad}");
        }
        assert_eq!(
            [show(2 << 30), show(1600 << 20), show(1_234_567_890), show(0)],
            ["2g", "1600m", "1177.3m", "0b"]
        );
    }

    #[test]
    fn shares_are_those_of_decimals() {
        // 2 GiB × 0.1f, as seen of Flink.
        assert_eq!(share(2 << 30, f64::from(0.1_f32)), 214_748_368);
        assert_eq!(share(1000, 0.5), 500);
        assert_eq!(share(1000, 0.0), 0);
        assert_eq!(share(1000, 1e-9), 0);
        assert_eq!(share(7, 100.0), 700);
    }
}
