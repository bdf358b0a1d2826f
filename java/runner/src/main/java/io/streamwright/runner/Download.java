package io.streamwright.runner;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.HttpURLConnection;
import java.net.MalformedURLException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import javax.net.ssl.SSLHandshakeException;

/** One try to fetch an artifact: the request with its redirects, the bytes beside their place, the check, the rename. */
final class Download {

    private static final int CONNECT_MILLIS = 10_000;
    private static final int READ_MILLIS = 60_000;
    private static final int REDIRECTS = 5;
    private static final int LONGEST_RETRY_AFTER_SECONDS = 300;

    private final Artifact artifact;
    private final String token;
    private final Path part;

    Download(Artifact artifact, String token) {
        this.artifact = artifact;
        this.token = token;
        this.part = artifact.path().resolveSibling(artifact.name() + ".part");
    }

    /** Whether the file is in its place, as it must be. An init container runs again when its pod's sandbox was made anew. */
    boolean isThere() throws FetchException {
        MessageDigest digest = sha256();
        try (InputStream in = Files.newInputStream(artifact.path())) {
            byte[] buffer = new byte[64 * 1024];
            for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                digest.update(buffer, 0, n);
            }
        } catch (IOException e) {
            throw local(e);
        }
        return hex(digest.digest()).equals(artifact.sha256());
    }

    /** Fetches it; returns its bytes. */
    long run() throws FetchException {
        URL url = artifact.url();
        for (int redirects = 0; redirects <= REDIRECTS; redirects++) {
            HttpURLConnection connection = null;
            try {
                connection = request(url);
                int status = connection.getResponseCode();
                if (status == HttpURLConnection.HTTP_OK) {
                    return save(connection);
                }
                url = next(connection, url, status);
            } catch (SSLHandshakeException e) {
                throw FetchException.last("no secure connection to " + Artifact.origin(url) + " (" + cause(e)
                        + "): the Java in the image must trust the store's certificate");
            } catch (IOException e) {
                throw FetchException.away("the connection to " + Artifact.origin(url) + " failed (" + cause(e) + ")", 0);
            } finally {
                if (connection != null) {
                    connection.disconnect();
                }
            }
        }
        throw FetchException.last("more than " + REDIRECTS + " redirects: the store's address is wrong");
    }

    private HttpURLConnection request(URL url) throws IOException {
        HttpURLConnection connection = (HttpURLConnection) url.openConnection();
        connection.setInstanceFollowRedirects(false);
        connection.setConnectTimeout(CONNECT_MILLIS);
        connection.setReadTimeout(READ_MILLIS);
        connection.setUseCaches(false);
        if (!token.isEmpty() && Artifact.origin(url).equals(Artifact.origin(artifact.url()))) {
            connection.setRequestProperty("Authorization", "Bearer " + token);
        }
        return connection;
    }

    /** Where an answer other than 200 sends us. */
    private URL next(HttpURLConnection connection, URL from, int status) throws FetchException {
        switch (status) {
            case 301:
            case 302:
            case 303:
            case 307:
            case 308:
                return redirect(from, connection.getHeaderField("Location"), status);
            case 401:
                throw FetchException.last(token.isEmpty() ? "it answers 401, it wants a token: set " + Fetch.TOKEN_VARIABLE
                        : "it answers 401, the token is not valid: tokens end with the run that they were made for, so start the job anew");
            case 403:
                throw FetchException.last("it answers 403, the token is not for this artifact: start the job anew, by somebody who may use the artifact");
            case 404:
                throw FetchException.last("it answers 404, the artifact is not there: was it deleted, or is the address another server's?");
            case 408:
            case 429:
                throw FetchException.away("it answers " + status, retryAfter(connection));
            default:
                if (status >= 500) {
                    throw FetchException.away("it answers " + status, retryAfter(connection));
                }
                // Also what is no HTTP at all, which Java calls -1.
                throw FetchException.last("it answers " + status + ", which is no artifact: is the address another server's?");
        }
    }

    private static URL redirect(URL from, String location, int status) throws FetchException {
        URL to = null;
        try {
            to = location == null ? null : new URL(from, location);
        } catch (MalformedURLException e) {
            // Said below, without the text.
        }
        if (to == null || !Artifact.isHttp(to)) {
            throw FetchException.last("it answers " + status + " without an http address to go to");
        }
        if (from.getProtocol().equals("https") && to.getProtocol().equals("http")) {
            throw FetchException.last("it sends us from https to " + Artifact.shown(to) + ", which is not followed: let it answer an https address");
        }
        return to;
    }

    private static int retryAfter(HttpURLConnection connection) {
        int seconds = connection.getHeaderFieldInt("Retry-After", 0);
        return Math.max(0, Math.min(seconds, LONGEST_RETRY_AFTER_SECONDS));
    }

    private long save(HttpURLConnection connection) throws IOException, FetchException {
        MessageDigest digest = sha256();
        long bytes;
        try (InputStream in = connection.getInputStream(); OutputStream out = open()) {
            bytes = copy(in, out, digest);
        }
        long announced = connection.getContentLengthLong();
        if (announced >= 0 && bytes < announced) {
            throw new IOException("cut after " + bytes + " of " + announced + " bytes");
        }
        String found = hex(digest.digest());
        try {
            if (!found.equals(artifact.sha256())) {
                Files.deleteIfExists(part);
                throw FetchException.wrongBytes("its " + bytes + " bytes have the SHA-256 " + found + " and not " + artifact.sha256()
                        + ": was the file replaced, or does a proxy change it?");
            }
            Files.move(part, artifact.path(), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw local(e);
        }
        return bytes;
    }

    private OutputStream open() throws FetchException {
        try {
            Files.createDirectories(artifact.path().getParent());
            return Files.newOutputStream(part);
        } catch (IOException e) {
            throw local(e);
        }
    }

    private long copy(InputStream in, OutputStream out, MessageDigest digest) throws IOException, FetchException {
        byte[] buffer = new byte[64 * 1024];
        long bytes = 0;
        for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
            digest.update(buffer, 0, n);
            try {
                out.write(buffer, 0, n);
            } catch (IOException e) {
                throw local(e);
            }
            bytes += n;
        }
        return bytes;
    }

    /** The pod's own disk: no store can help. */
    private FetchException local(IOException e) {
        return FetchException.last("cannot write or read " + artifact.path() + " in the pod (" + cause(e) + "): is the volume there, writable and large enough?");
    }

    /** The exception in words, without the address that Java puts into some messages. */
    private String cause(IOException e) {
        String message = e.getMessage() == null ? "" : ": " + e.getMessage();
        return (e.getClass().getSimpleName() + message).replace(artifact.url().toString(), artifact.source());
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    private static String hex(byte[] bytes) {
        StringBuilder text = new StringBuilder();
        for (byte b : bytes) {
            text.append(String.format("%02x", b));
        }
        return text.toString();
    }
}
