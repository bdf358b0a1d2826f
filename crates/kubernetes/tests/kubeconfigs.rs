//! Kubeconfigs as people paste them and as hosts hold them: which are taken, and what is said of the others.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test")]

mod place;

use std::fs;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::ports::{KubernetesControl, PortError};
use domain::target::{KubernetesAccess, KubernetesPlace};
use place::{DEPLOYMENTS, NAME, kubernetes, place, place_of, storing};

const CERTIFICATE: &str = include_str!("papers/ec.pem");
const EC_KEY: &str = include_str!("papers/ec.key");
const EC_KEY_PKCS8: &str = include_str!("papers/ec8.key");

fn config(server: &str, cluster: &str, user: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Config\ncurrent-context: one\n\
         clusters:\n- name: c\n  cluster: {{server: \"{server}\"{cluster}}}\n\
         users:\n- name: u\n  user: {{{user}}}\n- name: other\n  user: {{exec: {{command: aws}}}}\n\
         contexts:\n- name: one\n  context: {{cluster: c, user: u}}\n- name: two\n  context: {{cluster: c, user: other}}\n\
         - name: three\n  context: {{cluster: nowhere, user: u}}\n"
    )
}

fn local(cluster: &str, user: &str) -> String {
    config("https://127.0.0.1:1", cluster, user)
}

async fn said(place: &KubernetesPlace) -> String {
    match kubernetes().check(place).await {
        Ok(()) => "fine".to_owned(),
        Err(PortError::Refused { status: None, message }) => message,
        Err(other) => panic!("{other:?}"),
    }
}

fn pair(certificate: &str, key: &str) -> String {
    format!(
        "client-certificate-data: {}, client-key-data: {}",
        STANDARD.encode(certificate),
        STANDARD.encode(key)
    )
}

#[tokio::test]
async fn kubeconfigs_that_are_pasted() {
    let authority = format!(", certificate-authority-data: {}", STANDARD.encode(CERTIFICATE));
    let token = "token: hunter2";
    let anchors: String = (1..60)
        .map(|level| format!("l{level}: &l{level} [*l{0},*l{0},*l{0},*l{0}]\n", level - 1))
        .collect();
    for (what, text, expected) in [
        ("a token", local("", token), "fine"),
        ("as JSON", r#"{"current-context":"x","clusters":[{"name":"c","cluster":{"server":"https://h"}}],"contexts":[{"name":"x","context":{"cluster":"c"}}]}"#.to_owned(), "fine"),
        ("an authority", local(&authority, token), "fine"),
        ("an EC key", local(&authority, &pair(CERTIFICATE, EC_KEY)), "fine"),
        ("an EC key in PKCS 8", local(&authority, &pair(CERTIFICATE, EC_KEY_PKCS8)), "fine"),
        ("no look at the certificate", local(", insecure-skip-tls-verify: true", token), "fine"),
        ("another name in it", local(", tls-server-name: api.example.org", token), "fine"),
        ("a prefix", config("https://rancher/k8s/clusters/c-1", "", token), "fine"),
        ("user and password", local("", "username: ada, password: hunter2"), "fine"),
        ("an exec plugin", local("", "exec: {command: aws, args: [hunter2]}"), "'exec' plugin: this server runs no program"),
        ("an exec plugin beside a token", local("", "token: hunter2, exec: {command: aws}"), "'exec' plugin"),
        ("an auth provider", local("", "auth-provider: {name: gcp}"), "'auth-provider'"),
        ("impersonation", local("", "token: hunter2, as: admin"), "'as': impersonation"),
        ("a file of an authority", local(", certificate-authority: /etc/ssl/ca.pem", token), "'certificate-authority' names a file"),
        ("a file of a certificate", local("", "client-certificate: c.pem, client-key: k.pem"), "'client-certificate' names a file"),
        ("a file of a key", local("", &format!("client-certificate-data: {}, client-key: /etc/shadow", STANDARD.encode(CERTIFICATE))), "'client-key' names a file"),
        ("a file of a token", local("", "tokenFile: /etc/shadow"), "'tokenFile' names a file"),
        ("a proxy", local(", proxy-url: \"http://p:3128\"", token), "'proxy-url'"),
        ("no address", config("", "", token), "no 'server'"),
        ("a strange address", config("ftp://hunter2/", "", token), "no address such as https://"),
        ("a secret in the address", config("https://ada:secret@host", "", token), "no address such as https://"),
        ("a key of another pair", local("", &pair(CERTIFICATE, "-----BEGIN PRIVATE KEY-----\nhunter2\n-----END PRIVATE KEY-----\n")), "not a pair in PEM"),
        ("a certificate without its key", local("", &format!("client-certificate-data: {}", STANDARD.encode(CERTIFICATE))), "without 'client-key-data'"),
        ("no base64", local(", certificate-authority-data: hunter2!", token), "'certificate-authority-data' is not the base64"),
        ("no certificate in it", local(&format!(", certificate-authority-data: {}", STANDARD.encode("-----BEGIN PRIVATE KEY-----")), token), "holds no certificate"),
        ("a token with a line break", local("", "token: \"hunter2\\nx\""), "'token' is no token"),
        ("a user without a password", local("", "username: ada"), "'username' and 'password'"),
        ("two documents", format!("{}---\n{}", local("", token), local("", token)), "a second document"),
        ("exploding anchors", format!("l0: &l0 [x,x,x,x]\n{anchors}{}", local("", token)), "too many anchors"),
        ("no YAML", "clusters: [hunter2".to_owned(), "is not YAML"),
        ("a list", "[hunter2]".to_owned(), "no kubeconfig"),
        ("nothing", String::new(), "no kubeconfig"),
        ("a key twice", "clusters: []\nclusters: []\n".to_owned(), "a key twice at line 2"),
        ("no contexts", "clusters: []\n".to_owned(), "no current context: name one, it has none"),
        ("far too long", format!("# {}\n{}", "x".repeat(300_000), local("", token)), "larger than 256 KiB"),
    ] {
        let message = said(&place_of(&text)).await;
        assert!(message.contains(expected), "{what}: {message}");
        assert!(!message.contains("hunter2") || what == "a strange address", "{what} quotes a secret: {message}");
    }
}

#[tokio::test]
async fn contexts_are_chosen() {
    for (context, expected) in [
        (None, "fine"),
        (Some("one"), "fine"),
        (Some("two"), "'exec' plugin"),
        (Some("three"), "no cluster 'nowhere'"),
        (Some("four"), "no context 'four': there are 'one', 'two', 'three'"),
    ] {
        let place = KubernetesPlace {
            context: context.map(str::to_owned),
            ..place_of(&local("", "token: x"))
        };
        let message = said(&place).await;
        assert!(message.contains(expected), "{context:?}: {message}");
    }
    let nowhere = KubernetesPlace {
        namespace: "a/../b".to_owned(),
        ..place_of(&local("", "token: x"))
    };
    assert!(said(&nowhere).await.contains("is no name in Kubernetes"));
    let in_cluster = KubernetesPlace {
        access: KubernetesAccess::InCluster,
        ..nowhere
    };
    let in_cluster = KubernetesPlace {
        namespace: "default".to_owned(),
        ..in_cluster
    };
    assert!(said(&in_cluster).await.contains("does not run in a pod"));
}

#[tokio::test]
async fn a_kubeconfig_of_the_host_may_name_files_beside_it_and_is_read_again() {
    let sim = storing().await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("kubeconfig");
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    write("ca.pem", CERTIFICATE);
    write("ec.pem", CERTIFICATE);
    write("ec.key", EC_KEY);
    write("token", "first\n");
    let place = KubernetesPlace {
        access: KubernetesAccess::File {
            path: path.display().to_string(),
        },
        ..place(&sim)
    };
    assert!(said(&place).await.contains("cannot be read by this server"));
    let files = ", certificate-authority: ca.pem";
    write(
        "kubeconfig",
        &config(sim.url(), files, "client-certificate: ec.pem, client-key: ec.key, tokenFile: token"),
    );
    let ours = kubernetes();
    sim.set_token("first");
    ours.look(&place, NAME).await.unwrap();
    // Another kubeconfig, with a token in it: the next call has it.
    sim.set_token("second");
    write("kubeconfig", &config(sim.url(), files, "token: second"));
    ours.look(&place, NAME).await.unwrap();
    // A token in a file that somebody renews.
    write("token", "third\n");
    write("kubeconfig", &config(sim.url(), files, "tokenFile: token"));
    for token in ["third", "the-fourth"] {
        sim.set_token(token);
        write("token", token);
        ours.look(&place, NAME).await.expect(token);
    }
    sim.set_token("fifth");
    let error = ours.look(&place, NAME).await.unwrap_err();
    assert!(matches!(&error, PortError::Refused { status: Some(401), .. }), "{error}");
    write("kubeconfig", &config(sim.url(), "", "exec: {command: /bin/true}"));
    assert!(said(&place).await.contains("'exec' plugin"));
}

#[tokio::test]
async fn an_expired_token_is_said_in_words() {
    let sim = storing().await;
    sim.set_token("another");
    let place = place(&sim);
    for error in [
        kubernetes().look(&place, NAME).await.unwrap_err(),
        kubernetes().test(&place, None).await.unwrap_err(),
        kubernetes().delete(&place, NAME, "u").await.unwrap_err(),
        kubernetes().create(&place, &place::objects("1")).await.unwrap_err(),
    ] {
        let PortError::Refused { status, message } = error else {
            panic!("{error:?}")
        };
        assert_eq!(status, Some(401));
        assert!(message.contains("has expired") && message.contains("new kubeconfig"), "{message}");
    }
    assert_eq!(sim.names("default", "deployments"), Vec::<String>::new());
}

#[tokio::test]
async fn one_way_has_one_client_and_each_namespace_its_objects() {
    let sim = storing().await;
    sim.add_namespace("other");
    let (here, ours) = (place(&sim), kubernetes());
    let there = KubernetesPlace {
        namespace: "other".to_owned(),
        ..here.clone()
    };
    let uid = ours.create(&here, &place::objects("1")).await.unwrap();
    assert_eq!(ours.look(&here, NAME).await.unwrap().deployment.unwrap().uid, uid);
    assert_eq!(ours.look(&there, NAME).await.unwrap().deployment, None);
    assert_eq!(sim.record().count(&format!("POST {DEPLOYMENTS}")), 1);
}
