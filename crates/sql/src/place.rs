//! Places: from byte offsets of a text to the lines and columns that people and editors count.
//!
//! Lines and columns start at 1. A column counts UTF-16 units, as Java and JavaScript do, so that Flink's own
//! columns, ours and the browser editor's agree also behind an emoji. Only `\n` ends a line, which makes
//! `\r\n` right too. Looking up a place costs at most one stride of the text, whatever the length of a line.

/// How many bytes lie between two remembered places.
const STRIDE: usize = 1024;

/// A line and a column, both from 1, the column in UTF-16 units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// Line.
    pub line: u32,
    /// Column.
    pub column: u32,
}

/// A byte range of the script.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// First byte.
    pub start: usize,
    /// Byte after the last one.
    pub end: usize,
}

impl Span {
    /// A span from its two ends.
    #[must_use]
    pub const fn new(start: usize, end: usize) -> Self {
        Self { start, end }
    }
}

/// Answers places of one text.
#[derive(Debug, Clone)]
pub struct Places<'a> {
    text: &'a str,
    marks: Vec<(usize, Place)>,
}

impl<'a> Places<'a> {
    /// Walks the text once.
    #[must_use]
    pub fn of(text: &'a str) -> Self {
        let mut place = Place { line: 1, column: 1 };
        let mut marks = vec![(0, place)];
        let mut next = STRIDE;
        for (offset, c) in text.char_indices() {
            if offset >= next {
                marks.push((offset, place));
                next = offset + STRIDE;
            }
            place = after(place, c);
        }
        Self { text, marks }
    }

    /// The place of a byte offset; offsets beyond the text mean its end, offsets inside a character its start.
    #[must_use]
    pub fn at(&self, offset: usize) -> Place {
        let index = self.marks.partition_point(|(start, _)| *start <= offset).saturating_sub(1);
        let (start, mut place) = self.marks.get(index).copied().unwrap_or((0, Place { line: 1, column: 1 }));
        for (at, c) in self.text.get(start..).unwrap_or_default().char_indices() {
            if start + at + c.len_utf8() > offset {
                break;
            }
            place = after(place, c);
        }
        place
    }
}

fn after(place: Place, c: char) -> Place {
    if c == '\n' {
        Place {
            line: place.line.saturating_add(1),
            column: 1,
        }
    } else {
        Place {
            line: place.line,
            column: place.column.saturating_add(u32::from(c.len_utf16() == 2) + 1),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_utf16_units() {
        let text = "a😀b\r\n中文x";
        let places = Places::of(text);
        let at = |needle: char| text.find(needle).map(|offset| (places.at(offset).line, places.at(offset).column));
        assert_eq!(at('b'), Some((1, 4)));
        assert_eq!(at('x'), Some((2, 3)));
        assert_eq!(places.at(usize::MAX), Place { line: 2, column: 4 });
        assert_eq!(places.at(2), Place { line: 1, column: 2 }, "inside a character means its start");
    }

    #[test]
    fn long_lines_are_walked_in_strides() {
        let text = "é".repeat(5000) + "\nz";
        let places = Places::of(&text);
        assert_eq!(places.at(8000), Place { line: 1, column: 4001 });
        assert_eq!(places.at(10001), Place { line: 2, column: 1 });
    }
}
