//! Uploads in pieces, versions, downloads, and what is refused; the bytes are played.

use axum::body::Body;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::house::{Answer, House};

const UPLOADS: &str = "/teams/main/uploads";
const ARTIFACTS: &str = "/teams/main/artifacts";

async fn begin(house: &House, name: &str, bytes: &[u8]) -> String {
    let made = house
        .post("developer", UPLOADS, json!({"fileName": name, "sizeBytes": bytes.len()}))
        .await
        .is(201);
    format!("{UPLOADS}/{}", made["id"].as_str().unwrap())
}

async fn send(house: &House, upload: &str, offset: &str, bytes: impl Into<Body>) -> Answer {
    house
        .bytes("developer", Method::PATCH, upload, &[("upload-offset", offset)], bytes)
        .await
}

async fn complete(house: &House, upload: &str) -> Answer {
    house.post("developer", &format!("{upload}/complete"), json!({})).await
}

pub async fn upload(house: &House, name: &str, bytes: &'static [u8]) -> Value {
    let upload = begin(house, name, bytes).await;
    send(house, &upload, "0", bytes).await.is(200);
    let answer = complete(house, &upload).await;
    assert!(matches!(answer.status, StatusCode::OK | StatusCode::CREATED), "{}", answer.json);
    answer.json
}

#[tokio::test]
async fn a_file_in_pieces_becomes_an_artifact() {
    let house = House::build().await;
    let path = begin(&house, "a b.jar", b"0123456789").await;
    assert_eq!(send(&house, &path, "0", "0123").await.is(200)["offset"], 4);
    complete(&house, &path).await.problem(409, "upload_incomplete");
    let wrong = send(&house, &path, "0", "0123").await;
    assert_eq!(wrong.headers["upload-offset"], "4");
    wrong.problem(409, "offset_mismatch");
    send(&house, &path, "4", "456789 and more").await.problem(413, "too_large");
    let known = house.get("developer", &path).await;
    assert_eq!(
        (
            known.headers["upload-offset"].to_str().unwrap(),
            known.headers["upload-length"].to_str().unwrap()
        ),
        ("4", "10")
    );
    send(&house, &path, "4", "456789").await.is(200);
    let made = complete(&house, &path).await.is(201);
    let artifact = &made["artifact"];
    assert_eq!(
        (&made["created"], &artifact["version"], &artifact["newest"]),
        (&json!(true), &json!(1), &json!(true))
    );
    assert_eq!(artifact["entryClasses"], json!(["com.example.Main"]));
    assert_eq!(artifact["createdBy"]["name"], "developer");
    house.get("developer", &path).await.problem(404, "not_found");
    assert_eq!(
        house.get("viewer", &format!("{ARTIFACTS}/a%20b.jar")).await.is(200)["digest"],
        artifact["digest"]
    );
}

#[tokio::test]
async fn what_arrived_before_the_cut_is_kept() {
    let house = House::build().await;
    let path = begin(&house, "a.jar", b"0123456789").await;
    let cut = futures::stream::iter([Ok("0123"), Err(std::io::Error::other("the line is cut"))]);
    send(&house, &path, "0", Body::from_stream(cut))
        .await
        .problem(400, "incomplete_body");
    assert_eq!(house.get("developer", &path).await.is(200)["offset"], 4);
    send(&house, &path, "4", "456789").await.is(200);
    complete(&house, &path).await.is(201);
}

#[tokio::test]
async fn a_name_has_versions() {
    let house = House::build().await;
    upload(&house, "orders.jar", b"one").await;
    let two = upload(&house, "orders.jar", b"two").await;
    assert_eq!((&two["artifact"]["version"], &two["created"]), (&json!(2), &json!(true)));
    let same = upload(&house, "orders.jar", b"two").await;
    assert_eq!((&same["artifact"]["version"], &same["created"]), (&json!(2), &json!(false)));
    let again = upload(&house, "orders.jar", b"one").await;
    assert_eq!((&again["artifact"]["version"], &again["created"]), (&json!(3), &json!(true)));
    upload(&house, "Orders.jar", b"one").await;
    let names = |page: Value| -> Vec<String> {
        let items = page["items"].as_array().unwrap().iter();
        items
            .map(|item| format!("{} {}", item["name"].as_str().unwrap(), item["version"]))
            .collect()
    };
    assert_eq!(
        names(house.get("viewer", ARTIFACTS).await.is(200)),
        ["Orders.jar 1", "orders.jar 3"]
    );
    let all = house.get("viewer", &format!("{ARTIFACTS}?name=orders.jar")).await.is(200);
    assert_eq!(names(all), ["orders.jar 3", "orders.jar 2", "orders.jar 1"]);
    let old = house.get("viewer", &format!("{ARTIFACTS}/orders.jar?version=2")).await.is(200);
    assert_eq!((&old["version"], &old["newest"]), (&json!(2), &json!(false)));
    house
        .get("viewer", &format!("{ARTIFACTS}/orders.jar?version=9"))
        .await
        .problem(404, "not_found");
    house
        .delete("developer", &format!("{ARTIFACTS}/orders.jar"))
        .await
        .problem(422, "version_missing");
    house
        .delete("developer", &format!("{ARTIFACTS}/orders.jar?version=3"))
        .await
        .is(204);
    let next = upload(&house, "orders.jar", b"three").await;
    assert_eq!(next["artifact"]["version"], 4, "a number is never given twice");
}

#[tokio::test]
async fn what_is_used_stays() {
    let house = House::build().await;
    upload(&house, "kafka.jar", b"one").await;
    upload(&house, "kafka.jar", b"two").await;
    let job = house.app.store.job_by_name(house.team, "orders").await.unwrap().unwrap();
    let mut spec = house.app.store.draft(house.team, job.id, None).await.unwrap().spec;
    spec.jars = vec![domain::artifact::ArtifactRef {
        name: "kafka.jar".to_owned(),
        version: None,
    }];
    let user = house.app.store.user_by_name("developer").await.unwrap().unwrap();
    let draft = store::NewDraft {
        team_id: house.team,
        job_id: job.id,
        base_revision: None,
        spec,
        saved_by: user.id,
    };
    house.app.store.save_draft(draft).await.unwrap();
    let newest = house.get("viewer", &format!("{ARTIFACTS}/kafka.jar")).await.is(200);
    assert_eq!(
        newest["usedBy"],
        json!([{"by": "draft", "name": "orders", "jobId": job.id.to_string()}])
    );
    let refused = house
        .delete("developer", &format!("{ARTIFACTS}/kafka.jar?version=2"))
        .await
        .problem(409, "artifact_in_use");
    assert!(
        refused["detail"].as_str().unwrap().contains("the draft of job 'orders'"),
        "{refused}"
    );
    house.delete("developer", &format!("{ARTIFACTS}/kafka.jar?version=1")).await.is(204);
}

#[tokio::test]
async fn bad_uploads() {
    let house = House::build().await;
    let new = |body: Value| house.post("developer", UPLOADS, body);
    for bad in [
        "",
        ".",
        "..",
        "../a.jar",
        "/a.jar",
        "a\\b.jar",
        "a\nb.jar",
        "a\0.jar",
        &"x".repeat(10_000),
    ] {
        let problem = new(json!({"fileName": bad, "sizeBytes": 1})).await.problem(422, "bad_name");
        assert_eq!(problem["field"], "fileName", "{bad:?}");
        let problem = new(json!({"fileName": "a.jar", "name": bad, "sizeBytes": 1}))
            .await
            .problem(422, "bad_name");
        assert_eq!(problem["field"], "name", "{bad:?}");
    }
    new(json!({"fileName": "a.jar", "sizeBytes": 0})).await.problem(422, "bad_size");
    new(json!({"fileName": "a.jar", "sizeBytes": -1})).await.problem(422, "bad_size");
    new(json!({"fileName": "a.jar", "sizeBytes": (2_i64 << 30) + 1}))
        .await
        .problem(413, "too_large");
    new(json!({"fileName": "a.jar", "sizeBytes": 1, "sha256": "abc"}))
        .await
        .problem(422, "bad_digest");
    new(json!({"fileName": "a.jar", "sizeBytes": 1, "kind": "virus"}))
        .await
        .problem(400, "bad_field");
    new(json!({"fileName": "a.jar", "sizeBytes": 507})).await.problem(507, "disk_full");
    let path = begin(&house, "a.jar", b"full").await;
    for offset in ["", "x", "-1", "99999999999999999999"] {
        send(&house, &path, offset, "full").await.problem(400, "offset_missing");
    }
    send(&house, &path, "0", "full").await.problem(507, "disk_full");
    house.get("developer", &path).await.problem(404, "not_found");
    let path = begin(&house, "a.jar", b"bad bytes").await;
    send(&house, &path, "0", "bad bytes").await.is(200);
    let problem = complete(&house, &path).await.problem(422, "bad_artifact");
    assert!(problem["detail"].as_str().unwrap().contains("'../evil'"), "{problem}");
    complete(&house, &path).await.problem(404, "not_found");
    assert_eq!(
        house.get("developer", UPLOADS).await.is(200)["items"],
        json!([]),
        "nothing half-done is left"
    );
    assert_eq!(house.get("viewer", ARTIFACTS).await.is(200)["items"], json!([]));
    house
        .get("viewer", &format!("{ARTIFACTS}?kind=virus"))
        .await
        .problem(400, "bad_query");
    house
        .get("viewer", &format!("{ARTIFACTS}/{}", "x".repeat(10_000)))
        .await
        .problem(404, "not_found");
}

#[tokio::test]
async fn a_team_has_limits() {
    let house = House::build().await;
    for number in 0..20 {
        begin(&house, &format!("{number}.jar"), b"x").await;
    }
    let body = json!({"fileName": "a.jar", "sizeBytes": 1});
    house
        .post("developer", UPLOADS, body.clone())
        .await
        .problem(409, "too_many_uploads");
    let open = house.get("developer", UPLOADS).await.is(200);
    assert_eq!(open["items"].as_array().unwrap().len(), 20);
    let one = open["items"][0]["id"].as_str().unwrap().to_owned();
    house.delete("developer", &format!("{UPLOADS}/{one}")).await.is(204);
    house
        .delete("developer", &format!("{UPLOADS}/{one}"))
        .await
        .problem(404, "not_found");
    house.post("developer", UPLOADS, body).await.is(201);
}

#[tokio::test]
async fn another_team_sees_nothing_of_it() {
    let house = House::build().await;
    let made = upload(&house, "a.jar", b"one").await;
    let id = made["artifact"]["id"].as_str().unwrap();
    let path = begin(&house, "b.jar", b"two").await;
    let upload_id = path.rsplit('/').next().unwrap();
    for artifact in [id, "a.jar"] {
        for rest in ["", "/content"] {
            let path = format!("/teams/elsewhere/artifacts/{artifact}{rest}");
            house.get("outsider", &path).await.problem(404, "not_found");
        }
        let path = format!("/teams/elsewhere/artifacts/{artifact}?version=1");
        house.delete("outsider", &path).await.problem(404, "not_found");
    }
    let path = format!("/teams/elsewhere/uploads/{upload_id}");
    house.get("outsider", &path).await.problem(404, "not_found");
    house.delete("outsider", &path).await.problem(404, "not_found");
    house
        .bytes("outsider", Method::PATCH, &path, &[("upload-offset", "0")], "two")
        .await
        .problem(404, "not_found");
    house
        .post("outsider", &format!("{path}/complete"), json!({}))
        .await
        .problem(404, "not_found");
    assert_eq!(
        house.get("outsider", "/teams/elsewhere/artifacts").await.is(200)["items"],
        json!([])
    );
}

async fn download(house: &House, headers: &[(&str, &str)]) -> (StatusCode, http::HeaderMap, Vec<u8>) {
    let mut builder = house.request(
        "viewer",
        Method::GET,
        &format!("{ARTIFACTS}/%E8%AE%A2%E5%8D%95%20%221%22.jar/content"),
    );
    for (name, value) in headers {
        builder = builder.header(*name, *value);
    }
    let response = house.raw(builder.body(Body::empty()).unwrap()).await;
    let (parts, body) = response.into_parts();
    let bytes = axum::body::to_bytes(body, usize::MAX).await.unwrap();
    (parts.status, parts.headers, bytes.to_vec())
}

#[tokio::test]
async fn downloads_whole_and_in_parts() {
    let house = House::build().await;
    let made = upload(&house, "订单 \"1\".jar", b"0123456789012345678901234567890123456789").await;
    let tag = format!("\"{}\"", made["artifact"]["digest"].as_str().unwrap());
    let (status, headers, bytes) = download(&house, &[("accept-encoding", "gzip, br")]).await;
    assert_eq!(
        (status, bytes.len(), headers["content-length"].to_str().unwrap()),
        (StatusCode::OK, 40, "40")
    );
    assert_eq!(headers["etag"].to_str().unwrap(), tag);
    assert_eq!(
        headers["content-disposition"],
        "attachment; filename=\"__ _1_.jar\"; filename*=UTF-8''%E8%AE%A2%E5%8D%95%20%221%22.jar"
    );
    assert_eq!(headers["x-content-type-options"], "nosniff");
    let (status, headers, bytes) = download(&house, &[("range", "bytes=30-"), ("if-range", &tag)]).await;
    assert_eq!((status, bytes.as_slice()), (StatusCode::PARTIAL_CONTENT, b"0123456789".as_slice()));
    assert_eq!(headers["content-range"], "bytes 30-39/40");
    let (status, _, bytes) = download(&house, &[("range", "bytes=30-"), ("if-range", "\"other\"")]).await;
    assert_eq!((status, bytes.len()), (StatusCode::OK, 40));
    let (status, headers, _) = download(&house, &[("range", "bytes=40-")]).await;
    assert_eq!(
        (status, headers["content-range"].to_str().unwrap()),
        (StatusCode::RANGE_NOT_SATISFIABLE, "bytes */40")
    );
    let (status, _, bytes) = download(&house, &[("if-none-match", &tag)]).await;
    assert_eq!((status, bytes.len()), (StatusCode::NOT_MODIFIED, 0));
}
