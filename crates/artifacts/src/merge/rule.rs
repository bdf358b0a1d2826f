//! What becomes of an entry when jars are merged, by its name alone.

/// What becomes of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rule<'a> {
    /// It is copied from the first jar that has it.
    First,
    /// The lines of all jars that have it, each line once: a list of services.
    Lines,
    /// The texts of all jars that have it, each text once: licences, notices, Typesafe's `reference.conf`.
    Texts,
    /// As [`Rule::First`], for a class or resource of a newer Java: the path that it stands in for.
    Versioned(&'a str),
    /// It is left out: the manifest is made anew, signatures and indexes are of the jar that was, and the name of a
    /// module means nothing on a class path.
    Drop,
}

/// Where a jar keeps what is for newer Javas.
const VERSIONS: &str = "META-INF/versions/";

/// What becomes of the entry of this name.
pub(super) fn rule(name: &str) -> Rule<'_> {
    if let Some((_, path)) = name.strip_prefix(VERSIONS).and_then(|rest| rest.split_once('/')) {
        return match path {
            "" => Rule::First,
            "module-info.class" => Rule::Drop,
            path => Rule::Versioned(path),
        };
    }
    match name.strip_prefix("META-INF/") {
        Some(inner) => of_meta_inf(inner),
        None if name == "module-info.class" => Rule::Drop,
        None if name == "reference.conf" => Rule::Texts,
        None => Rule::First,
    }
}

fn of_meta_inf(inner: &str) -> Rule<'static> {
    let upper = inner.to_ascii_uppercase();
    let signature = [".SF", ".RSA", ".DSA", ".EC"].iter().any(|end| upper.ends_with(end)) || upper.starts_with("SIG-");
    let text = ["LICENSE", "LICENCE", "NOTICE", "DEPENDENCIES"]
        .iter()
        .any(|start| upper.starts_with(start));
    if inner.ends_with('/') {
        Rule::First
    } else if inner.starts_with("services/") {
        Rule::Lines
    } else if inner.starts_with("licenses/") || (text && !inner.contains('/')) {
        Rule::Texts
    } else if upper == "MANIFEST.MF" || upper == "INDEX.LIST" || (signature && !inner.contains('/')) {
        Rule::Drop
    } else {
        Rule::First
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_entry_has_its_rule() {
        for (name, expected) in [
            ("a/B.class", Rule::First),
            ("a/", Rule::First),
            ("lib/inner.jar", Rule::First),
            ("module-info.class", Rule::Drop),
            ("META-INF/", Rule::First),
            ("META-INF/MANIFEST.MF", Rule::Drop),
            ("meta-inf/MANIFEST.MF", Rule::First),
            ("META-INF/INDEX.LIST", Rule::Drop),
            ("META-INF/ORACLE_J.SF", Rule::Drop),
            ("META-INF/oracle.rsa", Rule::Drop),
            ("META-INF/X.DSA", Rule::Drop),
            ("META-INF/X.EC", Rule::Drop),
            ("META-INF/SIG-X", Rule::Drop),
            ("META-INF/maven/a.sf", Rule::First),
            ("META-INF/services/", Rule::First),
            ("META-INF/services/org.apache.flink.table.factories.Factory", Rule::Lines),
            ("META-INF/services/a/b.Factory", Rule::Lines),
            ("META-INF/LICENSE.txt", Rule::Texts),
            ("META-INF/NOTICE", Rule::Texts),
            ("META-INF/licenses/LICENSE.x", Rule::Texts),
            ("reference.conf", Rule::Texts),
            ("a/reference.conf", Rule::First),
            ("META-INF/versions/9/module-info.class", Rule::Drop),
            ("META-INF/versions/11/a/B.class", Rule::Versioned("a/B.class")),
            ("META-INF/versions/11/", Rule::First),
            ("META-INF/versions/", Rule::First),
        ] {
            assert_eq!(rule(name), expected, "{name}");
        }
    }
}
