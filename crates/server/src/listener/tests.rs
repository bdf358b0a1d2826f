//! TLS with a certificate that is renewed, and with wrong ones.

use std::path::PathBuf;

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use tokio_rustls::TlsConnector;

use super::*;

fn kept(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tls").join(name)
}

fn put(folder: &Path, pair: &str) -> Tls {
    let files = ["crt", "key"].map(|kind| {
        let file = folder.join(kind);
        std::fs::copy(kept(&format!("{pair}.{kind}")), &file).unwrap();
        file
    });
    let [certificate, key] = files;
    Tls { certificate, key }
}

/// The certificate that a server shows to who trusts our authority.
async fn shown(address: SocketAddr) -> Result<Vec<u8>, io::Error> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(kept("ca.crt")).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap();
    let config = config.with_root_certificates(roots).with_no_client_auth();
    let stream = TcpStream::connect(address).await?;
    let name = ServerName::try_from("localhost").unwrap();
    let stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await?;
    Ok(stream.get_ref().1.peer_certificates().unwrap()[0].to_vec())
}

#[tokio::test]
async fn a_renewed_certificate_is_used_without_a_restart_and_a_wrong_one_is_not() {
    let folder = tempfile::TempDir::new().unwrap();
    let tls = put(folder.path(), "one");
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut door = Door::open(listener, Some(&tls)).unwrap();
    let address = door.local_addr().unwrap();
    let taking = tokio::spawn(async move {
        loop {
            drop(Listener::accept(&mut door).await);
        }
    });
    let [one, two] = ["one.crt", "two.crt"].map(|name| CertificateDer::from_pem_file(kept(name)).unwrap().to_vec());
    assert_eq!(shown(address).await.unwrap(), one);
    // One who says nothing holds nobody up.
    let silent = TcpStream::connect(address).await.unwrap();
    assert_eq!(shown(address).await.unwrap(), one);
    // Half of it, as while it is written, is never used: the old one stays until the new one is whole.
    std::fs::write(&tls.certificate, "-----BEGIN CERTIFICATE-----\nMIIB").unwrap();
    assert!(certified(&tls).is_err());
    put(folder.path(), "two");
    let renewed = async {
        loop {
            let now = shown(address).await.unwrap();
            if now == two {
                break;
            }
            assert_eq!(now, one);
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), renewed).await.unwrap();
    drop(silent);
    taking.abort();
}

#[tokio::test]
async fn what_is_no_certificate_is_told() {
    let folder = tempfile::TempDir::new().unwrap();
    let cases = [
        ("one.crt", "two.key", "does not belong"),
        ("one.key", "one.key", "no certificate"),
        ("one.crt", "one.crt", "one.crt"),
    ];
    for (certificate, key, wanted) in cases {
        let tls = Tls {
            certificate: kept(certificate),
            key: kept(key),
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let refused = Door::open(listener, Some(&tls)).err().unwrap();
        assert!(refused.message.contains(wanted), "{refused}");
    }
    drop(folder);
}
