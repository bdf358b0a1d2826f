package io.streamwright.runner;

import java.net.MalformedURLException;
import java.net.URL;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.Locale;

/** A file to fetch: from where, what it must be, and where to. */
final class Artifact {

    private final URL url;
    private final String sha256;
    private final Path path;

    private Artifact(URL url, String sha256, Path path) {
        this.url = url;
        this.sha256 = sha256;
        this.path = path;
    }

    /** Checks the three words; the message of the exception names the one that is wrong. */
    static Artifact of(String url, String sha256, String path) {
        if (!sha256.matches("[0-9a-fA-F]{64}")) {
            throw new IllegalArgumentException("'" + sha256 + "' is not a SHA-256 (64 hexadecimal digits) for " + path);
        }
        return new Artifact(address(url, path), sha256.toLowerCase(Locale.ROOT), file(path));
    }

    private static URL address(String text, String path) {
        // The parser's own message repeats the address, and with it what may be secret in it.
        try {
            URL url = new URL(text);
            if (isHttp(url) && !url.getHost().isEmpty()) {
                return url;
            }
        } catch (MalformedURLException e) {
            // Said below.
        }
        throw new IllegalArgumentException("the address for " + path + " is no http:// or https:// URL");
    }

    private static Path file(String path) {
        try {
            Path file = Paths.get(path);
            if (file.isAbsolute() && file.getFileName() != null) {
                return file;
            }
        } catch (InvalidPathException e) {
            // Said below.
        }
        throw new IllegalArgumentException("'" + path + "' is not the absolute path of a file");
    }

    /** Whether we speak the scheme. */
    static boolean isHttp(URL url) {
        return url.getProtocol().equals("http") || url.getProtocol().equals("https");
    }

    /** Where it is. */
    URL url() {
        return url;
    }

    /** The digest that it must have, in lower case. */
    String sha256() {
        return sha256;
    }

    /** Where it goes. */
    Path path() {
        return path;
    }

    /** The file's name, for messages. */
    String name() {
        return path.getFileName().toString();
    }

    /** The address for messages: without user, password and query, which may be secrets. */
    String source() {
        return shown(url);
    }

    /** An address without what may be secret in it. */
    static String shown(URL url) {
        return origin(url) + url.getPath();
    }

    /** Scheme, host and port: a token for one origin is not for another. */
    static String origin(URL url) {
        int port = url.getPort() < 0 ? url.getDefaultPort() : url.getPort();
        String shownPort = port == url.getDefaultPort() ? "" : ":" + port;
        return url.getProtocol() + "://" + url.getHost().toLowerCase(Locale.ROOT) + shownPort;
    }
}
