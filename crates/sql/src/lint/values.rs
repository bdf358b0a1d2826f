//! Values of configuration keys, read as strictly as Flink's own configuration reads them.
//!
//! Only what certainly fails is told: types without a strict form (texts, lists, maps) and values with variables in
//! them pass. The units are those of Flink's `TimeUtils` and `MemorySize`.

use crate::catalogue::ConfigurationKey;

/// What was expected instead of a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wrong {
    /// `a duration`.
    pub expected: String,
    /// How to write one.
    pub example: String,
}

/// Units of time that Flink reads, in lower case; no unit means milliseconds.
const TIME_UNITS: &[&str] = &[
    "",
    "d",
    "day",
    "days",
    "h",
    "hour",
    "hours",
    "m",
    "min",
    "minute",
    "minutes",
    "s",
    "sec",
    "second",
    "seconds",
    "ms",
    "milli",
    "millis",
    "millisecond",
    "milliseconds",
    "µs",
    "micro",
    "micros",
    "microsecond",
    "microseconds",
    "ns",
    "nano",
    "nanos",
    "nanosecond",
    "nanoseconds",
];
/// Units of memory that Flink reads, in lower case; no unit means bytes.
const MEMORY_UNITS: &[&str] = &[
    "",
    "b",
    "bytes",
    "k",
    "kb",
    "kibibytes",
    "m",
    "mb",
    "mebibytes",
    "g",
    "gb",
    "gibibytes",
    "t",
    "tb",
    "tebibytes",
];

/// What is wrong with a value of a known key, if anything certainly is.
pub(super) fn wrong(key: &ConfigurationKey, value: &str) -> Option<Wrong> {
    let value = value.trim();
    // Variables are filled in later.
    if value.contains("${") || value.is_empty() {
        return None;
    }
    let (good, expected, example) = match key.sort.as_str() {
        "BOOLEAN" => (
            value.eq_ignore_ascii_case("true") || value.eq_ignore_ascii_case("false"),
            "true or false",
            "Write 'true' or 'false'",
        ),
        "INTEGER" => (value.parse::<i32>().is_ok(), "a whole number", "Write a whole number such as '4'"),
        "LONG" => (value.parse::<i64>().is_ok(), "a whole number", "Write a whole number such as '4'"),
        "DOUBLE" | "FLOAT" => (is_decimal(value), "a number", "Write a number such as '0.5'"),
        "DURATION" => (
            has_unit(value, TIME_UNITS),
            "a duration",
            "Write a number with a unit: '30 s', '10 min', '1 d'",
        ),
        "MEMORY" => (
            has_unit(value, MEMORY_UNITS),
            "a memory size",
            "Write a number with a unit: '64 mb', '1 gb'",
        ),
        "ENUM" if !key.values.is_empty() => {
            let known = key.values.iter().any(|word| word.eq_ignore_ascii_case(value));
            let expected = format!("one of {}", key.values.join(", "));
            return (!known).then(|| Wrong {
                expected,
                example: "Write one of these words".to_owned(),
            });
        }
        _ => return None,
    };
    (!good).then(|| Wrong {
        expected: expected.to_owned(),
        example: example.to_owned(),
    })
}

/// Java also reads `1d` and `1f` as numbers.
fn is_decimal(value: &str) -> bool {
    value.trim_end_matches(['d', 'D', 'f', 'F']).parse::<f64>().is_ok()
}

fn has_unit(value: &str, units: &[&str]) -> bool {
    let digits = value.find(|c: char| !c.is_ascii_digit()).unwrap_or(value.len());
    let (number, unit) = value.split_at(digits);
    !number.is_empty() && units.contains(&unit.trim().to_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_by_type() {
        let key = |sort: &str| ConfigurationKey {
            key: "k".to_owned(),
            sort: sort.to_owned(),
            values: vec!["STREAMING".to_owned(), "BATCH".to_owned()],
        };
        for (sort, good, bad) in [
            ("BOOLEAN", &["true", "FALSE", "${x}"][..], &["yes", "1"][..]),
            ("INTEGER", &["4", "-1"], &["four", "1.5", "99999999999"]),
            ("DOUBLE", &["0.5", "1e3", "2"], &["half"]),
            (
                "DURATION",
                &["10", "1 d", "10min", "3 Hours", "5 s"],
                &["1 fortnight", "s", "1.5 h"],
            ),
            ("MEMORY", &["64 mb", "1G", "1024"], &["64 megs", "1.5 gb"]),
            ("ENUM", &["batch", "STREAMING"], &["bounded"]),
            ("STRING", &["whatever"], &[]),
            ("LIST", &["a;b"], &[]),
        ] {
            for value in good {
                assert_eq!(wrong(&key(sort), value), None, "{sort} {value}");
            }
            for value in bad {
                assert!(wrong(&key(sort), value).is_some(), "{sort} {value}");
            }
        }
    }
}
