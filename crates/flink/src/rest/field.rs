//! Fields of foreign JSON, read tolerantly.
//!
//! Flink's answers differ between twelve minor versions: fields come and go, numbers arrive as text, `-1`
//! stands for "not yet", `NaN` for "not measured". Each function here answers "not there" for whatever it
//! cannot use, so that one odd field never costs the rest of an answer.

use domain::Millis;
use serde_json::Value;

/// A non-empty text.
pub fn text<'a>(value: &'a Value, key: &str) -> Option<&'a str> {
    value.get(key).and_then(Value::as_str).filter(|text| !text.is_empty())
}

/// A whole number, also one written as a fraction or as text.
pub fn whole(value: &Value, key: &str) -> Option<i64> {
    let field = value.get(key)?;
    field.as_i64().or_else(|| {
        let number = float(value, key)?;
        // Beyond 2^53 a fraction is no whole number any more; no count or time of Flink's gets there.
        (number.abs() < 9.0e15).then_some(number.trunc() as i64)
    })
}

/// A whole number that is not negative: Flink says `-1` where it does not know.
pub fn known(value: &Value, key: &str) -> Option<i64> {
    whole(value, key).filter(|number| *number >= 0)
}

/// A count; 0 where it is missing, negative or odd.
pub fn count(value: &Value, key: &str) -> u32 {
    whole(value, key).map_or(0, |number| u32::try_from(number.max(0)).unwrap_or(u32::MAX))
}

/// A point in time; `-1` and `0` mean "not yet".
pub fn time(value: &Value, key: &str) -> Option<Millis> {
    whole(value, key).filter(|number| *number > 0).map(Millis)
}

/// A finite number, also one written as text.
pub fn float(value: &Value, key: &str) -> Option<f64> {
    let field = value.get(key)?;
    field
        .as_f64()
        .or_else(|| field.as_str()?.trim().parse().ok())
        .filter(|number| number.is_finite())
}

/// Whether a flag is set.
pub fn flag(value: &Value, key: &str) -> bool {
    value.get(key).and_then(Value::as_bool).unwrap_or(false)
}

/// The entries of a list; none where it is missing or no list.
pub fn items<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value.get(key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn odd_fields_are_not_there() {
        let value = json!({"a": "12", "b": 12.9, "c": null, "d": -1, "e": "NaN", "f": [1], "g": "", "h": 1e300});
        assert_eq!(whole(&value, "a"), Some(12));
        assert_eq!(whole(&value, "b"), Some(12));
        assert_eq!(whole(&value, "c"), None);
        assert_eq!(known(&value, "d"), None);
        assert_eq!(count(&value, "d"), 0);
        assert_eq!(time(&value, "d"), None);
        assert_eq!(float(&value, "e"), None);
        assert_eq!(whole(&value, "h"), None);
        assert_eq!(items(&value, "f").len(), 1);
        assert!(items(&value, "a").is_empty());
        assert_eq!(text(&value, "g"), None);
        assert!(!flag(&value, "missing"));
    }
}
