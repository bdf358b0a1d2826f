//! Each kind of bad input, with the place and the words that people get.

use super::{faults, read};

/// A job to which a line is added.
fn job(line: &str) -> String {
    format!("kind: Job\nname: a\ncluster: c\nsql: SELECT 1;\n{line}\n")
}

#[test]
#[allow(clippy::too_many_lines, reason = "one table")]
fn each_fault_has_its_place_and_what_was_expected() {
    for (line, expected) in [
        (
            "parallelism: \"4\"",
            "f.yaml:5:14: parallelism: expected a whole number from 1 to 32768, found '4' in quotes: remove the quotes",
        ),
        (
            "parallelism: 1.5",
            "f.yaml:5:14: parallelism: expected a whole number from 1 to 32768, found 1.5",
        ),
        (
            "parallelism: 0",
            "f.yaml:5:14: parallelism: expected a whole number from 1 to 32768, found 0",
        ),
        (
            "parallelism: 99999999999999999999",
            "f.yaml:5:14: parallelism: expected a whole number from 1 to 32768, found 99999999999999999999",
        ),
        (
            "parallelism: [1]",
            "f.yaml:5:14: parallelism: expected a whole number from 1 to 32768, found a list",
        ),
        (
            "parallelism:",
            "f.yaml:5:12: parallelism: expected a whole number from 1 to 32768, found nothing",
        ),
        ("paralelism: 4", "f.yaml:5:1: unknown key 'paralelism'; did you mean 'parallelism'?"),
        ("sql_file: x", "f.yaml:5:1: unknown key 'sql_file'; did you mean 'sqlFile'?"),
        ("running: yes", "f.yaml:5:10: running: expected true or false, found 'yes'"),
        ("running: on", "f.yaml:5:10: running: expected true or false, found 'on'"),
        (
            "running: \"true\"",
            "f.yaml:5:10: running: expected true or false, found 'true' in quotes: remove the quotes",
        ),
        (
            "mode: sesion",
            "f.yaml:5:7: mode: expected one of session, application, found 'sesion'; did you mean 'session'?",
        ),
        (
            "description: 2024",
            "f.yaml:5:14: description: expected text, found the number 2024: put it in quotes",
        ),
        ("config:\n  a: [x]", "f.yaml:6:6: config.a: expected text, found a list"),
        ("config:\n  a:", "f.yaml:6:4: config.a: expected text, found nothing"),
        ("config: x", "f.yaml:5:9: config: expected keys with values, found 'x'"),
        (
            "config:\n  pipeline.name: x",
            "f.yaml:6:18: config: the key 'pipeline.name' is set by the platform: the job's name is used",
        ),
        ("name: b", "f.yaml:5:1: the key 'name' stands here twice: first in line 2"),
        (
            "labels:\n  a: b\n  a: c",
            "f.yaml:7:3: the key 'a' stands here twice: first in line 6",
        ),
        (
            "labels:\n  a: 'x,y'",
            "f.yaml:6:6: labels: 'a' cannot be used: a value has at most 63 letters, digits or . _ - / and begins and ends with a letter or digit",
        ),
        ("jars: kafka", "f.yaml:5:7: jars: expected a list, found 'kafka'"),
        (
            "jars:\n  - 'a@0'",
            "f.yaml:6:5: jars.0: expected name, name@version or file:path, found 'a@0'",
        ),
        (
            "jars:\n  - 'file:'",
            "f.yaml:6:5: jars.0: expected name, name@version or file:path, found 'file:'",
        ),
        ("entryClass: x.Y", "f.yaml:5:13: entryClass: goes with jar or jarUri only"),
        ("sqlFile: x.sql", "f.yaml:5:10: sqlFile: a job has either this or sql, not both"),
        (
            "target: kubernetes",
            "f.yaml:5:9: target: goes with `mode: application` only; a session job names a `cluster`",
        ),
        ("description: !!str x", "f.yaml:5:14: tags such as !!str are not read: remove it"),
        (
            "description: \"a\\0b\"",
            "f.yaml:5:14: description: the character U+0000 cannot be kept",
        ),
        (
            "[a]: b",
            "f.yaml:5:1: a key is a word, not a list or mapping; a text that begins with { or [ stands in quotes",
        ),
        ("config:\n\ta: b", "f.yaml:6:1: a tab cannot indent YAML: use spaces"),
        ("*a : b", ""),
    ] {
        let found = faults(&job(line));
        if expected.is_empty() {
            assert_eq!(found.len(), 1, "{line}: {found:?}");
        } else {
            assert_eq!(found, [expected], "{line}");
        }
    }
}

#[test]
fn an_application_names_a_target_and_a_version_and_no_cluster() {
    assert_eq!(
        faults(&job("mode: application")),
        [
            "f.yaml:3:10: cluster: goes with `mode: session` only; an application names a `target`",
            "f.yaml:1:1: the key 'target' is missing: where the clusters of the application are made",
            "f.yaml:1:1: the key 'flink' is missing: the Flink version of the application, such as 2.2.1",
        ]
    );
}

#[test]
fn a_jar_of_the_image_and_pod_templates_belong_to_an_application() {
    let application = |lines: &str| format!("kind: Job\nname: a\nmode: application\ntarget: t\nflink: 2.2.1\n{lines}\n");
    let local = "jarUri: local:///opt/flink/usrlib/a.jar";
    for fine in [
        local,
        &format!("{local}\nentryClass: a.B\nargs: [x]\njars: [udf]"),
        "sql: x\njobManagerTemplate: |\n  kind: Pod\ntaskManagerTemplate: |\n  kind: Pod",
    ] {
        assert_eq!(faults(&application(fine)), Vec::<String>::new(), "{fine}");
    }
    let long = format!("sql: x\njobManagerTemplate: '{}'", "x".repeat(256 * 1024 + 1));
    for (lines, expected) in [
        (
            application("jarUri: s3://bucket/a.jar"),
            "f.yaml:6:9: jarUri: 's3' names no file of the image or of a mount: upload the jar as an artifact and name that, or mount it and write local:///path",
        ),
        (
            application("jarUri: local://opt/a.jar"),
            "f.yaml:6:9: jarUri: a file of a pod has no host: write three slashes, local:///path",
        ),
        (
            application("jarUri: local:///opt/../a.jar"),
            "f.yaml:6:9: jarUri: '..' stands in the path: write where the jar really is",
        ),
        (
            application("jar: local:///opt/a.jar"),
            "f.yaml:6:6: jar: names an artifact or a file beside this one; a jar in the image or in a mount is `jarUri: local:///path`",
        ),
        (
            application(&format!("jar: orders\n{local}")),
            "f.yaml:7:9: jarUri: a job has either this or jar, not both",
        ),
        (
            application(&format!("sql: x\n{local}")),
            "f.yaml:7:9: jarUri: a job has either this or sql, not both",
        ),
        (
            application("sql: x\njobManagerTemplate: y\njobManagerTemplateFrom: z.yaml"),
            "f.yaml:8:25: jobManagerTemplateFrom: a job has either this or jobManagerTemplate, not both",
        ),
        (
            application(&long),
            "f.yaml:7:21: jobManagerTemplate: has 262145 bytes; 256 KiB is the most",
        ),
        (
            format!("kind: Job\nname: a\ncluster: c\n{local}"),
            "f.yaml:4:9: jarUri: goes with `mode: application` only; to a session cluster the jar is sent: `jar`",
        ),
        (
            job("taskManagerTemplateFrom: x.yaml"),
            "f.yaml:5:26: taskManagerTemplateFrom: goes with `mode: application` only; a session cluster has its pods already",
        ),
    ] {
        assert_eq!(faults(&lines), [expected]);
    }
}

/// A policy that restarts, to which a line is added.
fn restart(line: &str) -> String {
    job(&format!("restart:\n  when: failed\n  {line}"))
}

#[test]
fn a_restart_policy_has_the_bounds_of_the_api() {
    for (text, expected) in [
        (
            job("restart: always"),
            "f.yaml:5:10: restart: expected keys with values, found 'always'",
        ),
        (
            job("restart: [failed]"),
            "f.yaml:5:10: restart: expected keys with values, found a list",
        ),
        (job("restart:"), "f.yaml:5:8: restart: expected keys with values, found nothing"),
        (job("restart: {limit: 3}"), "f.yaml:5:10: the key 'when' is missing"),
        (
            job("restart:\n  when: fail"),
            "f.yaml:6:9: restart.when: expected one of never, failed, failed_or_lost, found 'fail'; did you mean 'failed'?",
        ),
        (
            restart("limit: 0"),
            "f.yaml:7:10: restart.limit: expected a whole number from 1 to 100, found 0",
        ),
        (
            restart("windowSeconds: 10 min"),
            "f.yaml:7:18: restart.windowSeconds: expected a whole number from 60 to 86400, found '10 min'",
        ),
        (
            restart("window: 60"),
            "f.yaml:7:3: unknown key 'window'; did you mean 'windowSeconds'?",
        ),
        (
            restart("state: newest"),
            "f.yaml:7:10: restart.state: expected one of latest, none, found 'newest'",
        ),
        (
            restart("windowSeconds: 60"),
            "f.yaml:7:18: restart.windowSeconds: 5 restarts wait 5 min together, which is no less than the window of 60 s: the limit would never be reached.",
        ),
        (
            restart("maximumDelaySeconds: 5"),
            "f.yaml:7:24: restart.maximumDelaySeconds: The longest delay is no shorter than the first one and at most 1 h (3600 s).",
        ),
    ] {
        assert_eq!(faults(&text), [expected], "{text}");
    }
    assert_eq!(faults(&restart("limit: 100\n  windowSeconds: 86400")), [""; 0]);
}

#[test]
#[allow(clippy::too_many_lines, reason = "one table")]
fn hostile_texts_are_told_in_words() {
    let named = |name: &str| format!("kind: Job\nname: {name}\ncluster: c\nsql: x\n");
    for (text, expected) in [
        (
            named("1e3"),
            "f.yaml:2:7: name: expected text, found the number 1e3: put it in quotes",
        ),
        (
            named("0x1F"),
            "f.yaml:2:7: name: expected text, found the number 0x1F: put it in quotes",
        ),
        (
            named("-.inf"),
            "f.yaml:2:7: name: expected text, found the number -.inf: put it in quotes",
        ),
        (named("~"), "f.yaml:2:7: name: expected text, found nothing"),
        (named(&"x".repeat(10_000)), "f.yaml:2:7: name: at most 200 characters, found 10000"),
        (
            named("\"a\\u202eb\""),
            "f.yaml:2:7: name: this cannot be used: a name has no control characters or line breaks",
        ),
        (
            named("{{ .Values.name }}"),
            "f.yaml:2:8: a key is a word, not a list or mapping; a text that begins with { or [ stands in quotes",
        ),
        (named("@me"), "f.yaml:2:7: a text cannot begin with @: put it in quotes"),
        (
            named("a: b"),
            "f.yaml:2:8: a colon cannot stand here: put a text that has one in quotes, and look at how far the lines are indented",
        ),
        (named("\"a"), "f.yaml:2:7: the quotes that begin here have no end"),
        (named("*who"), "f.yaml:2:7: this alias has no anchor before it in the document"),
        (
            named("a\0b"),
            "f.yaml:2:8: the character U+0000 cannot stand in YAML: save the file as text in UTF-8",
        ),
        (
            "k\0i\0n\0d\0:\0".to_owned(),
            "f.yaml:1:2: the character U+0000 cannot stand in YAML: save the file as text in UTF-8",
        ),
        (job("<<: {a: b}"), "f.yaml:5:1: merge keys (<<) are not read: write the keys out"),
        (
            job("config:\n  <<: {a: b}"),
            "f.yaml:6:3: merge keys (<<) are not read: write the keys out",
        ),
        (
            job("description: !!python/object/apply:os.system x"),
            "f.yaml:5:14: tags such as !!str are not read: remove it",
        ),
        (
            job("description: !own x"),
            "f.yaml:5:14: tags such as !!str are not read: remove it",
        ),
        (
            job("description:\tx"),
            "f.yaml:5:14: a tab cannot stand behind the colon: use a space",
        ),
        (
            "kind: Job\nname: a\ncluster: c\nsql: |\n\tSELECT 1;\n".to_owned(),
            "f.yaml:5:1: a tab cannot indent YAML: use spaces",
        ),
        (
            "kind: Job\nlabels:\n    a: b\n  c: d\n".to_owned(),
            "f.yaml:4:3: expected a key, and the lines are not indented alike",
        ),
        (
            job(&format!("{}: x", "k".repeat(2_000))),
            "f.yaml:5:2001: expected `key: value`, and a key of at most 1024 characters",
        ),
        (
            job("paralelism: 3").replace('\n', "\r\n"),
            "f.yaml:5:1: unknown key 'paralelism'; did you mean 'parallelism'?",
        ),
        (
            format!("\u{feff}{}", job("running: yes")),
            "f.yaml:5:10: running: expected true or false, found 'yes'",
        ),
        (
            "<?xml version=\"1.0\"?><job/>".to_owned(),
            "f.yaml:1:1: expected a document with keys, such as `kind: Job`",
        ),
        (
            "apiVersion: v1\nkind: Pod\n".to_owned(),
            "f.yaml:2:7: kind: expected one of Job, Cluster, Artifact, Target, found 'Pod'",
        ),
    ] {
        assert_eq!(faults(&text), [expected], "{}", crate::yaml::short(&text));
    }
}

#[test]
fn as_many_faults_are_told_as_somebody_mends() {
    for text in ["a: b\n".repeat(100_000), format!("{{{}}}", "a,".repeat(100_000))] {
        let found = faults(&text);
        assert!((100..=101).contains(&found.len()), "{}", found.len());
    }
    for (quiet, text) in [
        ("comments", "#".repeat(100_000)),
        ("separators", "---\n".repeat(1_000)),
        ("tabs", "\t".repeat(1_000)),
    ] {
        let (documents, found) = read(&text);
        assert!(documents.is_empty() && found.is_empty(), "{quiet}: {found:?}");
    }
}

#[test]
fn documents_that_are_none_are_told() {
    for (text, expected) in [
        (
            "kind: Jop\n",
            vec!["f.yaml:1:7: kind: expected one of Job, Cluster, Artifact, Target, found 'Jop'; did you mean 'Job'?"],
        ),
        (
            "name: a\n",
            vec!["f.yaml:1:1: the key 'kind' is missing: expected Job, Cluster, Artifact or Target"],
        ),
        (
            "- kind: Job\n",
            vec!["f.yaml:1:1: expected a document with keys, such as `kind: Job`"],
        ),
        (
            "just text\n",
            vec!["f.yaml:1:1: expected a document with keys, such as `kind: Job`"],
        ),
        ("kind: Job\ncluster: c\nsql: x\n", vec!["f.yaml:1:1: the key 'name' is missing"]),
        (
            "kind: Job\nname: a\ncluster: c\n",
            vec!["f.yaml:1:1: a job needs one of sql, sqlFile, jar or jarUri"],
        ),
        (
            "kind: Job\nname: a\nsql: x\n",
            vec!["f.yaml:1:1: the key 'cluster' is missing: the session cluster that the job runs in"],
        ),
        (
            "kind: Cluster\nname: a\ntarget: local\n",
            vec!["f.yaml:1:1: the key 'flink' is missing: a local cluster needs it"],
        ),
        (
            "kind: Cluster\nname: a\ntarget: standalone\nrestUrl: http://x\nslots: 4\n",
            vec!["f.yaml:5:8: slots: is for local clusters only"],
        ),
        (
            "kind: Cluster\nname: a\ntarget: local\nflink: 2.2.1\nslots: 400\n",
            vec!["f.yaml:5:8: slots: expected a whole number from 1 to 256, found 400"],
        ),
        (
            "kind: Cluster\nname: a\ntarget: local\nflink: 2.2.1\njars: [a, 'file:x.jar', b@0]\nconnection: {}\n",
            vec![
                "f.yaml:6:13: connection: is for standalone clusters only",
                "f.yaml:5:11: jars.1: expected name or name@version, found 'file:x.jar'; describe the file as a document of its own, `kind: Artifact`",
                "f.yaml:5:25: jars.2: expected name or name@version, found 'b@0'",
            ],
        ),
        (
            "kind: Cluster\nname: a\ntarget: standalone\nrestUrl: https://x\nconnection: {user: u, password: hunter2}\n",
            vec![
                "f.yaml:5:23: unknown key 'password'; a secret does not stand in a document: name its file with 'passwordFile', or an environment variable with 'passwordEnv'",
            ],
        ),
        (
            "kind: Cluster\nname: a\ntarget: standalone\nrestUrl: https://x\nconnection:\n  user: u\n  header: h\n  headerValueEnv: HOME\n  clientKeyEnv: STREAMWRIGHT_SECRET_K\n",
            vec![
                "f.yaml:7:11: connection.header: an address is told either a user and password or a header, not both",
                "f.yaml:9:17: connection.clientKeyEnv: it goes with 'clientCertificateFile', which is missing",
                "f.yaml:8:19: connection.headerValueEnv: expected the name of an environment variable that begins with STREAMWRIGHT_SECRET_, found 'HOME'",
            ],
        ),
        (
            "kind: Artifact\nname: a\ntype: jar\nfile: x\n",
            vec!["f.yaml:3:7: type: expected one of job_jar, udf_jar, connector, python_file, archive, found 'jar'"],
        ),
    ] {
        assert_eq!(faults(text), expected, "{text}");
    }
}

#[test]
fn all_faults_of_all_documents_are_found_at_once() {
    let text = "kind: Job\nname: 7\nparalelism: 4\nrunning: yes\n---\nkind: Cluster\nname: c\ntarget: locl\n";
    let found = faults(text);
    let places: Vec<&str> = found.iter().map(|fault| &fault[..10]).collect();
    assert_eq!(places, ["f.yaml:2:7", "f.yaml:3:1", "f.yaml:4:1", "f.yaml:8:9"], "{found:?}");
}

#[test]
fn what_grows_is_bounded() {
    let mut laughs = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..12 {
        let below = vec![format!("*a{}", level - 1); 9].join(", ");
        laughs.push_str(&format!("a{level}: &a{level} [{below}]\n"));
    }
    let long = format!("a: &a {}\nb: [{}]\n", "x".repeat(100_000), vec!["*a"; 1_000].join(", "));
    let chain: String = (1..100).map(|n| format!("a{n}: &a{n} [*a{}]\n", n - 1)).collect();
    for (text, expected) in [
        (laughs, "grow beyond all bounds"),
        (long, "grow beyond all bounds"),
        (format!("a0: &a0 [x]\n{chain}"), "levels deep by this alias"),
        ("[".repeat(100_000), ""),
        (
            format!("a:\n{}", (1..200).map(|n| format!("{}a:\n", " ".repeat(n))).collect::<String>()),
            "levels deep",
        ),
        (format!("a: [{}]", "x,".repeat(200_000)), "at most 100000 values"),
        ((0..6_000).map(|n| format!("k{n}: v\n")).collect(), "at most 5000 keys"),
        ("---\na: b\n".repeat(1_001), "at most 1000 documents"),
        ("a: &a [*a]\n".to_owned(), "itself a part of"),
    ] {
        let found = faults(&text);
        assert!(found.iter().any(|fault| fault.contains(expected)), "{expected}: {:?}", found.last());
    }
}

#[test]
fn aliases_within_bounds_are_read() {
    let text = "kind: Job\nname: a\ncluster: c\nsql: x\nlabels: &same\n  a: b\nconfig: *same\n";
    let (documents, found) = read(text);
    assert_eq!(found, []);
    let crate::read::Body::Job(job) = &documents[0].body else {
        panic!()
    };
    assert_eq!(job.labels, job.config);
}

#[test]
fn text_is_taken_as_it_is_written_where_numbers_are_usual() {
    let text = "kind: Job\nname: a\ncluster: c\njar: j@2\nargs: [--port, 8081, 1.0, true, 'x y']\nflink: 2.2\nlabels: {year: 2024}\nconfig:\n  \
                parallelism.default: 4\n  a: 1e3\n  b: yes\n  c: 10 s\n";
    let (documents, found) = read(text);
    assert_eq!(found, []);
    let crate::read::Body::Job(job) = &documents[0].body else {
        panic!()
    };
    assert_eq!(job.args, ["--port", "8081", "1.0", "true", "x y"]);
    assert_eq!((job.flink.as_deref(), job.labels["year"].as_str()), (Some("2.2"), "2024"));
    let values: Vec<&str> = job.config.values().map(String::as_str).collect();
    assert_eq!(values, ["1e3", "yes", "10 s", "4"]);
}

#[test]
fn places_in_scripts_are_places_in_files() {
    let text = "kind: Job\nname: a\ncluster: c\nsql: |\n\n  SELECT\n    x;\n";
    let (documents, _) = read(text);
    assert_eq!(documents[0].in_script(3, 5), "f.yaml:7:7");
    let (documents, _) = read("kind: Job\nname: a\ncluster: c\nsql: SELECT 1\n");
    assert_eq!(documents[0].in_script(1, 2), "f.yaml:4:6: in its script, line 1, column 2");
}
