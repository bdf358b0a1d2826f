//! Certificates for a test: an authority, a server's certificate and a client's, as PEM files and as Java key stores.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use domain::connection::{Authentication, ClientCertificate, Connection};
use domain::secret::Secret;

const PASSWORD: &str = "of-the-test";

/// See the module.
pub struct Papers {
    folder: PathBuf,
}

impl Papers {
    /// Makes all of them in a folder below this one.
    pub fn make(below: &Path) -> Self {
        let folder = below.join("papers");
        fs::create_dir_all(&folder).unwrap();
        let papers = Self { folder };
        papers.run(
            "openssl",
            "req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -days 2 -subj /CN=test-authority",
        );
        fs::write(papers.folder.join("san"), "subjectAltName=IP:127.0.0.1,DNS:localhost\n").unwrap();
        for name in ["server", "client"] {
            papers.run(
                "openssl",
                &format!("req -newkey rsa:2048 -nodes -keyout {name}.key -out {name}.csr -subj /CN={name}"),
            );
            papers.run(
                "openssl",
                &format!("x509 -req -in {name}.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out {name}.pem -days 2 -extfile san"),
            );
        }
        papers.run(
            "openssl",
            &format!("pkcs12 -export -in server.pem -inkey server.key -out server.p12 -passout pass:{PASSWORD}"),
        );
        papers.run(
            "keytool",
            &format!("-importcert -noprompt -alias ca -file ca.pem -keystore trust.p12 -storetype PKCS12 -storepass {PASSWORD}"),
        );
        papers
    }

    /// The client's certificate with the time over, from the same authority. Over one second after it was made.
    pub fn expired(&self) -> ClientCertificate {
        self.run(
            "openssl",
            "x509 -req -in client.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out expired.pem -days 0 -extfile san",
        );
        ClientCertificate {
            certificate: self.text("expired.pem"),
            key: Secret::new(self.text("client.key")),
        }
    }

    fn run(&self, program: &str, arguments: &str) {
        let done = Command::new(program)
            .args(arguments.split(' '))
            .current_dir(&self.folder)
            .output()
            .unwrap_or_else(|error| panic!("{program}: {error}"));
        assert!(
            done.status.success(),
            "{program} {arguments}: {}",
            String::from_utf8_lossy(&done.stderr)
        );
    }

    fn text(&self, name: &str) -> String {
        fs::read_to_string(self.folder.join(name)).unwrap()
    }

    /// Flink's configuration for a REST address that asks for certificates (all versions).
    pub fn flink_configuration(&self) -> BTreeMap<String, String> {
        let path = |name: &str| self.folder.join(name).display().to_string();
        [
            ("security.ssl.rest.enabled", "true".to_owned()),
            ("security.ssl.rest.authentication-enabled", "true".to_owned()),
            ("security.ssl.rest.keystore", path("server.p12")),
            ("security.ssl.rest.keystore-password", PASSWORD.to_owned()),
            ("security.ssl.rest.key-password", PASSWORD.to_owned()),
            ("security.ssl.rest.truststore", path("trust.p12")),
            ("security.ssl.rest.truststore-password", PASSWORD.to_owned()),
        ]
        .map(|(key, value)| (key.to_owned(), value))
        .into()
    }

    /// What we say and whom we trust.
    pub fn connection(&self) -> Connection {
        Connection {
            ca_certificate: Some(self.text("ca.pem")),
            insecure: false,
            client: Some(ClientCertificate {
                certificate: self.text("client.pem"),
                key: Secret::new(self.text("client.key")),
            }),
            authentication: Authentication::None,
        }
    }
}
