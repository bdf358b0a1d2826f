//! `streamwright target rbac`: the roles that a namespace needs, made of the same lists that a test of a target asks for.

use domain::target::{POD_PERMISSIONS, Permission, SERVER_PERMISSIONS};

use crate::cli::Rbac;
use crate::failure::Failure;

/// Name of the server's role and binding.
const SERVER: &str = "streamwright-server";
/// Name of the role and binding of the pods' service account.
const PODS: &str = "streamwright-pods";

/// Runs `target rbac`.
///
/// # Errors
/// Exit code 2 for names that Kubernetes refuses.
pub fn run(asked: &Rbac) -> Result<(), Failure> {
    print!("{}", manifests(asked)?);
    Ok(())
}

/// A service account and its namespace.
struct Account<'a> {
    namespace: &'a str,
    name: &'a str,
}

/// The objects as YAML.
fn manifests(asked: &Rbac) -> Result<String, Failure> {
    let namespace = asked.namespace.as_str();
    let pods = Account {
        namespace,
        name: &asked.service_account,
    };
    let server = match asked.server_account.split_once('/') {
        Some((namespace, name)) => Account { namespace, name },
        None => Account {
            namespace,
            name: &asked.server_account,
        },
    };
    for (flag, text, checked) in [
        ("--namespace", namespace, is_label(namespace)),
        ("--service-account", pods.name, is_name(pods.name)),
        ("--server-account", server.name, is_name(server.name) && is_label(server.namespace)),
    ] {
        if !checked {
            return Err(Failure::usage(format!(
                "{flag}: '{text}' is not a name that Kubernetes takes: lower-case letters, digits and '-'"
            )));
        }
    }
    let mut objects = vec![account(&pods)];
    if server.namespace == namespace && server.name != pods.name {
        objects.push(account(&server));
    }
    objects.push(role(SERVER, namespace, SERVER_PERMISSIONS));
    objects.push(binding(SERVER, namespace, &server));
    objects.push(role(PODS, namespace, POD_PERMISSIONS));
    objects.push(binding(PODS, namespace, &pods));
    if asked.cluster_identity {
        objects.extend(identity(namespace, &server));
    }
    Ok(format!("{}{}", head(&server), objects.join("---\n")))
}

fn is_label(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let edges = text.bytes().next().is_some_and(plain) && text.bytes().next_back().is_some_and(plain);
    edges && text.len() <= 63 && text.bytes().all(|byte| plain(byte) || byte == b'-')
}

fn is_name(text: &str) -> bool {
    text.len() <= 253 && text.split('.').all(is_label)
}

fn head(server: &Account<'_>) -> String {
    let Account { namespace, name } = server;
    format!(
        "# Apply with `kubectl apply -f -`. A server outside of the cluster needs a token of its
# account in a kubeconfig: `kubectl create token {name} -n {namespace} --duration=8760h`.
"
    )
}

fn account(of: &Account<'_>) -> String {
    format!(
        "apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: {}\n  namespace: {}\n",
        of.name, of.namespace
    )
}

fn quoted(words: &[&str]) -> String {
    let words: Vec<String> = words.iter().map(|word| format!("\"{word}\"")).collect();
    format!("[{}]", words.join(", "))
}

fn rule(permission: &Permission) -> String {
    let only = permission.only.map(|only| format!("  # Only for {only}.\n")).unwrap_or_default();
    format!(
        "{only}  - apiGroups: {}\n    resources: {}\n    verbs: {}\n",
        quoted(&[permission.group]),
        quoted(&[permission.resource]),
        quoted(permission.verbs)
    )
}

fn role(name: &str, namespace: &str, permissions: &[Permission]) -> String {
    let rules: String = permissions.iter().map(rule).collect();
    format!("apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata:\n  name: {name}\n  namespace: {namespace}\nrules:\n{rules}")
}

fn bound(kind: &str, (name, metadata): (&str, &str), account: &Account<'_>) -> String {
    format!(
        "apiVersion: rbac.authorization.k8s.io/v1\nkind: {kind}Binding\nmetadata:\n  name: {name}\n{metadata}roleRef:\n  \
         apiGroup: rbac.authorization.k8s.io\n  kind: {kind}\n  name: {name}\nsubjects:\n  - kind: ServiceAccount\n    name: {}\n    namespace: {}\n",
        account.name, account.namespace
    )
}

fn binding(name: &str, namespace: &str, account: &Account<'_>) -> String {
    bound("Role", (name, &format!("  namespace: {namespace}\n")), account)
}

/// What belongs to no namespace: that of `kube-system`, whose uid says which cluster it is, and the addresses of nodes.
fn identity(namespace: &str, server: &Account<'_>) -> [String; 2] {
    let name = format!("streamwright-identity-{namespace}");
    let role = format!(
        "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata:\n  name: {name}\nrules:\n  \
         # Only for noticing that another cluster answers at the same address.\n  \
         - apiGroups: [\"\"]\n    resources: [\"namespaces\"]\n    resourceNames: [\"kube-system\"]\n    verbs: [\"get\"]\n  \
         # Only for the external address of a node, where web UIs are reached by a NodePort.\n  \
         - apiGroups: [\"\"]\n    resources: [\"nodes\"]\n    verbs: [\"get\"]\n"
    );
    [role, bound("ClusterRole", (&name, ""), server)]
}

#[cfg(test)]
mod tests {
    use files::yaml::{Content, Node, parse};

    use super::*;

    fn asked(server: &str) -> Rbac {
        Rbac {
            namespace: "jobs".to_owned(),
            service_account: "flink".to_owned(),
            server_account: server.to_owned(),
            cluster_identity: true,
        }
    }

    fn at<'n>(node: &'n Node, path: &str) -> &'n Node {
        path.split('.').fold(node, |node, key| match &node.content {
            Content::Map(entries) => &entries.iter().find(|(known, _)| known.text == key).unwrap().1,
            Content::List(items) => &items[key.parse::<usize>().unwrap()],
            Content::Scalar(..) => panic!("{key}"),
        })
    }

    fn word<'n>(node: &'n Node, path: &str) -> &'n str {
        match &at(node, path).content {
            Content::Scalar(text, _) => text,
            other => panic!("{other:?}"),
        }
    }

    /// Each verb on each resource that a role allows.
    fn allowed(role: &Node) -> Vec<[String; 3]> {
        let list = |node: &Node| match &node.content {
            Content::List(items) => items.clone(),
            other => panic!("{other:?}"),
        };
        let mut all = Vec::new();
        for rule in list(at(role, "rules")) {
            for verb in list(at(&rule, "verbs")) {
                let Content::Scalar(verb, _) = verb.content else { panic!() };
                all.push([word(&rule, "apiGroups.0").to_owned(), word(&rule, "resources.0").to_owned(), verb]);
            }
        }
        all
    }

    fn listed(permissions: &[Permission]) -> Vec<[String; 3]> {
        let verbs = |of: &Permission| {
            of.verbs
                .iter()
                .map(|verb| [of.group, of.resource, verb].map(str::to_owned))
                .collect::<Vec<_>>()
        };
        permissions.iter().flat_map(verbs).collect()
    }

    #[test]
    fn the_roles_are_what_a_test_asks_for() {
        let stream = parse(&manifests(&asked("streamwright")).unwrap());
        assert_eq!(stream.faults, []);
        let kinds: Vec<[&str; 2]> = stream
            .documents
            .iter()
            .map(|one| [word(one, "kind"), word(one, "metadata.name")])
            .collect();
        assert_eq!(
            kinds,
            [
                ["ServiceAccount", "flink"],
                ["ServiceAccount", "streamwright"],
                ["Role", SERVER],
                ["RoleBinding", SERVER],
                ["Role", PODS],
                ["RoleBinding", PODS],
                ["ClusterRole", "streamwright-identity-jobs"],
                ["ClusterRoleBinding", "streamwright-identity-jobs"],
            ]
        );
        let objects = &stream.documents;
        assert_eq!(allowed(&objects[2]), listed(SERVER_PERMISSIONS));
        assert_eq!(allowed(&objects[4]), listed(POD_PERMISSIONS));
        for (index, account) in [(3, "streamwright"), (5, "flink"), (7, "streamwright")] {
            assert_eq!(word(&objects[index], "subjects.0.name"), account);
            assert_eq!(word(&objects[index], "roleRef.name"), word(&objects[index - 1], "metadata.name"));
        }
        assert!(objects[..6].iter().all(|one| word(one, "metadata.namespace") == "jobs"));
    }

    #[test]
    fn a_server_elsewhere_is_bound_and_not_made() {
        let stream = parse(&manifests(&asked("platform/web")).unwrap());
        let accounts = stream.documents.iter().filter(|one| word(one, "kind") == "ServiceAccount");
        assert_eq!(accounts.count(), 1);
        assert_eq!(word(&stream.documents[2], "subjects.0.namespace"), "platform");
        for bad in ["Web", "a/b/c", "", "a b", "x: y"] {
            assert_eq!(manifests(&asked(bad)).unwrap_err().code, 2, "{bad}");
        }
    }
}
