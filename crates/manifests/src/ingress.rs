//! The Ingress of a cluster's web UI: a host of its own, made of the target's template. Flink's pages ask for everything
//! relative to their own address, so that a host is enough and no path is rewritten.

use domain::target::Ingress;
use serde_json::{Value, json};

use crate::description::Description;
use crate::fault::{Report, Subject, short};
use crate::names;
use crate::objects;

/// What may stand in a template, in `{{` and `}}`.
const PLACEHOLDERS: &str = "{{cluster}}, {{namespace}} and {{job}}";
/// Longest part of a name of people in a host: Kubernetes takes 63 for a label.
const LONGEST_TITLE: usize = 40;
/// A cluster id as long as ours are, for a check before there is a cluster.
const SAMPLE_CLUSTER: &str = "sw-01234567890123456789012345";

/// Values for the placeholders.
struct Words<'a> {
    cluster: &'a str,
    namespace: &'a str,
    job: &'a str,
}

/// Checks an Ingress of a target before there is a cluster.
///
/// # Errors
/// The field, `host`, `class`, `tls_secret` or `annotations`, and a sentence that says what was expected.
pub fn check(ingress: &Ingress, namespace: &str) -> Result<(), (&'static str, String)> {
    let of = |cluster, job| host(&ingress.host, &Words { cluster, namespace, job });
    let longest = "j".repeat(LONGEST_TITLE + 9);
    let one = of(SAMPLE_CLUSTER, &longest).map_err(|message| ("host", message))?;
    if of("another", "another").is_ok_and(|other| other == one) {
        let message = format!(
            "'{}' would be the host of every cluster: put {{{{cluster}}}} or {{{{job}}}} into it",
            short(&ingress.host)
        );
        return Err(("host", message));
    }
    for (field, name) in [("class", &ingress.class), ("tls_secret", &ingress.tls_secret)] {
        if let Some(name) = name {
            names::object(name).map_err(|message| (field, message))?;
        }
    }
    for key in ingress.annotations.keys() {
        names::key(key).map_err(|message| ("annotations", message))?;
    }
    Ok(())
}

/// The host of a template.
fn host(template: &str, words: &Words<'_>) -> Result<String, String> {
    let mut host = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("{{") {
        let unclosed = || format!("'{}': '{{{{' has no '}}}}'", short(template));
        let (name, after) = after.split_once("}}").ok_or_else(unclosed)?;
        let value = match name.trim() {
            "cluster" => words.cluster,
            "namespace" => words.namespace,
            // As the Kubernetes operator of Flink calls it.
            "job" | "name" => words.job,
            other => {
                return Err(format!("'{}' is no placeholder of a host: there are {PLACEHOLDERS}", short(other)));
            }
        };
        host.push_str(before);
        host.push_str(value);
        rest = after;
    }
    host.push_str(rest);
    if names::object(&host).is_ok() {
        return Ok(host);
    }
    Err(format!(
        "'{}' is not a host: expected lower-case letters, digits, '-' and '.', parts of at most 63 and in all at most 253 characters; it is made of '{}', in which there may be {PLACEHOLDERS}",
        short(&host),
        short(template)
    ))
}

/// A name of people as part of a host. One that cannot be read from it gets digits of the id behind it, so that different
/// names have different hosts.
fn label(title: &str, id: &str) -> String {
    let mut label = String::new();
    for c in title.chars().map(|c| c.to_ascii_lowercase()) {
        if c.is_ascii_lowercase() || c.is_ascii_digit() {
            label.push(c);
        } else if !label.is_empty() && !label.ends_with('-') {
            label.push('-');
        }
    }
    label.truncate(LONGEST_TITLE);
    let label = label.trim_end_matches('-');
    if label == title {
        return label.to_owned();
    }
    let digits = &id[id.len().saturating_sub(8)..];
    let label = if label.is_empty() { "job" } else { label };
    format!("{label}-{digits}")
}

/// The Ingress; none where none is asked for.
pub(crate) fn ingress(description: &Description, report: &mut Report) -> Option<Value> {
    let wanted = description.ingress.as_ref()?;
    let own = ["streamwright.io/job", "streamwright.io/cluster"];
    let id = own.iter().find_map(|name| description.labels.get(*name));
    let words = Words {
        cluster: &description.cluster_id,
        namespace: &description.namespace,
        job: &label(&description.title, id.unwrap_or(&description.cluster_id)),
    };
    if let Err((_, message)) = check(wanted, &description.namespace) {
        report.fault(Subject::Field("ingress"), message);
        return None;
    }
    let host = match host(&wanted.host, &words) {
        Ok(host) => host,
        Err(message) => {
            report.fault(Subject::Field("ingress"), message);
            return None;
        }
    };
    let service = format!("{}-rest", description.cluster_id);
    let mut object = objects::labelled(description, "Ingress", &service);
    object["apiVersion"] = json!("networking.k8s.io/v1");
    objects::words(&mut object["metadata"], "annotations", &wanted.annotations);
    let backend = json!({"service": {"name": service, "port": {"name": "rest"}}});
    object["spec"] = json!({
        "rules": [{"host": host, "http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": backend}]}}],
    });
    if let Some(class) = &wanted.class {
        object["spec"]["ingressClassName"] = json!(class);
    }
    if let Some(secret) = &wanted.tls_secret {
        object["spec"]["tls"] = json!([{"hosts": [host], "secretName": secret}]);
    }
    Some(object)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(host: &str) -> Ingress {
        Ingress {
            host: host.to_owned(),
            ..Ingress::default()
        }
    }

    #[test]
    fn templates_are_checked_before_there_is_a_cluster() {
        for (template, expected) in [
            ("{{cluster}}.flink.example", None),
            ("{{ job }}-{{namespace}}.flink.example", None),
            ("{{name}}.flink.example", None),
            ("flink.example", Some("of every cluster")),
            ("{{namespace}}.flink.example", Some("of every cluster")),
            ("{{team}}.{{cluster}}.example", Some("'team' is no placeholder")),
            ("{{cluster}.example", Some("has no '}}'")),
            ("{{cluster}}.{{x", Some("has no '}}'")),
            ("{{cluster}}.Example", Some("is not a host")),
            ("{{cluster}}.a_b", Some("is not a host")),
            ("*.{{cluster}}.example", Some("is not a host")),
            ("{{cluster}}.example/flink", Some("is not a host")),
            ("{{cluster}}.example:8443", Some("is not a host")),
            ("http://{{cluster}}.example", Some("is not a host")),
            ("{{job}}-{{cluster}}.example", Some("is not a host")),
            ("{{cluster}}..example", Some("is not a host")),
            (&format!("{{{{cluster}}}}.{}", "a.".repeat(120)), Some("is not a host")),
        ] {
            let checked = check(&of(template), "flink");
            match expected {
                None => assert_eq!(checked, Ok(()), "{template}"),
                Some(part) => {
                    let (field, message) = checked.unwrap_err();
                    assert_eq!(field, "host");
                    assert!(message.contains(part), "{template}: {message}");
                }
            }
        }
        for (field, broken) in [
            (
                "class",
                Ingress {
                    class: Some("Nginx!".to_owned()),
                    ..of("{{cluster}}.example")
                },
            ),
            (
                "tls_secret",
                Ingress {
                    tls_secret: Some("a b".to_owned()),
                    ..of("{{cluster}}.example")
                },
            ),
            (
                "annotations",
                Ingress {
                    annotations: [("a b".to_owned(), String::new())].into(),
                    ..of("{{cluster}}.example")
                },
            ),
        ] {
            assert_eq!(check(&broken, "flink").unwrap_err().0, field);
        }
    }

    #[test]
    fn names_of_people_are_parts_of_hosts() {
        let long = "a".repeat(60);
        for (title, expected) in [
            ("clicks", "clicks".to_owned()),
            ("clicks-2", "clicks-2".to_owned()),
            ("Clicks", "clicks-89abcdef".to_owned()),
            ("clicks_2", "clicks-2-89abcdef".to_owned()),
            ("订单", "job-89abcdef".to_owned()),
            ("订单 orders", "orders-89abcdef".to_owned()),
            ("-", "job-89abcdef".to_owned()),
            (&long, format!("{}-89abcdef", "a".repeat(40))),
        ] {
            assert_eq!(label(title, "0123456789abcdef"), expected);
        }
    }
}
