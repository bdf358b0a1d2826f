//! Why TLS came to nothing, in words that say who did not trust whom and what to do. The library's texts are matched, not its
//! types: a certificate that we show is refused by the other side only after the handshake, when an answer is read.

/// Beginnings and parts of the library's texts, and what they mean. The first that fits is taken.
const WORDS: [(&str, &str); 14] = [
    (
        "invalid peer certificate: UnknownIssuer",
        "its certificate is signed by an authority that is not trusted here: give that authority's certificate (the CA certificate)",
    ),
    (
        "invalid peer certificate: BadSignature",
        "its certificate is not signed by the given authority, though it names one like it: give the certificate of the right authority",
    ),
    (
        "invalid peer certificate: CaUsedAsEndEntity",
        "its certificate is one of an authority, which may not speak for a host: it needs one of its own, signed by that authority",
    ),
    (
        "invalid peer certificate: certificate expired",
        "its certificate has expired: it needs a new one",
    ),
    (
        "invalid peer certificate: Expired",
        "its certificate has expired: it needs a new one",
    ),
    (
        "invalid peer certificate: certificate not valid yet",
        "its certificate is not valid yet: compare the clocks of both machines",
    ),
    (
        "invalid peer certificate: certificate not valid for name",
        "its certificate is for another host name: use the name that stands in it, or give it one with this name",
    ),
    (
        "received fatal alert: CertificateRequired",
        "it asks for a certificate of ours and got none: give a client certificate and its key",
    ),
    (
        "received fatal alert: UnknownCA",
        "it does not trust the authority that signed our client certificate: give a certificate of an authority that it trusts",
    ),
    (
        "received fatal alert: CertificateExpired",
        "our client certificate has expired: give a new one",
    ),
    (
        "received fatal alert: CertificateUnknown",
        "it does not take our client certificate: give one that it trusts and that has not expired",
    ),
    (
        "received fatal alert: BadCertificate",
        "it asks for a certificate of ours and got none, or one that it does not take: give a client certificate that it trusts",
    ),
    (
        "InvalidContentType",
        "it answers without TLS: its address begins with http://, or this is not the port for https://",
    ),
    (
        "received fatal alert: ",
        "it ended the TLS handshake; its own log says why. It may ask for a client certificate, or for another version of TLS",
    ),
];

/// What a failed call means where TLS is the reason; `text` is the innermost error's.
pub fn words(text: &str, https: bool) -> Option<String> {
    if let Some((_, words)) = WORDS.iter().find(|(part, _)| text.contains(part)) {
        return Some(format!("{words} ({text})"));
    }
    if text.contains("invalid peer certificate") {
        return Some(format!("its certificate is not trusted ({text})"));
    }
    // What a server with TLS answers to a line of plain HTTP is no HTTP.
    (!https && text.contains("invalid HTTP version parsed"))
        .then(|| "it does not answer in HTTP: if it speaks TLS, its address begins with https://".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_tls_is_told_as_tls() {
        for (text, https, expected) in [
            ("invalid peer certificate: UnknownIssuer", true, Some("not trusted here")),
            (
                "invalid peer certificate: certificate expired: verification time 1 (UNIX), but certificate is not valid after 0 (1 seconds ago)",
                true,
                Some("has expired"),
            ),
            (
                "invalid peer certificate: certificate not valid for name \"a\"; certificate is only valid for DnsName(\"b\")",
                true,
                Some("another host name"),
            ),
            ("invalid peer certificate: Other(x)", true, Some("is not trusted (")),
            ("received fatal alert: HandshakeFailure", true, Some("ended the TLS handshake")),
            ("received corrupt message of type InvalidContentType", true, Some("without TLS")),
            ("invalid HTTP version parsed", false, Some("https://")),
            ("invalid HTTP version parsed", true, None),
            ("Connection refused (os error 111)", true, None),
        ] {
            let got = words(text, https);
            assert_eq!(got.is_some(), expected.is_some(), "{text}");
            assert!(got.is_none_or(|got| got.contains(expected.unwrap_or_default())), "{text}");
        }
    }
}
