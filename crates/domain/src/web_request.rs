//! What passes from a browser to Flink's web UI over this server. Whoever may see a job may look; Flink's own pages may also
//! act, but only as they do it themselves: code comes to a cluster by releases, and a cluster ends by its own command.

/// Longest path with its query, in bytes.
pub const MAX_WEB_PATH: usize = 4_096;
/// Largest body of a request, in bytes.
pub const MAX_WEB_BODY: usize = 64 * 1024;

/// What a request is to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WebMethod {
    /// Looks.
    Get,
    /// Makes something.
    Post,
    /// Sets something.
    Put,
    /// Changes something.
    Patch,
}

/// A path below a REST address: nothing in it leads elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebPath {
    /// Its parts, decoded, none of them empty.
    pub segments: Vec<String>,
    /// What stands behind `?`, as it was written.
    pub query: Option<String>,
}

impl WebPath {
    /// Reads a path as a browser writes it: `/jobs/overview?a=b`.
    ///
    /// # Errors
    /// What is wrong with it, as a sentence.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.len() > MAX_WEB_PATH {
            return Err(format!("The path has more than {MAX_WEB_PATH} bytes."));
        }
        let (path, query) = match text.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (text, None),
        };
        let segments: Result<Vec<String>, String> = path.split('/').filter(|part| !part.is_empty()).map(segment).collect();
        let plain = |c: char| c.is_ascii_graphic() && c != '#';
        if query.is_some_and(|query| !query.chars().all(plain)) {
            return Err("The query has a character that has to be escaped.".to_owned());
        }
        Ok(Self {
            segments: segments?,
            query: query.filter(|query| !query.is_empty()).map(str::to_owned),
        })
    }

    /// The parts without the version that any of Flink's paths can begin with.
    fn route(&self) -> Vec<&str> {
        let version = |part: &str| {
            part.strip_prefix('v')
                .is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))
        };
        let all = self.segments.iter().map(String::as_str);
        let versioned = self.segments.len() > 1 && version(&self.segments[0]);
        all.skip(usize::from(versioned)).collect()
    }

    /// Whether Flink says something there, and not a file of its pages.
    #[must_use]
    pub fn asks_flink(&self) -> bool {
        const ROOTS: [&str; 9] = [
            "jobs",
            "jobmanager",
            "taskmanagers",
            "config",
            "overview",
            "jars",
            "cluster",
            "datasets",
            "applications",
        ];
        self.route().first().is_some_and(|first| ROOTS.contains(first))
    }

    /// The cancel that Flink's pages send as a GET, as the PATCH that it is.
    #[must_use]
    pub fn cancel(&self) -> Option<String> {
        match self.route()[..] {
            ["jobs", id, "yarn-cancel"] if is_id(id) => Some(format!("/jobs/{id}?mode=cancel")),
            _ => None,
        }
    }
}

/// A part of a path, decoded once.
fn segment(part: &str) -> Result<String, String> {
    let mut bytes = Vec::with_capacity(part.len());
    let mut rest = part.as_bytes();
    while let [first, after @ ..] = rest {
        rest = after;
        if *first != b'%' {
            bytes.push(*first);
            continue;
        }
        let digits = after.get(..2).and_then(|two| std::str::from_utf8(two).ok());
        let byte = digits.and_then(|two| u8::from_str_radix(two, 16).ok());
        bytes.push(byte.ok_or("The path has a '%' without two digits behind it.")?);
        rest = &after[2..];
    }
    let decoded = String::from_utf8(bytes).map_err(|_| "The path is not UTF-8.".to_owned())?;
    // What stands between could decode it once more, or take '\' for '/'.
    let leads_elsewhere = decoded == "." || decoded == ".." || decoded.contains(['/', '\\', '%']);
    if leads_elsewhere || decoded.chars().any(char::is_control) {
        return Err("The path may not lead out of the cluster's REST address.".to_owned());
    }
    Ok(decoded)
}

fn is_id(text: &str) -> bool {
    text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Whether a request passes.
///
/// # Errors
/// Why not, and what to do instead.
pub fn passes(method: WebMethod, path: &WebPath) -> Result<(), &'static str> {
    const CODE: &str = "Code comes to a cluster by a release of a job, not through Flink's web UI.";
    match (method, &path.route()[..]) {
        // These act although they are GETs (Flink 1.13 to 2.3); the plan runs main of the jar.
        (WebMethod::Get, [.., last]) if last.starts_with("yarn-") => {
            Err("This acts although it is a GET: send PATCH /jobs/ID?mode=cancel.")
        }
        (WebMethod::Get, ["jars", _, ..]) => Err(CODE),
        (WebMethod::Get, _) => Ok(()),
        (WebMethod::Patch, ["jobs", id]) if is_id(id) => Ok(()),
        (WebMethod::Put, ["jobs", id, "resource-requirements"]) if is_id(id) => Ok(()),
        (WebMethod::Post, ["jobmanager", "profiler"] | ["taskmanagers", _, "profiler"]) => Ok(()),
        (_, ["jars", ..] | ["jobs"]) => Err(CODE),
        _ => Err("Flink's own pages do not send this: use the commands of streamwright for it."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_leads_out_of_the_rest_address() {
        for (text, expected) in [
            ("", Some(vec![])),
            ("/", Some(vec![])),
            ("/jobs/overview", Some(vec!["jobs", "overview"])),
            ("jobs//overview/", Some(vec!["jobs", "overview"])),
            ("/jobmanager/logs/a%20b.log", Some(vec!["jobmanager", "logs", "a b.log"])),
            ("/%E5%8D%95", Some(vec!["单"])),
            ("/..", None),
            ("/a/../b", None),
            ("/./a", None),
            ("/%2e%2e/secrets", None),
            ("/%2E./secrets", None),
            ("/..%2fsecrets", None),
            ("/a%2fb", None),
            ("/..\\a", None),
            ("/a%5cb", None),
            ("/%252e%252e/a", None),
            ("/a%00", None),
            ("/a%0d%0aHost:%20b", None),
            ("/%zz", None),
            ("/%4", None),
            ("/%+f", None),
            ("/%ff", None),
            ("/a?b#c", None),
            ("/a?b c", None),
        ] {
            let parsed = WebPath::parse(text);
            assert_eq!(
                parsed.as_ref().ok().map(|path| path.segments.clone()),
                expected.map(|parts| parts.iter().map(|part: &&str| (*part).to_owned()).collect()),
                "{text}: {parsed:?}"
            );
        }
        assert!(WebPath::parse(&"a".repeat(MAX_WEB_PATH + 1)).is_err());
        let parsed = WebPath::parse("/jobs/x/metrics?get=a%2Cb,c&d=../e").unwrap();
        assert_eq!(parsed.query.as_deref(), Some("get=a%2Cb,c&d=../e"));
    }

    #[test]
    fn looking_passes_and_acting_only_as_flinks_pages_act() {
        use WebMethod::{Get, Patch, Post, Put};
        let id = "0123456789abcdef0123456789abcdef";
        for (method, path, expected) in [
            (Get, "/".to_owned(), true),
            (Get, "/main.8f1.js".to_owned(), true),
            (Get, "/jobs/overview".to_owned(), true),
            (Get, format!("/jobs/{id}/checkpoints"), true),
            (Get, "/jars".to_owned(), true),
            (Get, "/jars/a.jar/plan?programArg=x".to_owned(), false),
            (Get, "/v1/jars/a.jar/plan".to_owned(), false),
            (Get, format!("/jobs/{id}/yarn-cancel"), false),
            (Get, format!("/v1/jobs/{id}/yarn-cancel/"), false),
            (Get, format!("//jobs/{id}/%79arn-stop"), false),
            (Patch, format!("/jobs/{id}?mode=cancel"), true),
            (Patch, format!("/v1/jobs/{id}?mode=cancel"), true),
            (Patch, "/jobs/x".to_owned(), false),
            (Put, format!("/jobs/{id}/resource-requirements"), true),
            (Post, "/jobmanager/profiler".to_owned(), true),
            (Post, "/jars/upload".to_owned(), false),
            (Post, "/v1/jars/upload".to_owned(), false),
            (Post, "/jars/a.jar/run".to_owned(), false),
            (Post, "/jobs".to_owned(), false),
            (Post, format!("/jobs/{id}/savepoints"), false),
            (Post, "/savepoint-disposal".to_owned(), false),
        ] {
            let parsed = WebPath::parse(&path).unwrap();
            assert_eq!(passes(method, &parsed).is_ok(), expected, "{method:?} {path}");
        }
    }

    #[test]
    fn a_cancel_is_sent_as_what_it_is() {
        let id = "0123456789abcdef0123456789abcdef";
        let cancel = |path: &str| WebPath::parse(path).unwrap().cancel();
        assert_eq!(cancel(&format!("/jobs/{id}/yarn-cancel")), Some(format!("/jobs/{id}?mode=cancel")));
        assert_eq!(cancel(&format!("/jobs/{id}/yarn-stop")), None);
        assert_eq!(cancel("/jobs/x/yarn-cancel"), None);
    }
}
