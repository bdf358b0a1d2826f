//! Files as people and attackers send them.

use std::io::Write;

use domain::Millis;
use domain::id::{TeamId, UploadId, UserId};
use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder};

use super::*;
use crate::unpack::tests::tarball;

/// An entry of a zip file, as honest as it is told to be.
#[derive(Clone)]
struct Packed {
    name: String,
    flags: u16,
    method: u16,
    bytes: Vec<u8>,
    size: u32,
    crc: u32,
}

fn entry(name: &str, content: &[u8]) -> Packed {
    let mut deflated = DeflateEncoder::new(Vec::new(), Compression::best());
    deflated.write_all(content).unwrap();
    let mut crc = flate2::Crc::new();
    crc.update(content);
    Packed {
        name: name.to_owned(),
        flags: 0x0800,
        method: 8,
        bytes: deflated.finish().unwrap(),
        size: u32::try_from(content.len()).unwrap(),
        crc: crc.sum(),
    }
}

fn zip(entries: &[Packed]) -> Vec<u8> {
    let (mut file, mut directory) = (Vec::new(), Vec::new());
    for one in entries {
        let offset = u32::try_from(file.len()).unwrap();
        let mut head = Vec::new();
        for number in [20, one.flags, one.method, 0, 0] {
            head.extend(number.to_le_bytes());
        }
        for number in [one.crc, u32::try_from(one.bytes.len()).unwrap(), one.size] {
            head.extend(number.to_le_bytes());
        }
        head.extend(u16::try_from(one.name.len()).unwrap().to_le_bytes());
        head.extend([0; 2]);
        file.extend(b"PK\x03\x04");
        file.extend(&head);
        file.extend(one.name.as_bytes());
        file.extend(&one.bytes);
        directory.extend(b"PK\x01\x02\x14\0");
        directory.extend(&head);
        directory.extend([0; 10]);
        directory.extend(offset.to_le_bytes());
        directory.extend(one.name.as_bytes());
    }
    let (start, count) = (u32::try_from(file.len()).unwrap(), u16::try_from(entries.len()).unwrap());
    file.extend(&directory);
    file.extend(b"PK\x05\x06\0\0\0\0");
    file.extend([count.to_le_bytes(), count.to_le_bytes()].concat());
    file.extend(u32::try_from(directory.len()).unwrap().to_le_bytes());
    file.extend(start.to_le_bytes());
    file.extend([0; 2]);
    file
}

/// A class with one method.
fn class(access: u16, name: &str, signature: &str) -> Vec<u8> {
    let mut bytes = [0xcafe_babe_u32.to_be_bytes(), 52_u32.to_be_bytes(), [0, 5, 5, 0]].concat();
    bytes.extend([0; 7]);
    for text in [name, signature] {
        bytes.push(1);
        bytes.extend(u16::try_from(text.len()).unwrap().to_be_bytes());
        bytes.extend(text.as_bytes());
    }
    bytes.extend([0; 10]);
    bytes.extend([0, 1]);
    bytes.extend(access.to_be_bytes());
    bytes.extend([0, 3, 0, 4, 0, 0, 0, 0]);
    bytes
}

fn upload(file_name: &str, bytes: &[u8]) -> Upload {
    let id = "00000000000000000000000000000000";
    Upload {
        id: format!("upload_{id}").parse::<UploadId>().unwrap(),
        team_id: format!("team_{id}").parse::<TeamId>().unwrap(),
        name: file_name.to_owned(),
        file_name: file_name.to_owned(),
        kind: None,
        size_bytes: i64::try_from(bytes.len()).unwrap(),
        sha256: None,
        created_by: format!("user_{id}").parse::<UserId>().unwrap(),
        created_at: Millis(0),
        expires_at: Millis(0),
    }
}

fn judge(upload: &Upload, bytes: &[u8]) -> Result<Content, String> {
    let folder = tempfile::tempdir().unwrap();
    let mut file = tempfile::tempfile_in(folder.path()).unwrap();
    file.write_all(bytes).unwrap();
    let judged = content(&mut file, upload, folder.path());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "nothing is left behind");
    judged.map_err(|error| match error {
        PortError::Refused {
            status: Some(422),
            message,
        } => message,
        other => panic!("{other:?}"),
    })
}

fn read(file_name: &str, bytes: &[u8]) -> Result<Content, String> {
    judge(&upload(file_name, bytes), bytes)
}

#[track_caller]
fn is_refused(file_name: &str, bytes: &[u8], words: &[&str]) {
    let why = read(file_name, bytes).unwrap_err();
    for word in words {
        assert!(why.contains(word), "expected '{word}' in: {why}");
    }
}

const MAIN: &str = "([Ljava/lang/String;)V";

#[test]
fn a_jar_says_what_it_is_for() {
    let main = entry("com/example/Orders.class", &class(9, "main", MAIN));
    let no_main = |access, name, signature| entry("a/B.class", &class(access, name, signature));
    let manifest = |text: &str| entry("META-INF/MANIFEST.MF", text.as_bytes());
    let factory = entry("META-INF/services/org.apache.flink.table.factories.Factory", b"a.B");
    let folder = entry("com/", b"");
    let long = format!("com.example.{}.Main", "x".repeat(60));
    let (start, rest) = long.split_at(50);
    let cases: Vec<(Vec<Packed>, ArtifactKind, Vec<String>)> = vec![
        (vec![], ArtifactKind::UdfJar, vec![]),
        (
            vec![folder.clone(), folder, main.clone()],
            ArtifactKind::JobJar,
            vec!["com.example.Orders".to_owned()],
        ),
        (vec![factory.clone()], ArtifactKind::Connector, vec![]),
        // Tools inside a connector do not make it a job.
        (
            vec![factory.clone(), main.clone()],
            ArtifactKind::Connector,
            vec!["com.example.Orders".to_owned()],
        ),
        // A job's jar brings its connectors along.
        (
            vec![
                manifest(&format!("Manifest-Version: 1.0\r\nMain-Class: {start}\r\n {rest}\r\n")),
                factory,
                main,
            ],
            ArtifactKind::JobJar,
            vec![long.clone(), "com.example.Orders".to_owned()],
        ),
        (
            vec![manifest("Main-Class: a.Other\nprogram-class: a.Flink\n")],
            ArtifactKind::JobJar,
            vec!["a.Flink".to_owned()],
        ),
        (
            vec![manifest("Main-Class:\n"), no_main(1, "main", MAIN)],
            ArtifactKind::UdfJar,
            vec![],
        ),
        (vec![no_main(9, "eval", MAIN)], ArtifactKind::UdfJar, vec![]),
        (vec![no_main(9, "main", "()V")], ArtifactKind::UdfJar, vec![]),
        (
            vec![entry("a/Broken.class", b"\xca\xfe\xba\xbe\0\0\0\x34\xff\xff")],
            ArtifactKind::UdfJar,
            vec![],
        ),
    ];
    for (entries, kind, classes) in cases {
        let found = read("a.jar", &zip(&entries)).unwrap();
        assert_eq!(
            (found.kind, found.entry_classes),
            (kind, classes),
            "{:?}",
            entries.iter().map(|one| &one.name).collect::<Vec<_>>()
        );
    }
    let prefixed = [b"#!/bin/sh\nexec java -jar $0\n".to_vec(), zip(&[entry("a", b"b")])].concat();
    assert!(read("a.jar", &prefixed).is_ok(), "a jar may have a start script before it");
}

#[test]
fn names_that_lead_elsewhere() {
    for name in ["../evil", "a/../../evil", "..\\evil", "a\\..\\..\\evil", "lib/.."] {
        is_refused("a.jar", &zip(&[entry("ok", b""), entry(name, b"x")]), &[name, "zip slip"]);
    }
    for name in ["/etc/passwd", "\\\\host\\share", "C:\\windows", "c:evil"] {
        is_refused("a.zip", &zip(&[entry(name, b"x")]), &[name, "absolute"]);
    }
    is_refused("a.jar", &zip(&[entry("a\nb", b"")]), &["control characters"]);
    is_refused("a.jar", &zip(&[entry("a\0b", b"")]), &["control characters"]);
    is_refused("a.jar", &zip(&[entry("", b"")]), &["without a name"]);
    is_refused("a.jar", &zip(&[entry(&"x".repeat(10_000), b"")]), &["more than 4096 bytes"]);
    is_refused("a.jar", &zip(&[entry(&"x/".repeat(200), b"")]), &["deeper than 100"]);
    assert!(read("a.jar", &zip(&[entry("..a/b..c/...", b""), entry("订单/🚀", b"")])).is_ok());
}

#[test]
fn bombs() {
    let zeros = vec![0; 70 << 20];
    let bomb = entry("zeros", &zeros);
    is_refused("a.jar", &zip(std::slice::from_ref(&bomb)), &["'zeros'", "bombs"]);
    let halves: Vec<Packed> = (0..10).map(|number| entry(&format!("half-{number}"), &zeros[..8 << 20])).collect();
    is_refused("a.jar", &zip(&halves), &["'half-8'", "64 MiB"]);
    let liar = Packed { size: 10, ..bomb };
    is_refused(
        "a.jar",
        &zip(&[liar]),
        &["'zeros'", "says that it has 10 bytes and unpacks to more"],
    );
    let modest = Packed {
        size: 4_000_000_000,
        ..entry("modest", b"x")
    };
    is_refused("a.jar", &zip(&[modest]), &["'modest'", "bombs"]);
    let mut tar = Vec::new();
    flate2::read::GzDecoder::new(tarball(&[("zeros", &zeros)]).as_slice())
        .read_to_end(&mut tar)
        .unwrap();
    let mut packed = GzEncoder::new(Vec::new(), Compression::best());
    packed.write_all(&tar).unwrap();
    is_refused("a.tar.gz", &packed.finish().unwrap(), &["'zeros'", "bombs"]);
}

#[test]
fn archives_in_archives() {
    let one = zip(&[entry("lib/inner.txt", b"x")]);
    let two = zip(&[entry("lib/one.jar", &one)]);
    let three = zip(&[entry("two.jar", &two)]);
    assert!(read("a.jar", &three).is_ok(), "a jar with libraries, and one level more");
    is_refused(
        "a.jar",
        &zip(&[entry("three.zip", &three)]),
        &["'lib/one.jar'", "archive in an archive"],
    );
    let slip = zip(&[entry("../evil", b"x")]);
    is_refused(
        "a.jar",
        &zip(&[entry("lib/bad.jar", &slip)]),
        &["in its entry 'lib/bad.jar'", "'../evil'"],
    );
    let zeros = zip(&[entry("zeros", &vec![0; 70 << 20])]);
    is_refused(
        "a.jar",
        &zip(&[entry("lib/bomb.jar", &zeros)]),
        &["in its entry 'lib/bomb.jar'", "bombs"],
    );
    let data = zip(&[entry("testdata/broken.zip", b"no archive at all")]);
    assert!(read("a.jar", &data).is_ok(), "data that is called an archive is data");
}

#[test]
fn cut_and_damaged() {
    let whole = zip(&[entry("first", b"some content that is longer"), entry("second", b"more content")]);
    for length in 1..whole.len() {
        let why = read("a.jar", &whole[..length]).unwrap_err();
        assert!(why.contains("cut off or damaged") || why.contains("is no jar"), "{length}: {why}");
    }
    assert!(read("a.jar", &whole).is_ok());
    is_refused("a.jar", b"", &["empty"]);
    let crc = Packed {
        crc: 1,
        ..entry("odd", b"x")
    };
    is_refused("a.jar", &zip(&[crc]), &["checksum", "'odd'"]);
    // Any one byte that is another is either seen or without meaning; nothing panics.
    for place in 0..whole.len() {
        let mut other = whole.clone();
        other[place] ^= 0xff;
        let _ = read("a.jar", &other);
    }
    let tar = tarball(&[("a/b", &[7; 100_000])]);
    assert_eq!(read("a.tgz", &tar).unwrap().kind, ArtifactKind::Archive);
    is_refused("a.tgz", &tar[..tar.len() / 2], &["cut off or damaged"]);
    is_refused("a.tar", b"not a tar archive", &["no tar archive"]);
    is_refused("a.tgz", &tarball(&[("../evil", b"x")]), &["'../evil'", "zip slip"]);
}

#[test]
fn what_java_cannot_read() {
    let encrypted = Packed {
        flags: 1,
        ..entry("secret.class", b"x")
    };
    is_refused("a.jar", &zip(&[encrypted]), &["'secret.class'", "encrypted"]);
    let lzma = Packed {
        method: 14,
        ..entry("lzma.class", b"x")
    };
    is_refused("a.jar", &zip(&[lzma]), &["'lzma.class'", "method 14"]);
    is_refused(
        "a.jar",
        &zip(&[entry("twice", b"1"), entry("twice", b"2")]),
        &["two entries 'twice'"],
    );
}

#[test]
fn texts_called_jar() {
    is_refused("a.jar", b"just some text", &["no jar but a text"]);
    is_refused("a.jar", b"<!DOCTYPE html><title>404</title>", &["web page"]);
    is_refused("a.jar", b"version https://git-lfs.github.com/spec/v1\n", &["git lfs pull"]);
    is_refused("a.zip", &[0x1f, 0x8b, 8, 0, 0], &["no zip file but something else"]);
    is_refused("a.txt", b"text", &["no kind of file"]);
    assert_eq!(read("a.py", "print('订单')".as_bytes()).unwrap().kind, ArtifactKind::PythonFile);
    is_refused("a.py", b"print(\xff)", &["byte 6"]);
    is_refused("a.py", b"print(\0)", &["byte 6"]);
}

#[test]
fn a_chosen_kind_must_fit() {
    let jar = zip(&[entry("a", b"b")]);
    let choose = |name: &str, bytes: &[u8], kind| {
        let chosen = Upload {
            kind: Some(kind),
            ..upload(name, bytes)
        };
        judge(&chosen, bytes).map(|content| content.kind)
    };
    assert_eq!(choose("a.jar", &jar, ArtifactKind::Connector), Ok(ArtifactKind::Connector));
    assert_eq!(choose("a.jar", &jar, ArtifactKind::Archive), Ok(ArtifactKind::Archive));
    assert!(choose("a.zip", &jar, ArtifactKind::JobJar).unwrap_err().contains("not a jar"));
    assert!(
        choose("a.jar", &jar, ArtifactKind::PythonFile)
            .unwrap_err()
            .contains("not a Python file")
    );
}

#[test]
fn the_senders_digest_counts() {
    let jar = zip(&[entry("a", b"b")]);
    let digest = Digest::of(sha2::Sha256::digest(&jar).into());
    let said = |sha256| Upload {
        sha256: Some(sha256),
        ..upload("a.jar", &jar)
    };
    assert_eq!(judge(&said(digest.clone()), &jar).unwrap().digest, digest);
    let why = judge(&said(Digest::of([7; 32])), &jar).unwrap_err();
    assert!(why.contains(digest.as_str()) && why.contains("0707"), "{why}");
}
