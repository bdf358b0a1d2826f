//! Keys that stand twice in an object: they are lost when JSON is read into a map.

use std::collections::BTreeSet;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

/// The first key that an object of a JSON text has twice.
pub(crate) fn twice(text: &[u8]) -> Option<String> {
    let error = serde_json::from_slice::<Once>(text).err()?;
    let text = error.to_string();
    text.strip_prefix("twice: ")
        .map(|rest| rest.split(" at line").next().unwrap_or(rest).to_owned())
}

struct Once;

impl<'de> Deserialize<'de> for Once {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Look)
    }
}

struct Look;

impl<'de> Visitor<'de> for Look {
    type Value = Once;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Once, A::Error> {
        let mut seen = BTreeSet::new();
        while let Some(key) = map.next_key::<String>()? {
            map.next_value::<Once>()?;
            if !seen.insert(key.clone()) {
                return Err(serde::de::Error::custom(format!("twice: {key}")));
            }
        }
        Ok(Once)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Once, A::Error> {
        while items.next_element::<Once>()?.is_some() {}
        Ok(Once)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Once, E> {
        Ok(Once)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Once, E> {
        Ok(Once)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Once, E> {
        Ok(Once)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Once, E> {
        Ok(Once)
    }

    fn visit_str<E>(self, _: &str) -> Result<Once, E> {
        Ok(Once)
    }

    fn visit_unit<E>(self) -> Result<Once, E> {
        Ok(Once)
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_key_that_stands_twice_is_found() {
        assert_eq!(super::twice(br#"{"a":[{"b":1,"c":null,"b":2}]}"#), Some("b".to_owned()));
        assert_eq!(super::twice(br#"{"a":{"b":1},"b":{"a":"x"}}"#), None);
    }
}
