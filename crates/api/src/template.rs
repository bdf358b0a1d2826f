//! Pod templates as they are sent: of targets, and of jobs over those of their targets.

use domain::draft::{JobSpec, Mode};
use domain::sql::{Finding, Severity};
use domain::target::{MAX_TEMPLATE_BYTES, Target};
use manifests::{Fault, PodTemplate, Role, Subject};

use crate::problem::{FieldError, Problem, sentence};
use crate::text;

/// Most faults that are told at once.
const MOST: usize = 100;

/// A template's text; none where it is blank.
///
/// # Errors
/// A problem naming the field.
pub(crate) fn given(field: &str, text: Option<String>) -> Result<Option<String>, Problem> {
    let Some(text) = text.filter(|text| !text.trim().is_empty()) else {
        return Ok(None);
    };
    text::no_nul(field, &text)?;
    if text.len() > MAX_TEMPLATE_BYTES {
        let why = format!(
            "The pod template has {} bytes; {} KiB is the most.",
            text.len(),
            MAX_TEMPLATE_BYTES / 1024
        );
        return Err(Problem::unprocessable("too_long", why).field(field));
    }
    Ok(Some(text))
}

/// The problem of a template that cannot be: all faults with their places, as of the field's own text.
pub(crate) fn refused(field: &str, faults: &[Fault], of_job: bool) -> Problem {
    let message = |fault: &Fault| match &fault.subject {
        // What the job's was to be laid over.
        Subject::Template(..) if of_job => format!("the target's {fault}"),
        Subject::Template(_, at) | Subject::JobTemplate(_, at) if at.line > 0 => {
            format!("line {}, column {}: {}", at.line, at.column, fault.message)
        }
        Subject::Pod(_, path) => format!("{path}: {}", fault.message),
        _ => fault.message.clone(),
    };
    let error = |fault: &Fault| FieldError {
        field: field.to_owned(),
        message: message(fault),
    };
    let errors: Vec<FieldError> = faults.iter().take(MOST).map(error).collect();
    let first = errors.first().map(|error| error.message.clone()).unwrap_or_default();
    let mut problem = Problem::unprocessable("bad_template", sentence(&first)).field(field);
    problem.errors = if errors.len() > 1 { errors } else { Vec::new() };
    problem
}

/// A job's templates for JobManager and TaskManagers, as they are sent.
pub(crate) type Pair = (Option<String>, Option<String>);

/// The name of the field that a template stands in.
const fn field(role: Role) -> &'static str {
    match role {
        Role::JobManager => "jobManagerTemplate",
        Role::TaskManager => "taskManagerTemplate",
    }
}

/// The templates of a job that is saved, checked over those of its target, where it names one.
///
/// # Errors
/// A problem naming the field, with `prefix` before it.
pub(crate) fn of_job((job_manager, task_manager): Pair, (mode, target): (Mode, Option<&Target>), prefix: &str) -> Result<Pair, Problem> {
    let checked = |role: Role, text: Option<String>| {
        let field = format!("{prefix}{}", field(role));
        let Some(text) = given(&field, text)? else { return Ok(None) };
        if mode == Mode::Session {
            let detail = "A session cluster has its pods already: a pod template belongs to an application.";
            let problem = Problem::unprocessable("not_for_session", detail).field(&field);
            return Err(problem.hint("Let the job run as an application (mode, targetId), or leave the template out."));
        }
        let template = PodTemplate { role, of_job: true, text };
        match manifests::check_job_template(&template, target.map(|target| &target.defaults)) {
            Ok(_) => Ok(Some(template.text)),
            Err(faults) => Err(refused(&field, &faults, true)),
        }
    };
    Ok((checked(Role::JobManager, job_manager)?, checked(Role::TaskManager, task_manager)?))
}

/// What is worth knowing of the templates of a job that is released: the target may have changed since they were saved.
///
/// # Errors
/// A problem naming the field where its target refuses one.
pub(crate) fn findings(spec: &JobSpec, target: &Target) -> Result<Vec<Finding>, Problem> {
    let mut all = Vec::new();
    for template in PodTemplate::of_job(spec) {
        let field = field(template.role);
        let found = manifests::check_job_template(&template, Some(&target.defaults));
        let found = found.map_err(|faults| refused(field, &faults, true))?;
        all.extend(found.into_iter().map(|found| finding(field, found)));
    }
    Ok(all)
}

fn finding(field: &str, of: manifests::Finding) -> Finding {
    let at = match of.subject {
        Subject::Template(_, at) | Subject::JobTemplate(_, at) => (at.line, at.column),
        _ => (1, 1),
    };
    let [line, column] = [at.0, at.1].map(|number| u32::try_from(number.max(1)).unwrap_or(u32::MAX));
    Finding {
        code: of.code.to_owned(),
        severity: Severity::Warning,
        line,
        column,
        end_line: line,
        end_column: column,
        message: sentence(&of.message),
        suggestion: of.suggestion,
        detail: None,
        field: Some(field.to_owned()),
    }
}
