//! Uploads: begin, send in pieces, complete. Each piece names the offset at which it goes on (`Upload-Offset`, as in
//! tus and the IETF's resumable uploads); after a lost connection the offset is asked for, and the rest is sent.

use axum::Json;
use axum::body::Body as RawBody;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use domain::artifact::{ArtifactKind, Digest, check_artifact_name};
use domain::id::{UploadId, UserId};
use domain::ports::PortError;
use futures::StreamExt;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use serde::{Deserialize, Serialize};
use store::{NewArtifact, StoreError, UploadRefused, new_id, now};
use utoipa::ToSchema;

use crate::app::App;
use crate::artifact::{self, Artifact};
use crate::download::Content;
use crate::extract::{Body, Path};
use crate::page::Page;
use crate::person::Person;
use crate::problem::{Problem, sentence};
use crate::scope::Scope;
use crate::time::Time;

/// Where an upload goes on.
const OFFSET: HeaderName = HeaderName::from_static("upload-offset");
/// How many bytes it will have.
const LENGTH: HeaderName = HeaderName::from_static("upload-length");
/// Bytes are written to the disk in pieces of this size (256 KiB).
const PIECE: usize = 256 * 1024;

/// An artifact's bytes on their way.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Upload {
    /// Its id.
    #[schema(value_type = String)]
    pub id: UploadId,
    /// Name of the artifact to be.
    pub name: String,
    /// The file's name.
    pub file_name: String,
    /// What it was said to be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<artifact::Kind>,
    /// What the bytes must hash to, where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub sha256: Option<Digest>,
    /// How many bytes it will have.
    pub size_bytes: i64,
    /// How many have arrived; the next piece goes there.
    pub offset: i64,
    /// Who uploads.
    pub created_by: Person,
    /// When it was begun.
    pub created_at: Time,
    /// When it is forgotten, unless more comes.
    pub expires_at: Time,
}

/// An upload to be.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewUpload {
    /// The file's name; its ending says how the content is read.
    #[schema(example = "flink-sql-connector-kafka-4.0.1-2.0.jar")]
    pub file_name: String,
    /// Name of the artifact; the file's name unless told. An upload under a name that is there makes its next version.
    pub name: Option<String>,
    /// What it is for; read off the content unless told.
    pub kind: Option<artifact::Kind>,
    /// How many bytes it will have.
    #[schema(minimum = 1)]
    pub size_bytes: i64,
    /// What the bytes must hash to: SHA-256, 64 hexadecimal digits.
    pub sha256: Option<String>,
}

/// What became of an upload.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Uploaded {
    /// The artifact.
    pub artifact: Artifact,
    /// Whether a version was made; not where the newest one has the same bytes.
    pub created: bool,
}

/// The path of an upload.
#[derive(Debug, Clone, Deserialize)]
pub struct UploadPath {
    upload: UploadId,
}

async fn view(app: &App, upload: domain::upload::Upload, offset: i64) -> Result<Upload, Problem> {
    Ok(Upload {
        id: upload.id,
        name: upload.name,
        file_name: upload.file_name,
        kind: upload.kind.map(artifact::Kind::from),
        sha256: upload.sha256,
        size_bytes: upload.size_bytes,
        offset,
        created_by: app.person(upload.created_by).await?,
        created_at: upload.created_at.into(),
        expires_at: upload.expires_at.into(),
    })
}

fn not_found(id: UploadId) -> Problem {
    Problem::not_found("open upload", &id.to_string()).hint("It was completed, given up, or forgotten. Begin it again.")
}

/// A problem of the store of bytes, told of an upload.
fn told(error: PortError, upload: &domain::upload::Upload) -> Problem {
    match error {
        PortError::Refused { status: Some(404), .. } => not_found(upload.id),
        PortError::Refused {
            status: Some(422),
            message,
        } => Problem::unprocessable(
            "bad_artifact",
            format!("'{}' cannot be used: {}", upload.file_name, sentence(&message)),
        )
        .field("file")
        .hint("Mend the file and upload it again. Nothing was kept."),
        PortError::Refused {
            status: Some(409),
            message,
        } => Problem::conflict("upload_incomplete", sentence(&message)),
        PortError::Refused { message, .. } => {
            Problem::new(StatusCode::INSUFFICIENT_STORAGE, "disk_full", sentence(&message)).hint("Nothing half-done was kept.")
        }
        PortError::Retry(why) | PortError::GiveUp(why) => {
            tracing::error!(%why, "the store of artifacts does not work");
            Problem::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "artifact_store",
                format!("The server's store of artifacts does not work: {}", sentence(&why)),
            )
            .hint("Look at the data folder of the server, then try again.")
        }
    }
}

fn checked_name(field: &str, name: &str) -> Result<(), Problem> {
    check_artifact_name(name).map_err(|why| Problem::unprocessable("bad_name", format!("The name cannot be used: {why}.")).field(field))
}

fn checked(app: &App, scope: &Scope, asked: NewUpload) -> Result<domain::upload::Upload, Problem> {
    checked_name("fileName", &asked.file_name)?;
    if let Some(name) = &asked.name {
        checked_name("name", name)?;
    }
    let limits = app.settings.uploads;
    if asked.size_bytes < 1 {
        return Err(Problem::unprocessable("bad_size", "A file has at least one byte.").field("sizeBytes"));
    }
    if asked.size_bytes > limits.file_bytes {
        let detail = format!("The file has {} bytes; {} is the most.", asked.size_bytes, limits.file_bytes);
        return Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", detail)
            .field("sizeBytes")
            .hint("The operator of the server can allow larger files."));
    }
    let sha256 = asked.sha256.map(|text| text.to_ascii_lowercase().parse::<Digest>()).transpose();
    let sha256 = sha256.map_err(|why| Problem::unprocessable("bad_digest", sentence(&why.to_string())).field("sha256"))?;
    Ok(domain::upload::Upload {
        id: UploadId(new_id()),
        team_id: scope.team_id,
        name: asked.name.unwrap_or_else(|| asked.file_name.clone()),
        file_name: asked.file_name,
        kind: asked.kind.map(ArtifactKind::from),
        size_bytes: asked.size_bytes,
        sha256,
        created_by: scope.user_id(),
        created_at: now(),
        expires_at: now().plus(limits.life_ms),
    })
}

/// Begins an upload.
///
/// # Errors
/// 422 for a name, size or digest that cannot be; 413, 409 or 507 where there is no room.
#[utoipa::path(
    post,
    path = "/uploads",
    tag = "artifacts",
    request_body = NewUpload,
    responses((status = 201, description = "Begun; send the bytes to it", body = Upload)),
)]
pub async fn create_upload(State(app): State<App>, scope: Scope, Body(asked): Body<NewUpload>) -> Result<Response, Problem> {
    let upload = checked(&app, &scope, asked)?;
    let limits = app.settings.uploads;
    app.store
        .create_upload(upload.clone(), limits)
        .await
        .map_err(|refused| match refused {
            UploadRefused::TooMany(_) => Problem::conflict("too_many_uploads", sentence(&refused.to_string()))
                .hint("Complete or cancel one of them first, under Artifacts or with `GET …/uploads`."),
            UploadRefused::TooLarge { .. } => Problem::new(StatusCode::INSUFFICIENT_STORAGE, "team_full", sentence(&refused.to_string()))
                .hint("Delete versions that nobody uses."),
            UploadRefused::Store(error) => error.into(),
        })?;
    if let Err(error) = app.ports.artifacts.begin(upload.id, upload.size_bytes).await {
        app.store.delete_upload(scope.team_id, upload.id).await?;
        return Err(told(error, &upload));
    }
    let place = format!("/api/v1/teams/{}/uploads/{}", scope.team_id, upload.id);
    let body = view(&app, upload, 0).await?;
    let mut answer = (StatusCode::CREATED, Json(body)).into_response();
    answer.headers_mut().insert(OFFSET, HeaderValue::from(0));
    answer
        .headers_mut()
        .extend(HeaderValue::from_str(&place).ok().map(|place| (http::header::LOCATION, place)));
    Ok(answer)
}

/// The team's uploads that were not completed.
///
/// # Errors
/// When the database does not answer.
#[utoipa::path(get, path = "/uploads", tag = "artifacts", responses((status = 200, description = "Done", body = Page<Upload>)))]
pub async fn list_uploads(State(app): State<App>, scope: Scope) -> Result<Json<Page<Upload>>, Problem> {
    let mut items = Vec::new();
    for upload in app.store.uploads(scope.team_id).await? {
        match app.ports.artifacts.offset(upload.id).await {
            Ok(offset) => items.push(view(&app, upload, offset).await?),
            // It has just been completed or given up, or has lost its bytes and expires.
            Err(error) if error.not_found() => {}
            Err(error) => return Err(told(error, &upload)),
        }
    }
    Ok(Json(Page::whole(items)))
}

async fn open(app: &App, scope: &Scope, id: UploadId) -> Result<(domain::upload::Upload, i64), Problem> {
    let upload = match app.store.upload(scope.team_id, id).await {
        Err(StoreError::NotFound) => return Err(not_found(id)),
        found => found?,
    };
    let offset = app.ports.artifacts.offset(id).await.map_err(|error| told(error, &upload))?;
    Ok((upload, offset))
}

fn with_offset(mut answer: Response, offset: i64, length: i64) -> Response {
    answer.headers_mut().insert(OFFSET, HeaderValue::from(offset));
    answer.headers_mut().insert(LENGTH, HeaderValue::from(length));
    answer
}

/// One upload, and where it goes on (also as header `Upload-Offset`).
///
/// # Errors
/// 404 when it was completed, given up or forgotten.
#[utoipa::path(get, path = "/uploads/{upload}", tag = "artifacts", responses((status = 200, description = "Done", body = Upload)))]
pub async fn get_upload(State(app): State<App>, scope: Scope, Path(path): Path<UploadPath>) -> Result<Response, Problem> {
    let (upload, offset) = open(&app, &scope, path.upload).await?;
    let length = upload.size_bytes;
    Ok(with_offset(Json(view(&app, upload, offset).await?).into_response(), offset, length))
}

fn asked_offset(headers: &HeaderMap) -> Result<i64, Problem> {
    let value = headers.get(OFFSET).and_then(|value| value.to_str().ok()?.trim().parse().ok());
    value.filter(|offset| *offset >= 0).ok_or_else(|| {
        Problem::bad_request("offset_missing", "The header 'Upload-Offset' says at which byte the piece goes on.").field("Upload-Offset")
    })
}

/// How receiving a piece ended.
enum Received {
    /// All of it is there.
    Whole,
    /// The sender was cut off; what had arrived is kept.
    Cut,
    /// There was more than the upload is to have.
    TooMuch,
}

/// Writes a body to the disk as it comes; what arrived before a fault is kept.
async fn receive(app: &App, upload: &domain::upload::Upload, from: i64, body: RawBody) -> Result<Received, PortError> {
    let (mut offset, mut piece) = (from, Vec::with_capacity(PIECE));
    let mut chunks = body.into_data_stream();
    let end = loop {
        let Some(chunk) = chunks.next().await else { break Received::Whole };
        let Ok(chunk) = chunk else { break Received::Cut };
        let room = upload.size_bytes - offset - i64::try_from(piece.len()).unwrap_or(i64::MAX);
        if i64::try_from(chunk.len()).unwrap_or(i64::MAX) > room {
            break Received::TooMuch;
        }
        piece.extend_from_slice(&chunk);
        if piece.len() >= PIECE {
            let full = std::mem::replace(&mut piece, Vec::with_capacity(PIECE));
            offset = app.ports.artifacts.append(upload.id, offset, full).await?;
        }
    };
    if !piece.is_empty() {
        app.ports.artifacts.append(upload.id, offset, piece).await?;
    }
    Ok(end)
}

fn mismatch(asked: i64, offset: i64, length: i64) -> Response {
    let detail = format!("The upload goes on at byte {offset}, not {asked}.");
    let problem = Problem::conflict("offset_mismatch", detail)
        .field("Upload-Offset")
        .hint("Send the rest from there; the header 'Upload-Offset' of this answer has the number.");
    with_offset(problem.into_response(), offset, length)
}

/// Sends a piece of any length, at the offset in the header `Upload-Offset`.
///
/// # Errors
/// 409 `offset_mismatch` with the right offset in the header `Upload-Offset`.
#[utoipa::path(
    patch,
    path = "/uploads/{upload}",
    tag = "artifacts",
    params(("Upload-Offset" = i64, Header, description = "At which byte the piece goes on")),
    request_body(content = Content, content_type = "application/octet-stream"),
    responses((status = 200, description = "Arrived", body = Upload)),
)]
pub async fn append_to_upload(
    State(app): State<App>,
    scope: Scope,
    Path(path): Path<UploadPath>,
    headers: HeaderMap,
    body: RawBody,
) -> Result<Response, Problem> {
    let asked = asked_offset(&headers)?;
    let (upload, offset) = open(&app, &scope, path.upload).await?;
    if asked != offset {
        return Ok(mismatch(asked, offset, upload.size_bytes));
    }
    // To its end also where the sender hangs up: what arrived is kept.
    let receiving = tokio::spawn({
        let (app, upload) = (app.clone(), upload.clone());
        async move {
            let received = receive(&app, &upload, asked, body).await;
            settle(&app, &upload, &received).await;
            received
        }
    });
    let received = receiving.await.map_err(|_| Problem::internal())?;
    let offset = app.ports.artifacts.offset(upload.id).await.map_err(|error| told(error, &upload));
    match received {
        Ok(Received::Whole) => {
            let (length, offset) = (upload.size_bytes, offset?);
            Ok(with_offset(Json(view(&app, upload, offset).await?).into_response(), offset, length))
        }
        Ok(Received::Cut) => Err(Problem::bad_request(
            "incomplete_body",
            "The piece ended before it was complete; what arrived is kept.",
        )),
        Ok(Received::TooMuch) => Err(Problem::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "too_large",
            format!("The upload is to have {} bytes, and more came.", upload.size_bytes),
        )),
        Err(PortError::Refused { status: Some(409), .. }) => Ok(mismatch(asked, offset?, upload.size_bytes)),
        Err(error) => Err(told(error, &upload)),
    }
}

/// After a piece: a full disk is not filled further by half a file; else the upload lives on.
async fn settle(app: &App, upload: &domain::upload::Upload, received: &Result<Received, PortError>) {
    if matches!(received, Err(PortError::Refused { status: Some(507), .. })) {
        forget(app, upload).await;
        return;
    }
    let until = now().plus(app.settings.uploads.life_ms);
    if let Err(error) = app.store.prolong_upload(upload.id, until).await {
        tracing::warn!(%error, "an upload could not be prolonged");
    }
}

/// Forgets an upload that cannot become anything: its bytes first, because a database on a full disk needs room.
async fn forget(app: &App, upload: &domain::upload::Upload) {
    if let Err(error) = app.ports.artifacts.discard(upload.id).await {
        tracing::warn!(%error, "the bytes of an upload could not be removed; the sweep will try again");
    }
    if let Err(error) = app.store.delete_upload(upload.team_id, upload.id).await {
        tracing::warn!(%error, "an upload could not be forgotten; it expires");
    }
}

async fn complete(app: &App, upload: domain::upload::Upload, by: UserId) -> Result<(domain::artifact::Artifact, bool), Problem> {
    let content = match app.ports.artifacts.inspect(&upload).await {
        Ok(content) => content,
        Err(error) => {
            if matches!(
                error,
                PortError::Refused {
                    status: Some(422 | 507),
                    ..
                }
            ) {
                forget(app, &upload).await;
            }
            return Err(told(error, &upload));
        }
    };
    // First the bytes, then the row: bytes without a row are swept, a row without bytes would be broken.
    app.ports
        .artifacts
        .keep(upload.id, &content.digest)
        .await
        .map_err(|error| told(error, &upload))?;
    let new = NewArtifact {
        upload: upload.clone(),
        content,
        created_by: by,
    };
    match app.store.create_artifact(new).await {
        Err(StoreError::NotFound) => Err(not_found(upload.id)),
        made => Ok(made?),
    }
}

/// Completes an upload: its content is read through, and it becomes the next version of its name. Where the newest
/// version has the same bytes, that one is answered.
///
/// # Errors
/// 409 while bytes are missing; 422 `bad_artifact` with the reason and the entry at fault.
#[utoipa::path(
    post,
    path = "/uploads/{upload}/complete",
    tag = "artifacts",
    responses(
        (status = 201, description = "A version was made", body = Uploaded),
        (status = 200, description = "The newest version has the same bytes", body = Uploaded),
    ),
)]
pub async fn complete_upload(
    State(app): State<App>,
    scope: Scope,
    Path(path): Path<UploadPath>,
) -> Result<(StatusCode, Json<Uploaded>), Problem> {
    let (upload, _) = open(&app, &scope, path.upload).await?;
    let by = scope.user_id();
    let completing = tokio::spawn({
        let app = app.clone();
        async move { complete(&app, upload, by).await }
    });
    let (made, created) = completing.await.map_err(|_| Problem::internal())??;
    let artifact = artifact::view(&app, &scope, made).await?;
    let status = if created { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, Json(Uploaded { artifact, created })))
}

/// Gives an upload up.
///
/// # Errors
/// 404 when it was completed, given up or forgotten.
#[utoipa::path(delete, path = "/uploads/{upload}", tag = "artifacts", responses((status = 204, description = "Done")))]
pub async fn delete_upload(State(app): State<App>, scope: Scope, Path(path): Path<UploadPath>) -> Result<StatusCode, Problem> {
    match app.store.delete_upload(scope.team_id, path.upload).await {
        Err(StoreError::NotFound) => return Err(not_found(path.upload)),
        done => done?,
    }
    if let Err(error) = app.ports.artifacts.discard(path.upload).await {
        tracing::warn!(%error, "the bytes of an upload could not be removed; the sweep will try again");
    }
    Ok(StatusCode::NO_CONTENT)
}
