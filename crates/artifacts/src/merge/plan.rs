//! What goes into a merged jar, decided from the directories of the jars alone.

use std::collections::BTreeMap;
use std::collections::HashMap;
use std::collections::hash_map::Entry;

use domain::artifact::JarConflict;

use super::rule::{Rule, rule};

/// One entry of a jar, from the jar's directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Listed {
    /// Name within the jar.
    pub name: String,
    /// CRC-32 of its content.
    pub crc: u32,
    /// Its size in bytes.
    pub size: u64,
}

/// A jar as the plan sees it.
#[derive(Debug, Clone, Default)]
pub(super) struct Contents {
    /// The jar's name for people.
    pub name: String,
    /// Whether its manifest says that it has parts for newer Javas.
    pub multi_release: bool,
    /// Its entries; the index is that of the jar's directory.
    pub entries: Vec<Listed>,
}

/// Which jar, and which entry of it.
pub(super) type At = (usize, usize);

/// What a merged jar is made of.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Plan {
    /// Lists of services to be joined.
    pub lines: BTreeMap<String, Vec<At>>,
    /// Texts to be joined.
    pub texts: BTreeMap<String, Vec<At>>,
    /// Entries to be copied as they are, in this order.
    pub copies: Vec<At>,
    /// Whether something of it is for newer Javas.
    pub multi_release: bool,
    /// What is in two jars with different bytes.
    pub conflicts: Vec<JarConflict>,
}

/// Decides what goes into the merged jar. As on a class path, the first jar that has a name wins.
pub(super) fn plan(jars: &[Contents]) -> Plan {
    let mut plan = Plan::default();
    let mut taken: HashMap<&str, At> = HashMap::new();
    for (jar, contents) in jars.iter().enumerate() {
        for (index, entry) in contents.entries.iter().enumerate() {
            let at = (jar, index);
            match rule(&entry.name) {
                Rule::Drop => {}
                Rule::Lines => plan.lines.entry(entry.name.clone()).or_default().push(at),
                Rule::Texts => plan.texts.entry(entry.name.clone()).or_default().push(at),
                Rule::Versioned(path) => {
                    // Without the word in its manifest the jar never meant it; and what stands in for a class that
                    // an earlier jar gives would hide that class.
                    let hidden = taken.get(path).is_some_and(|(owner, _)| *owner < jar);
                    if contents.multi_release && !hidden {
                        plan.multi_release |= plan.copy(&mut taken, jars, at);
                    }
                }
                Rule::First => {
                    plan.copy(&mut taken, jars, at);
                }
            }
        }
    }
    plan
}

impl Plan {
    /// Copies an entry unless its name is taken; answers whether it is copied.
    fn copy<'a>(&mut self, taken: &mut HashMap<&'a str, At>, jars: &'a [Contents], at: At) -> bool {
        let Some((contents, entry)) = listed(jars, at) else { return false };
        match taken.entry(entry.name.as_str()) {
            Entry::Vacant(free) => {
                free.insert(at);
                self.copies.push(at);
                true
            }
            Entry::Occupied(first) => {
                if let Some((owner, known)) = listed(jars, *first.get())
                    && (known.crc, known.size) != (entry.crc, entry.size)
                {
                    self.conflict(&owner.name, &contents.name, &entry.name);
                }
                false
            }
        }
    }

    fn conflict(&mut self, kept: &str, left_out: &str, entry: &str) {
        let class = entry.ends_with(".class");
        let known = self
            .conflicts
            .iter_mut()
            .find(|known| known.kept == kept && known.left_out == left_out);
        match known {
            Some(known) => {
                known.classes += u32::from(class);
                known.resources += u32::from(!class);
                if class && !known.example.ends_with(".class") {
                    known.example = entry.to_owned();
                }
            }
            None => self.conflicts.push(JarConflict {
                kept: kept.to_owned(),
                left_out: left_out.to_owned(),
                classes: u32::from(class),
                resources: u32::from(!class),
                example: entry.to_owned(),
            }),
        }
    }
}

fn listed(jars: &[Contents], (jar, index): At) -> Option<(&Contents, &Listed)> {
    let contents = jars.get(jar)?;
    Some((contents, contents.entries.get(index)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn jar(name: &str, multi_release: bool, entries: &[(&str, u32)]) -> Contents {
        let listed = |(name, crc): &(&str, u32)| Listed {
            name: (*name).to_owned(),
            crc: *crc,
            size: 1,
        };
        Contents {
            name: name.to_owned(),
            multi_release,
            entries: entries.iter().map(listed).collect(),
        }
    }

    fn names<'a>(jars: &'a [Contents], plan: &Plan) -> Vec<(&'a str, &'a str)> {
        plan.copies
            .iter()
            .filter_map(|at| listed(jars, *at))
            .map(|(jar, entry)| (jar.name.as_str(), entry.name.as_str()))
            .collect()
    }

    #[test]
    fn the_first_wins_and_what_differs_is_told() {
        let jars = [
            jar(
                "a",
                false,
                &[("META-INF/MANIFEST.MF", 1), ("x/A.class", 1), ("x/B.class", 1), ("c.txt", 1)],
            ),
            jar("b", false, &[("x/A.class", 1), ("x/B.class", 2), ("c.txt", 2), ("x/D.class", 1)]),
        ];
        let plan = plan(&jars);
        assert_eq!(
            names(&jars, &plan),
            [("a", "x/A.class"), ("a", "x/B.class"), ("a", "c.txt"), ("b", "x/D.class")]
        );
        assert_eq!(
            plan.conflicts,
            [JarConflict {
                kept: "a".to_owned(),
                left_out: "b".to_owned(),
                classes: 1,
                resources: 1,
                example: "x/B.class".to_owned()
            }]
        );
    }

    #[test]
    fn services_and_licences_are_joined_and_never_a_conflict() {
        let service = "META-INF/services/f";
        let jars = [
            jar("a", false, &[(service, 1), ("META-INF/LICENSE", 1)]),
            jar("b", false, &[(service, 2), ("META-INF/LICENSE", 2)]),
        ];
        let plan = plan(&jars);
        assert_eq!(plan.lines[service], [(0, 0), (1, 0)]);
        assert_eq!(plan.texts["META-INF/LICENSE"], [(0, 1), (1, 1)]);
        assert_eq!((plan.copies.len(), plan.conflicts.len()), (0, 0));
    }

    /// What a class path of these jars would load on Java 11, the merged jar loads.
    #[test]
    fn parts_for_newer_javas_stay_with_their_jar() {
        let newer = "META-INF/versions/11/x/A.class";
        let plain = jar("plain", false, &[("x/A.class", 1), (newer, 1)]);
        let multi = jar("multi", true, &[("x/A.class", 2), (newer, 2)]);
        let jars = [plain.clone()];
        assert_eq!(
            (names(&jars, &plan(&jars)), plan(&jars).multi_release),
            (vec![("plain", "x/A.class")], false)
        );
        let jars = [plain.clone(), multi.clone()];
        assert_eq!(
            (names(&jars, &plan(&jars)), plan(&jars).multi_release),
            (vec![("plain", "x/A.class")], false)
        );
        let jars = [multi, plain];
        let made = plan(&jars);
        assert_eq!(
            (names(&jars, &made), made.multi_release),
            (vec![("multi", "x/A.class"), ("multi", newer)], true)
        );
        // Its own part may stand before the class.
        let jars = [jar("turned", true, &[(newer, 2), ("x/A.class", 2)])];
        assert!(plan(&jars).multi_release);
    }
}
