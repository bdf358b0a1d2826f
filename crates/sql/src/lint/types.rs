//! Rules about types: precisions that Flink takes without a word and does not keep.
//!
//! Calcite cuts a precision that is too large down to the largest that it has (`facts`, section 6), so a column holds
//! less than its declaration says.

use domain::sql::Finding;

use super::Scope;
use crate::finding::suggest;
use crate::script::Words;

/// A type with the largest precision that it has.
const LARGEST: &[(&str, u32)] = &[
    ("DECIMAL", 38),
    ("DEC", 38),
    ("NUMERIC", 38),
    ("TIMESTAMP", 9),
    ("TIMESTAMP_LTZ", 9),
    ("TIME", 9),
];

pub(super) fn findings(scope: &Scope<'_>) -> Vec<Finding> {
    let words = scope.script.pieces.iter().map(|piece| scope.words(piece));
    words
        .flat_map(|words| {
            (0..words.len())
                .filter_map(move |at| precision(scope, &words, at))
                .collect::<Vec<_>>()
        })
        .collect()
}

fn precision(scope: &Scope<'_>, words: &Words<'_>, at: usize) -> Option<Finding> {
    // Without the name in front, `DECIMAL(50, 2)` could be a call of a user's function.
    let declares = at
        .checked_sub(1)
        .is_some_and(|before| words.name(before).is_some() || words.is(before, "<"));
    let (name, most) = LARGEST
        .iter()
        .find(|(name, _)| declares && words.is(at, name) && words.is(at + 1, "("))?;
    let given = words.raw(at + 2).parse::<u32>().ok().filter(|given| given > most)?;
    // `)` or `, scale)`
    let last = (at + 3..at + 6).find(|end| words.is(*end, ")"))?;
    let least = u32::from(*most == 38);
    let message = format!("{name} has a precision of {least} to {most}, not {given}; Flink takes it without a word");
    Some(suggest(
        scope.warn(words.span(at, last)?, "type_precision", message),
        format!("Write a precision of at most {most}"),
    ))
}
