//! Real jars, merged.

use std::io::Write;

use super::*;

struct Bed {
    folder: tempfile::TempDir,
    jars: usize,
}

impl Bed {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        write_jar(
            &folder.path().join("runner.jar"),
            0,
            &[("META-INF/MANIFEST.MF", "Main-Class: Runner\n"), ("Runner.class", "r")],
        );
        Self { folder, jars: 0 }
    }

    /// A jar whose entries have a time and a compression of its own.
    fn jar(&mut self, name: &str, entries: &[(&str, &str)]) -> PinnedArtifact {
        self.jars += 1;
        let path = self.folder.path().join("made.jar");
        write_jar(&path, self.jars, entries);
        let digest = digest_of(&mut std::fs::File::open(&path).unwrap()).unwrap();
        let place = self.place(&digest);
        std::fs::create_dir_all(place.parent().unwrap()).unwrap();
        std::fs::rename(path, place).unwrap();
        PinnedArtifact {
            name: name.to_owned(),
            version: 3,
            file_name: format!("{name}-1.0.jar"),
            digest,
        }
    }

    /// Where the store has the bytes.
    fn place(&self, digest: &Digest) -> PathBuf {
        self.folder
            .path()
            .join("artifacts")
            .join(&digest.as_str()[..2])
            .join(digest.as_str())
    }

    fn merger(&self, data: &str) -> Merger {
        Merger::new(
            &self.folder.path().join(data),
            Arc::new(crate::DiskStore::new(self.folder.path())),
            &self.folder.path().join("runner.jar"),
        )
        .unwrap()
    }
}

fn write_jar(path: &Path, at: usize, entries: &[(&str, &str)]) {
    let mut zip = zip::ZipWriter::new(std::fs::File::create(path).unwrap());
    let method = [zip::CompressionMethod::Stored, zip::CompressionMethod::Deflated][at % 2];
    let time = zip::DateTime::from_date_and_time(2020, u8::try_from(at).unwrap() + 1, 2, 3, 4, 6).unwrap();
    let options = zip::write::SimpleFileOptions::default()
        .compression_method(method)
        .last_modified_time(time);
    for (name, content) in entries {
        zip.start_file(*name, options).unwrap();
        zip.write_all(content.as_bytes()).unwrap();
    }
    zip.finish().unwrap();
}

fn read_jar(jar: &SessionJar) -> Vec<(String, String)> {
    let mut archive = zip::ZipArchive::new(std::fs::File::open(&jar.path).unwrap()).unwrap();
    (0..archive.len())
        .map(|index| {
            let mut entry = archive.by_index(index).unwrap();
            let time = entry.last_modified().unwrap();
            assert_eq!(
                (time.year(), time.month(), time.day()),
                (1980, 1, 1),
                "times are not the machine's or the jar's"
            );
            let mut content = String::new();
            let name = entry.name().unwrap().into_owned();
            entry.read_to_string(&mut content).unwrap();
            (name, content)
        })
        .collect()
}

#[tokio::test]
async fn jars_become_one_with_the_same_bytes_every_time() {
    let mut bed = Bed::new();
    let service = "META-INF/services/org.apache.flink.table.factories.Factory";
    let signed = bed.jar(
        "a",
        &[
            ("META-INF/MANIFEST.MF", "Main-Class: A\n"),
            ("META-INF/X.SF", "s"),
            (service, "a.A"),
            ("a/A.class", "aaaaaaaaaaaaaaaaaaaa"),
            ("same.txt", "s"),
        ],
    );
    let other = bed.jar(
        "b",
        &[
            (service, "b.B\na.A"),
            ("a/A.class", "other"),
            ("module-info.class", "m"),
            ("same.txt", "s"),
        ],
    );
    let jars = [signed, other];
    let first = bed.merger("one").merge(&jars, true).await.unwrap();
    assert_eq!(
        read_jar(&first),
        [
            ("META-INF/MANIFEST.MF", "Manifest-Version: 1.0\r\nMain-Class: Runner\r\n\r\n"),
            (service, "a.A\nb.B\n"),
            ("Runner.class", "r"),
            ("a/A.class", "aaaaaaaaaaaaaaaaaaaa"),
            ("same.txt", "s"),
        ]
        .map(|(name, content)| (name.to_owned(), content.to_owned()))
    );
    let elsewhere = bed.merger("two").merge(&jars, true).await.unwrap();
    assert_eq!(std::fs::read(&first.path).unwrap(), std::fs::read(&elsewhere.path).unwrap());
    assert_eq!(first.digest, elsewhere.digest);
    assert_eq!(digest_of(&mut std::fs::File::open(&first.path).unwrap()).unwrap(), first.digest);
    let conflicts = bed.merger("one").conflicts(&jars).await.unwrap();
    let told: Vec<_> = conflicts
        .iter()
        .map(|one| (one.kept.as_str(), one.left_out.as_str(), one.example.as_str()))
        .collect();
    assert_eq!(told, [("'a' version 3", "'b' version 3", "a/A.class")]);
}

#[tokio::test]
async fn what_was_merged_is_found_again_and_the_order_counts() {
    let mut bed = Bed::new();
    let (a, b) = (bed.jar("a", &[("x", "1")]), bed.jar("b", &[("x", "2")]));
    let merger = bed.merger("data");
    let ab = merger.merge(&[a.clone(), b.clone()], false).await.unwrap();
    let ba = merger.merge(&[b.clone(), a.clone()], false).await.unwrap();
    assert_ne!(ab.digest, ba.digest);
    // Found, not made: the jars may be gone.
    std::fs::write(bed.place(&a.digest), "gone").unwrap();
    assert_eq!(merger.merge(&[a.clone(), b.clone()], false).await.unwrap(), ab);
    assert_ne!(merger.key(&[a.clone(), b.clone()], true), merger.key(&[a, b], false));
}

#[tokio::test]
async fn one_jar_alone_is_itself() {
    let mut bed = Bed::new();
    let program = bed.jar(
        "program",
        &[("META-INF/MANIFEST.MF", "Main-Class: P\n"), ("META-INF/P.SF", "signed")],
    );
    let jar = bed.merger("data").merge(std::slice::from_ref(&program), false).await.unwrap();
    assert_eq!((jar.path, jar.digest), (bed.place(&program.digest), program.digest));
}

#[tokio::test]
async fn what_cannot_be_merged_is_told_with_its_name() {
    let mut bed = Bed::new();
    let good = bed.jar("good", &[("x", "1")]);
    let mut gone = good.clone();
    gone.name = "udf".to_owned();
    gone.digest = Digest::of([7; 32]);
    let error = bed.merger("data").merge(&[good.clone(), gone], true).await.unwrap_err();
    assert!(
        matches!(&error, PortError::Refused { status: None, message } if message.contains("'udf' version 3 (good-1.0.jar)")),
        "{error}"
    );
    std::fs::write(bed.place(&good.digest), "no jar, a text").unwrap();
    let error = bed.merger("data").merge(&[good], true).await.unwrap_err();
    assert!(
        matches!(&error, PortError::Refused { message, .. } if message.contains("'good' version 3 cannot be read as a jar")),
        "{error}"
    );
    let left: Vec<_> = std::fs::read_dir(bed.folder.path().join("data/cache/session-jars"))
        .into_iter()
        .flatten()
        .collect();
    assert!(left.is_empty(), "{left:?}");
}
