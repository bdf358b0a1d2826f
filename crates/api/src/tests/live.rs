//! What Flink says of a run, and what is said when Flink says nothing; lists of jobs.

use domain::cluster::{Look, UnmanagedJob};
use domain::id::RunId;
use domain::ports::PortError;
use domain::run::{Run, RunCause, StartOptions};
use http::Method;
use serde_json::{Value, json};
use store::{Write, new_id, now};

use super::house::House;

/// Starts `orders` and does the engine's part: the run is there, the cluster has an address.
async fn run(house: &House) -> Run {
    house.release().await;
    let id = house.post("operator", "/teams/main/jobs/orders/start", json!({})).await.is(202)["id"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap();
    let operation = house.app.store.operation_any(id).await.unwrap();
    let job = house.app.store.job_by_name(house.team, "orders").await.unwrap().unwrap();
    let release = house.app.store.newest_release(house.team, job.id).await.unwrap();
    let cluster = house.cluster().await;
    let run = Run {
        id: RunId(new_id()),
        job_id: job.id,
        team_id: house.team,
        release_id: release.id,
        release_number: release.number,
        cluster_id: cluster.id,
        generation: job.generation,
        attempt: 1,
        cause: RunCause::Start,
        options: StartOptions::default(),
        restore_path: None,
        operation_id: operation.id,
        created_at: now(),
        running_at: None,
        stop_intent: None,
        end: None,
        ghost_since: None,
    };
    house.app.store.commit(None, vec![Write::InsertRun(run.clone())]).await.unwrap();
    run
}

async fn address(house: &House) {
    house
        .app
        .store
        .set_cluster_rest(house.cluster().await.id, Some("http://127.0.0.1:1"), None)
        .await
        .unwrap();
}

#[tokio::test]
async fn flink_is_asked_and_its_silence_has_a_reason() {
    let house = House::build().await;
    let get = async |what: &str| house.get("viewer", &format!("/teams/main/jobs/orders/{what}")).await;
    get("graph").await.problem(404, "no_run");
    let run = run(&house).await;
    get("graph").await.problem(409, "cluster_not_started");
    address(&house).await;
    assert_eq!(get("graph").await.is(200)["vertices"][0]["name"], "Source");
    assert_eq!(get("configuration").await.is(200)["effective"]["parallelism.default"], "1");
    assert_eq!(
        get("logs/tail").await.is(200),
        json!({"process": "jobmanager", "file": "flink.log", "text": "from flink.log over REST", "source": "rest"})
    );
    get("logs/tail?file=..").await.problem(422, "bad_name");
    let runs = get("runs").await.is(200);
    assert_eq!(runs["items"][0]["flinkJobId"], run.id.flink_job_id());

    house.fake.flink_answers(Some(PortError::Refused {
        status: Some(404),
        message: "Job could not be found".to_owned(),
    }));
    for what in ["graph", "checkpoints", "exceptions"] {
        get(what).await.problem(404, "not_in_flink");
    }
    house.fake.flink_answers(Some(PortError::Retry("connection refused".to_owned())));
    get("exceptions").await.problem(502, "cluster_unreachable");
    let configuration = get("configuration").await.is(200);
    assert!(
        configuration["reason"].as_str().unwrap().contains("Connection refused"),
        "{configuration}"
    );
    assert_eq!(get("logs/tail").await.is(200)["text"], "jobmanager from the disk");
    assert_eq!(
        get("logs").await.is(200)["items"],
        json!([{"process": "jobmanager", "name": "jobmanager.log", "sizeBytes": -1, "source": "host", "previous": false, "grows": false}])
    );
}

#[tokio::test]
async fn a_run_that_nobody_can_reach_is_detached() {
    let house = House::build().await;
    run(&house).await;
    let operation = house.get("viewer", "/teams/main/jobs/orders/operations").await.is(200)["items"][0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    house
        .post("operator", &format!("/teams/main/operations/{operation}/cancel"), json!({}))
        .await
        .is(200);
    house
        .post("operator", "/teams/main/jobs/orders/start", json!({}))
        .await
        .problem(409, "old_run_unproven");
    let job = house.post("operator", "/teams/main/jobs/orders/detach", json!({})).await.is(200);
    assert_eq!(
        (&job["status"]["label"], &job["run"]["outcome"], &job["run"]["source"]),
        (&json!("ended"), &json!("unknown"), &json!("user"))
    );
    house
        .post("operator", "/teams/main/jobs/orders/detach", json!({}))
        .await
        .problem(409, "already_stopped");
    let events = house.get("viewer", "/teams/main/jobs/orders/events").await.is(200);
    let detached = events["items"]
        .as_array()
        .unwrap()
        .iter()
        .find(|event| event["code"] == "run_detached")
        .unwrap();
    assert_eq!(detached["by"]["name"], "operator");
}

#[tokio::test]
async fn jobs_are_listed_by_page_name_and_label() {
    let house = House::build().await;
    for n in 0..5 {
        house
            .post("developer", "/teams/main/jobs", json!({"name": format!("job {n}")}))
            .await
            .is(201);
    }
    let names = |page: &Value| {
        page["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|job| job["name"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    let first = house.get("viewer", "/teams/main/jobs?limit=4").await.is(200);
    assert_eq!(names(&first), ["job 4", "job 3", "job 2", "job 1"]);
    let next = house
        .get(
            "viewer",
            &format!("/teams/main/jobs?limit=4&cursor={}", first["nextCursor"].as_str().unwrap()),
        )
        .await
        .is(200);
    assert_eq!(names(&next), ["job 0", "orders"]);
    assert_eq!(next.get("nextCursor"), None);
    assert_eq!(names(&house.get("viewer", "/teams/main/jobs?search=ORD").await.is(200)), ["orders"]);
    house.release().await;
    house.post("operator", "/teams/main/jobs/orders/start", json!({})).await.is(202);
    assert_eq!(
        names(&house.get("viewer", "/teams/main/jobs?label=starting").await.is(200)),
        ["orders"]
    );
    let drafts = house.get("viewer", "/teams/main/jobs?label=draft&limit=2").await.is(200);
    assert_eq!(names(&drafts), ["job 4", "job 3"]);
    let rest = house
        .get(
            "viewer",
            &format!("/teams/main/jobs?label=draft&cursor={}", drafts["nextCursor"].as_str().unwrap()),
        )
        .await
        .is(200);
    assert_eq!(names(&rest), ["job 2", "job 1", "job 0"]);
    let renamed = house
        .bytes(
            "developer",
            Method::PATCH,
            "/teams/main/jobs/orders",
            &[],
            json!({"description": "per minute"}).to_string(),
        )
        .await
        .is(200);
    assert_eq!(
        (&renamed["name"], &renamed["description"]),
        (&json!("orders"), &json!("per minute"))
    );
}

#[tokio::test]
async fn only_what_the_cluster_lists_as_unmanaged_is_adopted() {
    let house = House::build().await;
    let theirs = "0123456789abcdef0123456789abcdef";
    let adopt = |id: &str| house.post("operator", "/teams/main/jobs/orders/adopt", json!({"flinkJobId": id}));
    adopt(theirs).await.problem(422, "not_released");
    house.release().await;
    adopt("../x").await.problem(422, "bad_flink_job_id");
    adopt(theirs).await.problem(409, "cluster_unreachable");
    let silent = Look {
        unmanaged: vec![UnmanagedJob {
            flink_job_id: theirs.to_owned(),
            name: "theirs".to_owned(),
            state: "RUNNING".to_owned(),
        }],
        ..Look::default()
    };
    let cluster_id = house.cluster().await.id;
    let seen = async |look: Look| {
        house.app.store.commit(None, vec![Write::Look { cluster_id, look }]).await.unwrap();
        house.get("viewer", "/teams/main/clusters/local").await.is(200)["look"]["unmanaged"][0]["adopt"].take()
    };
    // What a cluster listed before it fell silent may have ended since.
    assert_eq!(seen(silent.clone()).await["code"], "cluster_unreachable");
    adopt(theirs).await.problem(409, "cluster_unreachable");
    let answering = Look {
        contact_at: Some(now()),
        ..silent
    };
    assert_eq!(seen(answering).await["allowed"], true);
    assert_eq!(adopt(&"f".repeat(32)).await.problem(422, "not_unmanaged")["field"], "flinkJobId");
    let viewer = house
        .post("viewer", "/teams/main/jobs/orders/adopt", json!({"flinkJobId": theirs}))
        .await;
    viewer.problem(403, "role_too_low");
    let adopted = adopt(theirs).await.is(202);
    assert_eq!(
        (&adopted["kind"], &adopted["request"]["flinkJobId"], &adopted["request"]["release"]),
        (&json!("adopt"), &json!(theirs), &json!(1))
    );
    adopt(theirs).await.problem(409, "operation_running");
}

#[tokio::test]
async fn a_run_of_ours_is_not_adopted_by_another_way() {
    let house = House::build().await;
    let run = run(&house).await;
    let look = Look {
        unmanaged: vec![UnmanagedJob {
            flink_job_id: run.id.flink_job_id(),
            name: "ours by another address".to_owned(),
            state: "RUNNING".to_owned(),
        }],
        contact_at: Some(now()),
        ..Look::default()
    };
    let writes = vec![Write::Look {
        cluster_id: run.cluster_id,
        look,
    }];
    house.app.store.commit(None, writes).await.unwrap();
    let body = json!({"flinkJobId": run.id.flink_job_id()});
    house
        .post("operator", "/teams/main/jobs/orders/adopt", body)
        .await
        .problem(409, "already_managed");
}
