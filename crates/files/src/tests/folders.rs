//! Files and folders on disk, and what documents name beside them.

use std::fs;
use std::path::{Path, PathBuf};

use crate::source::{Loaded, Search, load, twice};

const BOTH: Search = Search {
    recursive: true,
    outside: false,
};

fn put(folder: &Path, name: &str, content: impl AsRef<[u8]>) {
    let file = folder.join(name);
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(file, content).unwrap();
}

fn job(name: &str, code: &str) -> String {
    format!("kind: Job\nname: {name}\ncluster: c\n{code}\n")
}

fn lines(loaded: &Loaded, folder: &Path) -> Vec<String> {
    let folder = format!("{}/", folder.display());
    loaded.faults.iter().map(|fault| fault.to_string().replace(&folder, "")).collect()
}

#[test]
fn folders_are_read_in_order_and_deep_only_when_asked() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    put(root, "b.yaml", job("b", "sql: x"));
    put(root, "a.yml", job("a", "sqlFile: sql/a.sql"));
    put(root, "sql/a.sql", "SELECT 1;\n");
    put(root, "deep/c.yaml", job("c", "sqlFile: ../sql/a.sql"));
    put(root, ".hidden/d.yaml", "kind: nonsense");
    put(root, "notes.txt", "kind: nonsense");
    let names = |loaded: &Loaded| loaded.documents.iter().map(|one| one.name().to_owned()).collect::<String>();
    let flat = load(&[root.to_path_buf()], Search::default(), std::io::empty());
    assert_eq!((names(&flat), lines(&flat, root)), ("ab".to_owned(), vec![]));
    let deep = load(&[root.to_path_buf(), root.join("b.yaml")], BOTH, std::io::empty());
    assert_eq!(
        (names(&deep), lines(&deep, root)),
        ("abc".to_owned(), vec![]),
        "named twice, read once"
    );
    let crate::read::Body::Job(job) = &deep.documents[2].body else {
        panic!()
    };
    assert_eq!(job.sql.as_deref(), Some("SELECT 1;\n"));
    assert!(deep.documents[2].in_script(1, 2).ends_with("deep/../sql/a.sql:1:2"));
    let input = load(&[PathBuf::from("-")], BOTH, &b"kind: Job\nname: i\ncluster: c\nsql: x"[..]);
    assert_eq!(names(&input), "i");
}

#[test]
fn files_outside_are_not_read_without_leave() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    put(root, "secret.sql", "SELECT 'secret';");
    put(root, "jobs/a.yaml", job("a", "sqlFile: ../secret.sql"));
    put(root, "jobs/b.yaml", job("b", "sqlFile: link.sql"));
    put(root, "jobs/c.yaml", job("c", "sqlFile: /etc/passwd"));
    put(root, "jobs/d.yaml", "kind: Artifact\nname: d\nfile: ../secret.sql\n");
    put(root, "jobs/e.yaml", job("e", "jar: file:../secret.sql"));
    std::os::unix::fs::symlink("../secret.sql", root.join("jobs/link.sql")).unwrap();
    let jobs = root.join("jobs");
    let strict = load(std::slice::from_ref(&jobs), BOTH, std::io::empty());
    let found = lines(&strict, &jobs);
    assert_eq!(found.len(), 5, "{found:?}");
    for (fault, place) in found
        .iter()
        .zip(["a.yaml:4:10", "b.yaml:4:10", "c.yaml:4:10", "d.yaml:3:7", "e.yaml:4:6"])
    {
        assert!(fault.starts_with(place) && fault.contains("--allow-outside"), "{fault}");
    }
    let outside = Search { outside: true, ..BOTH };
    assert_eq!(load(&[jobs], outside, std::io::empty()).faults, []);
    // The folder that was given is what counts, not that of the file.
    let wider = load(&[root.to_path_buf()], BOTH, std::io::empty());
    assert_eq!(lines(&wider, root).len(), 1, "only the password file");
}

#[test]
fn pod_templates_are_read_from_files_beside() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let application = |name: &str, line: &str| {
        let text = format!("kind: Job\nname: {name}\nmode: application\ntarget: t\nflink: 2.2.1\nsql: x\n{line}\n");
        put(root, &format!("jobs/{name}.yaml"), text);
    };
    put(root, "jobs/pod.yml.txt", "kind: Pod\n");
    put(root, "jobs/latin.txt", b"kind: Pod\n# \xff");
    put(root, "jobs/long.txt", vec![b'x'; 256 * 1024 + 1]);
    put(root, "out.txt", "kind: Pod\n");
    application("a", "jobManagerTemplateFrom: pod.yml.txt\ntaskManagerTemplateFrom: ./pod.yml.txt");
    let jobs = root.join("jobs");
    let good = load(std::slice::from_ref(&jobs), BOTH, std::io::empty());
    assert_eq!(lines(&good, &jobs), Vec::<String>::new());
    let crate::read::Body::Job(job) = &good.documents[0].body else {
        panic!()
    };
    let templates = job.templates().map(|template| template.text.unwrap_or_default().to_owned());
    assert_eq!(templates, ["kind: Pod\n", "kind: Pod\n"]);
    assert_eq!(good.documents[0].files, [].into());
    application("b", "jobManagerTemplateFrom: ../out.txt");
    application("c", "taskManagerTemplateFrom: latin.txt");
    application("d", "taskManagerTemplateFrom: long.txt");
    let found = lines(&load(std::slice::from_ref(&jobs), BOTH, std::io::empty()), &jobs);
    let expected = [
        "b.yaml:7:25: jobManagerTemplateFrom: '../out.txt' is outside of",
        "c.yaml:7:26: taskManagerTemplateFrom: line 2, column 3: is not UTF-8",
        "d.yaml:7:26: taskManagerTemplateFrom: is larger than 256 KiB",
    ];
    assert_eq!(found.len(), 3, "{found:?}");
    for (fault, expected) in found.iter().zip(expected) {
        assert!(fault.starts_with(expected), "{fault}");
    }
}

#[test]
fn what_cannot_be_read_is_told_with_its_file() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    put(root, "latin.yaml", b"kind: Job\nname: caf\xe9\n");
    put(root, "missing.yaml", job("m", "sqlFile: no.sql"));
    put(root, "large.yaml", vec![b' '; 4 * 1024 * 1024 + 1]);
    put(root, "script.yaml", job("s", "sqlFile: s.sql"));
    put(root, "s.sql", b"SELECT 1;\n-- \xff");
    put(root, "long.yaml", job("l", "sqlFile: l.sql"));
    put(root, "l.sql", vec![b'x'; 2 * 1024 * 1024 + 1]);
    fs::create_dir(root.join("empty")).unwrap();
    let named = [root.to_path_buf(), root.join("empty"), root.join("none.yaml")];
    let mut found = lines(&load(&named, Search::default(), std::io::empty()), root);
    found.sort();
    let expected = [
        "empty: has no file that ends with .yaml or .yml; -R looks in the folders below, too",
        "large.yaml: is larger than 4 MiB",
        "latin.yaml:2:10: is not UTF-8 from here on: save it as UTF-8",
        "long.yaml:4:10: sqlFile: 'l.sql' is larger than 2 MiB",
        "missing.yaml:4:10: sqlFile: 'no.sql' cannot be read: No such file or directory (os error 2)",
        "none.yaml: cannot be read: No such file or directory (os error 2)",
        "s.sql:2:4: is not UTF-8 from here on: save it as UTF-8",
    ];
    assert_eq!(found, expected);
}

#[test]
fn what_is_no_file_and_what_never_ends_is_told() {
    let endless = [PathBuf::from("-"), PathBuf::from("/dev/zero"), PathBuf::from("*.yaml")];
    let found = load(&endless, BOTH, std::io::repeat(b'a'));
    let said: Vec<String> = found.faults.iter().map(ToString::to_string).collect();
    let expected = [
        "standard input: is larger than 4 MiB",
        "*.yaml: cannot be read: No such file or directory (os error 2)",
        "/dev/zero: is not a file",
    ];
    assert_eq!(said, expected);
    let utf16: Vec<u8> = "\u{feff}kind: Job".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let other = load(&[PathBuf::from("-")], BOTH, utf16.as_slice());
    assert_eq!(
        other.faults[0].to_string(),
        "standard input:1:1: is not UTF-8 from here on: save it as UTF-8"
    );
    assert!(load(&[PathBuf::from("-")], BOTH, std::io::empty()).documents.is_empty());
}

#[test]
fn one_thing_is_described_once() {
    let text = format!(
        "{}---\n{}---\nkind: Cluster\nname: a\ntarget: local\nflink: 2.2.1\n",
        job("a", "sql: x"),
        job("a", "team: t\nsql: y")
    );
    let (documents, faults) = super::read(&text);
    assert_eq!(faults, []);
    assert_eq!(twice(&documents, Some("other")), []);
    let same = twice(&documents, Some("t"));
    assert_eq!(same[0].to_string(), "f.yaml:7:7: Job 'a' is described twice: first in f.yaml:1:1");
}

#[test]
fn certificates_are_read_and_secrets_are_only_found() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let head = "kind: Cluster\nname: c\ntarget: standalone\nrestUrl: https://x\nconnection:\n";
    put(root, "ca.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n");
    put(root, "password", "hunter2");
    put(
        root,
        "a.yaml",
        format!("{head}  caFile: ca.pem\n  user: ada\n  passwordFile: password\n"),
    );
    let loaded = load(&[root.join("a.yaml")], BOTH, std::io::empty());
    assert_eq!(lines(&loaded, root), Vec::<String>::new());
    let document = &loaded.documents[0];
    let crate::read::Body::Cluster(cluster) = &document.body else {
        panic!()
    };
    let connection = cluster.connection.as_ref().unwrap();
    assert!(connection.ca.as_deref().unwrap().contains("AAAA"));
    assert!(!format!("{document:?}").contains("hunter2"));
    assert!(document.files["connection.passwordFile"].ends_with("password"));
    let secrets = connection.secrets();
    assert_eq!((secrets.len(), secrets[0].field, secrets[0].variable), (1, "password", None));

    put(root, "der.pem", b"\x30\x82\xff");
    put(
        root,
        "b.yaml",
        format!("{head}  caFile: password\n  clientCertificateFile: der.pem\n  clientKeyFile: ../x\n"),
    );
    let loaded = load(&[root.join("b.yaml")], BOTH, std::io::empty());
    let found = lines(&loaded, root);
    assert!(found[0].starts_with("b.yaml:8:18: connection.clientKeyFile: '../x'"), "{found:?}");
    assert!(
        found[1].starts_with("b.yaml:6:11: connection.caFile: it holds no 'BEGIN CERTIFICATE'"),
        "{found:?}"
    );
    assert!(
        found[2].starts_with("b.yaml:7:26: connection.clientCertificateFile: it is not PEM"),
        "{found:?}"
    );
}
