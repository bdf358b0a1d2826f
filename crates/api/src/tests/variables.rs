//! Variables and secrets: what may be made of them, where they may stand, and that a secret is in no answer and no row.

use domain::id::RunId;
use domain::operation::{Operation, OperationState};
use domain::run::{Run, RunCause, StartOptions};
use http::Method;
use serde_json::{Value, json};
use store::{Write, new_id, now};

use super::house::{Answer, House};

const VARIABLES: &str = "/teams/main/variables";
const RELEASES: &str = "/teams/main/jobs/orders/releases";
/// Nothing of this may be seen anywhere.
const SECRET: &str = "Geheim-4711's";
const NEWER: &str = "Neuer-0815-key";

async fn make(house: &House, body: Value) -> Answer {
    house.post("developer", VARIABLES, body).await
}

async fn change(house: &House, name: &str, body: Value) -> Answer {
    let path = format!("{VARIABLES}/{name}");
    house.bytes("developer", Method::PATCH, &path, &[], body.to_string()).await
}

async fn draft(house: &House, sql: &str, configuration: Value) -> Answer {
    let body = json!({"sql": sql, "clusterId": "local", "configuration": configuration});
    let path = "/teams/main/jobs/orders/draft";
    house
        .bytes("developer", Method::PUT, path, &[("if-match", "*")], body.to_string())
        .await
}

#[tokio::test]
async fn what_a_variable_may_be() {
    let house = House::build().await;
    let made = make(&house, json!({"name": "db.host", "value": "a'b\n订单", "description": "where"}))
        .await
        .is(201);
    assert_eq!(
        (&made["value"], &made["secret"], &made["revision"]),
        (&json!("a'b\n订单"), &json!(false), &json!(1))
    );
    assert_eq!((&made["usedBy"], &made["changedBy"]["name"]), (&json!([]), &json!("developer")));
    make(&house, json!({"name": "db.host", "value": "x"}))
        .await
        .problem(409, "name_taken");
    for (body, code, field) in [
        (json!({"name": "1a", "value": "x"}), "bad_name", "name"),
        (json!({"name": "a b", "value": "x"}), "bad_name", "name"),
        (json!({"name": "n".repeat(10_000), "value": "x"}), "bad_name", "name"),
        (json!({"name": "a", "value": "x".repeat(65_537)}), "too_long", "value"),
        (json!({"name": "a", "value": " abc ", "secret": true}), "too_short", "value"),
        (
            json!({"name": "a", "value": "x", "description": "d".repeat(2_001)}),
            "too_long",
            "description",
        ),
    ] {
        assert_eq!(make(&house, body).await.problem(422, code)["field"], field);
    }
    make(&house, json!({"name": "a", "value": "\0"}))
        .await
        .problem(400, "bad_character");
    make(&house, json!({"name": "a"})).await.problem(400, "missing_field");
    let seen = house.get("viewer", &format!("{VARIABLES}/db.host")).await.is(200);
    assert_eq!(seen, house.get("viewer", VARIABLES).await.is(200)["items"][0]);
    let described = change(&house, "db.host", json!({"description": "there"})).await.is(200);
    assert_eq!((&described["description"], &described["revision"]), (&json!("there"), &json!(1)));
    change(&house, "db.host", json!({"secret": true}))
        .await
        .problem(422, "missing_field");
    change(&house, "no.such", json!({"value": "x"})).await.problem(404, "not_found");
    let sealed = change(&house, "db.host", json!({"secret": true, "value": SECRET})).await.is(200);
    assert_eq!(
        (&sealed["secret"], sealed.get("value"), &sealed["revision"]),
        (&json!(true), None, &json!(2))
    );
    let path = format!("{VARIABLES}/db.host");
    house.delete("operator", &path).await.problem(403, "role_too_low");
    house.delete("developer", &path).await;
    house.delete("developer", &path).await.problem(404, "not_found");
}

#[tokio::test]
async fn a_release_resolves_plain_ones_and_a_change_says_what_is_needed() {
    let house = House::build().await;
    make(&house, json!({"name": "topic", "value": "or'ders"})).await.is(201);
    make(&house, json!({"name": "interval", "value": "3 s"})).await.is(201);
    let sql = "CREATE TABLE t (a INT) WITH ('topic' = '${topic}', 'x' = '$${topic}'); -- ${comment}\nINSERT INTO s SELECT 1";
    draft(&house, sql, json!({"execution.checkpointing.interval": "${interval}"}))
        .await
        .is(200);
    let first = house.release().await;
    let resolved = "CREATE TABLE t (a INT) WITH ('topic' = 'or''ders', 'x' = '${topic}'); -- ${comment}\nINSERT INTO s SELECT 1";
    assert_eq!(first["spec"]["sql"], resolved);
    assert_eq!(first["spec"]["configuration"], json!({"execution.checkpointing.interval": "3 s"}));
    let pinned = json!([{"name": "interval", "revision": 1, "secret": false}, {"name": "topic", "revision": 1, "secret": false}]);
    assert_eq!(first["variables"], pinned);
    let kept = house.get("viewer", "/teams/main/jobs/orders/draft").await.is(200);
    assert_eq!(kept["spec"]["sql"], sql, "the draft stays as it was typed");
    let changed = change(&house, "topic", json!({"value": "payments"})).await.is(200);
    let user = &changed["usedBy"][0];
    assert_eq!(
        (&user["job"], &user["draft"], &user["release"], &user["need"]),
        (&json!("orders"), &json!(true), &json!(1), &json!("release"))
    );
    let job = house.get("viewer", "/teams/main/jobs/orders").await.is(200);
    let condition = &job["status"]["conditions"][0];
    assert_eq!(condition["kind"], "variable_changed", "{job}");
    assert_eq!(
        condition["sentence"],
        "'topic' has changed since release 1 was made: make a new release to use the new value."
    );
    assert_eq!(
        house.get("viewer", &format!("{RELEASES}/1")).await.is(200)["digest"],
        first["digest"]
    );
    let second = house.release().await;
    assert_ne!(second["digest"], first["digest"]);
    let diff = house.get("viewer", &format!("{RELEASES}/2/diff")).await.is(200);
    assert!(diff["sql"].to_string().contains("payments"), "{diff}");
    let job = house.get("viewer", "/teams/main/jobs/orders").await.is(200);
    assert_eq!(job["status"]["conditions"], json!([]));
    house
        .delete("developer", &format!("{VARIABLES}/topic"))
        .await
        .problem(409, "variable_in_use");
}

#[tokio::test]
async fn faults_are_at_their_place_in_what_was_typed() {
    let house = House::build().await;
    make(&house, json!({"name": "lines", "value": "a\nb\nc"})).await.is(201);
    make(&house, json!({"name": "pw", "value": SECRET, "secret": true})).await.is(201);
    let sql = "SELECT '🦀${lines}', ${lins}, echo\n";
    let report = house.post("viewer", "/teams/main/check", json!({"sql": sql})).await.is(200);
    let of = |report: &Value| {
        let findings = report["findings"].as_array().unwrap().iter();
        findings
            .map(|one| {
                (
                    one["code"].as_str().unwrap().to_owned(),
                    [&one["line"], &one["column"], &one["endColumn"]].map(|n| n.as_u64().unwrap()),
                )
            })
            .collect::<Vec<_>>()
    };
    let expected = [("unknown_variable".to_owned(), [1, 22, 29]), ("echo".to_owned(), [1, 31, 35])];
    assert_eq!(of(&report), expected);
    assert!(
        report["findings"][0]["suggestion"].as_str().unwrap().contains("'lines'"),
        "{report}"
    );
    draft(&house, sql, json!({})).await.is(200);
    let refused = house
        .post("developer", RELEASES, json!({"overrideErrors": true}))
        .await
        .problem(422, "unknown_variable");
    assert_eq!(of(&refused), [expected[0].clone()]);
    draft(&house, "INSERT INTO s SELECT '${pw}'", json!({})).await.is(200);
    house
        .post("developer", RELEASES, json!({"overrideErrors": true}))
        .await
        .problem(422, "secret_shown");
    draft(&house, "INSERT INTO s SELECT 1", json!({"shown": "${pw}", "a.password": "${pw}"}))
        .await
        .is(200);
    let refused = house.post("developer", RELEASES, json!({})).await.problem(422, "secret_shown");
    assert_eq!(refused["field"], "configuration.shown");
    // A developer's check has the secret, that of others a stand-in; nobody sees it.
    let sql = "CREATE TABLE t (a INT) WITH ('password' = '${pw}') -- echo";
    for (who, has) in [("developer", true), ("viewer", false)] {
        let report = house.post(who, "/teams/main/check", json!({"sql": sql})).await.is(200);
        let asked = house.fake.0.lock().unwrap().checked.pop().unwrap();
        assert_eq!(asked.script.contains("'Geheim-4711''s'"), has, "{}", asked.script);
        assert!(!report.to_string().contains("4711"), "{report}");
        assert_eq!(report["findings"][0]["column"], 55);
    }
}

/// What the engine writes of a start: there is none in this house.
async fn running(house: &House, accepted: &Value) -> Run {
    let id = accepted["id"].as_str().unwrap().parse().unwrap();
    let operation = house.app.store.operation(house.team, id).await.unwrap();
    let job = house.app.store.job_by_name(house.team, "orders").await.unwrap().unwrap();
    let release = house.app.store.newest_release(house.team, job.id).await.unwrap();
    let run = Run {
        id: RunId(new_id()),
        job_id: job.id,
        team_id: house.team,
        release_id: release.id,
        release_number: release.number,
        cluster_id: house.cluster().await.id,
        generation: operation.generation,
        attempt: 1,
        cause: RunCause::Start,
        options: StartOptions::default(),
        restore_path: None,
        operation_id: operation.id,
        created_at: now(),
        running_at: Some(now()),
        stop_intent: None,
        end: None,
        ghost_since: None,
    };
    let done = Operation {
        state: OperationState::Succeeded,
        ended_at: Some(now()),
        run_id: Some(run.id),
        ..operation
    };
    let variables = release.content.variables.clone();
    let used = Write::RunVariables {
        of: (house.team, job.id),
        run_id: run.id,
        variables,
    };
    let writes = vec![Write::InsertRun(run.clone()), used, Write::Operation(done)];
    house.app.store.commit(None, writes).await.unwrap();
    let cluster = house.cluster().await;
    house
        .app
        .store
        .set_cluster_rest(cluster.id, Some("http://flink.example:8081"), None)
        .await
        .unwrap();
    run
}

#[tokio::test]
#[allow(clippy::too_many_lines, reason = "one life of a secret, in its order")]
async fn a_secret_is_in_no_answer_and_in_no_row() {
    let house = House::build().await;
    let mut said: Vec<Value> = Vec::new();
    said.push(
        make(
            &house,
            json!({"name": "pw", "value": SECRET, "secret": true, "description": "of the database"}),
        )
        .await
        .is(201),
    );
    said.push(
        make(&house, json!({"name": "pw", "value": SECRET, "secret": true}))
            .await
            .problem(409, "name_taken"),
    );
    said.push(make(&house, json!({"name": "other", "value": [SECRET], "secret": true})).await.json);
    said.push(
        make(&house, json!({"name": "other", "value": SECRET.repeat(10_000), "secret": true}))
            .await
            .problem(422, "too_long"),
    );
    said.push(change(&house, "pw", json!({"value": {"a": SECRET}})).await.json);
    let sql = "CREATE TABLE t (a INT) WITH ('password' = '${pw}'); -- echo\nINSERT INTO s SELECT 1";
    let configuration = json!({"s3.secret-key": "${pw}"});
    said.push(draft(&house, sql, configuration.clone()).await.is(200));
    let check = json!({"sql": sql, "configuration": configuration});
    said.push(house.post("developer", "/teams/main/check", check.clone()).await.is(200));
    house.fake.0.lock().unwrap().planner = Some(domain::ports::PortError::Retry(format!("it said {SECRET}")));
    said.push(
        house
            .post("developer", "/teams/main/check", check)
            .await
            .problem(503, "check_unavailable"),
    );
    said.push(house.post("developer", RELEASES, json!({})).await.problem(503, "check_unavailable"));
    house.fake.0.lock().unwrap().planner = None;
    let release = house.release().await;
    assert_eq!(release["spec"]["sql"], sql, "a secret stays a reference");
    assert_eq!(release["spec"]["configuration"], configuration);
    assert_eq!(release["variables"], json!([{"name": "pw", "revision": 1, "secret": true}]));
    said.push(release);
    let accepted = house.post("operator", "/teams/main/jobs/orders/start", json!({})).await.is(202);
    let run = running(&house, &accepted).await;
    let changed = change(&house, "pw", json!({"value": NEWER})).await.is(200);
    assert_eq!(changed["usedBy"][0]["need"], "restart", "{changed}");
    said.push(changed);
    let job = house.get("viewer", "/teams/main/jobs/orders").await.is(200);
    assert_eq!(job["status"]["conditions"][0]["kind"], "variable_changed", "{job}");
    // Flink repeats both, the one before as well.
    house.fake.0.lock().unwrap().said = format!(" {SECRET} and {NEWER}");
    for path in [
        "/variables",
        "/variables/pw",
        "/jobs",
        "/jobs/orders",
        "/jobs/orders/draft",
        "/jobs/orders/drafts",
        "/jobs/orders/releases",
        "/jobs/orders/releases/1",
        "/jobs/orders/releases/1/diff?against=0",
        "/jobs/orders/runs",
        "/jobs/orders/operations",
        "/jobs/orders/events",
        "/jobs/orders/exceptions",
        "/jobs/orders/graph",
        "/jobs/orders/configuration",
        "/jobs/orders/checkpoints",
        "/jobs/orders/logs/tail",
        "/clusters/local/logs/tail",
        "/audit",
    ] {
        let answer = house.get("admin", &format!("/teams/main{path}")).await.is(200);
        let shows = ["exceptions", "graph", "configuration", "tail"]
            .iter()
            .any(|end| path.ends_with(end));
        assert_eq!(answer.to_string().contains("****** and ******"), shows, "{path}: {answer}");
        said.push(answer);
    }
    // Two that do not use it, so that it may be deleted under the first release.
    draft(&house, "INSERT INTO s SELECT 1", json!({})).await.is(200);
    house.release().await;
    said.push(
        house
            .delete("developer", &format!("{VARIABLES}/pw"))
            .await
            .problem(409, "variable_in_use"),
    );
    let end = Write::EndRun {
        run_id: run.id,
        end: domain::run::RunEnd {
            at: now(),
            outcome: domain::run::Outcome::Failed,
            reason: "because".to_owned(),
            source: domain::run::Source::JobManagerRest,
        },
        events: Vec::new(),
    };
    house.app.store.commit(None, vec![end]).await.unwrap();
    assert_eq!(house.delete("developer", &format!("{VARIABLES}/pw")).await.status.as_u16(), 204);
    let missing = house
        .post("operator", "/teams/main/jobs/orders/start", json!({"release": 1}))
        .await
        .problem(422, "secret_missing");
    assert!(missing["detail"].as_str().unwrap().contains("'pw'"), "{missing}");
    said.push(missing);
    said.push(house.get("admin", "/teams/main/audit").await.is(200));
    said.push(house.get("admin", "/teams/main/jobs/orders/events").await.is(200));
    for answer in &said {
        for secret in ["4711", "0815"] {
            assert!(!answer.to_string().contains(secret), "{answer}");
        }
    }
    for file in std::fs::read_dir(house.folder.path()).unwrap() {
        let path = file.unwrap().path();
        let bytes = std::fs::read(&path).unwrap();
        for secret in [SECRET, NEWER, "Geheim-4711"] {
            let found = bytes.windows(secret.len()).any(|some| some == secret.as_bytes());
            assert!(!found, "{secret} is in {}", path.display());
        }
    }
}
