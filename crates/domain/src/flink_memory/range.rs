//! A part that is a share of something, between a least and a most.

use super::{MemoryFault, Settings, size};

/// Least, most, and share of a part.
#[derive(Debug, Clone, Copy)]
pub(super) struct Range {
    pub least: u64,
    pub most: u64,
    share: f64,
}

impl Range {
    /// Part of a total of which it is a share.
    pub fn of(self, total: u64) -> u64 {
        size::share(total, self.share).clamp(self.least, self.most)
    }

    /// Part that goes on top of the rest, so that it is a share of both.
    pub fn on_top_of(self, rest: u64) -> u64 {
        size::share(rest, self.share / (1.0 - self.share)).clamp(self.least, self.most)
    }

    pub fn holds(self, bytes: u64) -> bool {
        (self.least..=self.most).contains(&bytes)
    }
}

impl Settings<'_> {
    /// A fraction below 1; Flink reads 32 bits of it.
    pub(super) fn fraction(&self, key: &str) -> Result<Option<f64>, MemoryFault> {
        let Some(text) = self.configuration.text(key) else {
            return Ok(None);
        };
        let fraction = text.trim().parse::<f32>().ok().map(f64::from);
        match fraction.filter(|fraction| (0.0..1.0).contains(fraction)) {
            Some(fraction) => Ok(Some(fraction)),
            None => Err(MemoryFault {
                key: key.to_owned(),
                message: format!("'{text}' is not a fraction: expected a number from 0 to less than 1"),
            }),
        }
    }

    pub(super) fn range(&self, part: &str, least: u64, most: u64, share: Option<f64>) -> Result<Range, MemoryFault> {
        if least > most {
            let (prefix, least, most) = (self.prefix, size::show(least), size::show(most));
            let message =
                format!("the least size ({least}) is above the largest ({most}): raise '{prefix}{part}.max' or lower '{prefix}{part}.min'");
            return Err(self.fault(&format!("{part}.min"), message));
        }
        let share = share.unwrap_or_else(|| f64::from(0.1_f32));
        Ok(Range { least, most, share })
    }
}
