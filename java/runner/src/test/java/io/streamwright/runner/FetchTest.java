package io.streamwright.runner;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FetchTest {

    private static final String TOKEN = "swr_secret-of-this-run";
    private static final byte[] BYTES = bytes(300_000);
    private static final String SHA256 = sha256(BYTES);

    /** One answer of the store. */
    private interface Reply {
        void to(HttpExchange exchange) throws IOException;
    }

    @TempDir
    Path folder;

    private final Deque<Reply> replies = new ArrayDeque<>();
    private final List<String> tokens = new ArrayList<>();
    private final List<Integer> pauses = new ArrayList<>();
    private final ByteArrayOutputStream output = new ByteArrayOutputStream();
    private HttpServer store;
    private HttpServer other;

    @BeforeEach
    void start() throws IOException {
        store = server();
        other = server();
    }

    @AfterEach
    void stop() {
        store.stop(0);
        other.stop(0);
        // Whatever happened: the token is in no line.
        assertFalse(output().contains(TOKEN), output());
    }

    private HttpServer server() throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            String name = server == store ? "store" : "other";
            tokens.add(name + " " + exchange.getRequestHeaders().getFirst("Authorization"));
            // The last reply is given again and again.
            Reply reply = replies.size() > 1 ? replies.poll() : replies.peek();
            try {
                reply.to(exchange);
            } finally {
                exchange.close();
            }
        });
        server.start();
        return server;
    }

    private static Reply status(int status, String... headers) {
        return exchange -> {
            for (int i = 0; i < headers.length; i += 2) {
                exchange.getResponseHeaders().set(headers[i], headers[i + 1]);
            }
            exchange.sendResponseHeaders(status, -1);
        };
    }

    private static Reply file(byte[] bytes) {
        return exchange -> {
            exchange.sendResponseHeaders(200, bytes.length);
            exchange.getResponseBody().write(bytes);
        };
    }

    /** Announces all bytes, sends some and closes the connection. */
    private static Reply cut() {
        return exchange -> {
            exchange.sendResponseHeaders(200, BYTES.length);
            exchange.getResponseBody().write(BYTES, 0, 1000);
            exchange.getResponseBody().flush();
        };
    }

    private static String url(HttpServer server) {
        return "http://" + server.getAddress().getAddress().getHostAddress() + ":" + server.getAddress().getPort() + "/artifacts/udf.jar?key=" + TOKEN;
    }

    private Path jar() {
        return folder.resolve("usrlib/udf.jar");
    }

    private int run(String... arguments) throws Exception {
        return new Fetch(TOKEN, new PrintStream(output, true), pauses::add).run(arguments);
    }

    private int fetch(Reply... given) throws Exception {
        replies.addAll(Arrays.asList(given));
        return run(url(store), SHA256, jar().toString());
    }

    private String output() {
        return output.toString();
    }

    private void assertFetched() throws IOException {
        assertArrayEquals(BYTES, Files.readAllBytes(jar()));
        assertEquals(1, entries(), "nothing lies beside it");
    }

    /** It ended with this text, at once, and nothing lies about. */
    private void assertRefused(String text, int code) throws IOException {
        assertEquals(1, code);
        assertTrue(output().contains("cannot fetch udf.jar from http://127.0.0.1:"), output());
        assertTrue(output().contains("/artifacts/udf.jar: "), output());
        assertTrue(output().contains(text), output());
        assertEquals(1, output().split("\n").length, output());
        assertTrue(pauses.isEmpty());
        assertEquals(0, entries());
    }

    private long entries() throws IOException {
        if (!Files.exists(jar().getParent())) {
            return 0;
        }
        try (Stream<Path> list = Files.list(jar().getParent())) {
            return list.count();
        }
    }

    @Test
    void fetchesWithTheToken() throws Exception {
        assertEquals(0, fetch(file(BYTES)));
        assertFetched();
        assertEquals(Arrays.asList("store Bearer " + TOKEN), tokens);
        assertTrue(output().contains("udf.jar: 300000 bytes from http://127.0.0.1:"), output());
    }

    @Test
    void fetchesSeveralAndTakesADigestInCapitals() throws Exception {
        byte[] second = bytes(10);
        replies.add(file(BYTES));
        replies.add(file(second));
        Path two = folder.resolve("usrlib/two.jar");
        assertEquals(0, run(url(store), SHA256.toUpperCase(), jar().toString(), url(other), sha256(second), two.toString()));
        assertArrayEquals(BYTES, Files.readAllBytes(jar()));
        assertArrayEquals(second, Files.readAllBytes(two));
    }

    @Test
    void sendsNoTokenWhereNoneIsSet() throws Exception {
        replies.add(file(BYTES));
        assertEquals(0, new Fetch(null, new PrintStream(output, true), pauses::add).run(url(store), SHA256, jar().toString()));
        assertEquals(Arrays.asList("store null"), tokens);
    }

    @Test
    void takesATokenWithTheNewlineThatSecretsEndWith() throws Exception {
        replies.add(file(BYTES));
        assertEquals(0, new Fetch(TOKEN + "\n", new PrintStream(output, true), pauses::add).run(url(store), SHA256, jar().toString()));
        assertEquals(Arrays.asList("store Bearer " + TOKEN), tokens);
    }

    @Test
    void refusesATokenThatNoHeaderCarries() throws Exception {
        assertEquals(2, new Fetch(TOKEN + "\nX: y", new PrintStream(output, true), pauses::add).run(url(store), SHA256, jar().toString()));
        assertTrue(output().contains(Fetch.TOKEN_VARIABLE), output());
        assertEquals(0, tokens.size());
    }

    @Test
    void followsARedirectWithTheTokenOnlyToItsOwnOrigin() throws Exception {
        assertEquals(0, fetch(status(307, "Location", "/elsewhere"), status(302, "Location", url(other)), file(BYTES)));
        assertFetched();
        assertEquals(Arrays.asList("store Bearer " + TOKEN, "store Bearer " + TOKEN, "other null"), tokens);
    }

    @Test
    void doesNotFollowRedirectsForEver() throws Exception {
        assertRefused("redirects", fetch(status(302, "Location", "/again")));
    }

    @Test
    void refusesARedirectToSomethingElse() throws Exception {
        assertRefused("302 without an http address", fetch(status(302, "Location", "file:///etc/passwd")));
    }

    @Test
    void keepsAFileThatIsThere() throws Exception {
        Files.createDirectories(jar().getParent());
        Files.write(jar(), BYTES);
        assertEquals(0, fetch(status(500)));
        assertFetched();
        assertEquals(0, tokens.size());
        assertTrue(output().contains("is there already"), output());
    }

    @Test
    void replacesAFileWithOtherBytesAndARest() throws Exception {
        Files.createDirectories(jar().getParent());
        Files.write(jar(), bytes(5));
        Files.write(jar().resolveSibling("udf.jar.part"), bytes(400_000));
        assertEquals(0, fetch(file(BYTES)));
        assertFetched();
    }

    @Test
    void triesAgainWhileTheStoreIsBusyOrBroken() throws Exception {
        assertEquals(0, fetch(status(503, "Retry-After", "7"), status(429, "Retry-After", "100000"), status(500), status(502), file(BYTES)));
        assertFetched();
        assertEquals(Arrays.asList(7, 300, 4, 8), pauses);
        assertTrue(output().contains("try 1 for udf.jar from http://127.0.0.1:"), output());
        assertTrue(output().contains("it answers 503; the next in 7 s"), output());
        assertEquals(5, output().split("\n").length, output());
    }

    @Test
    void triesAgainWhenTheConnectionIsCut() throws Exception {
        // More often than wrong bytes are forgiven: this is no wrong file.
        assertEquals(0, fetch(cut(), cut(), cut(), cut(), cut(), file(BYTES)));
        assertFetched();
        assertEquals(Arrays.asList(1, 2, 4, 8, 16), pauses);
        assertTrue(output().contains("the connection to http://127.0.0.1:"), output());
    }

    @Test
    void waitsForAStoreThatIsAway() throws Exception {
        int port;
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = socket.getLocalPort();
        }
        replies.add(file(BYTES));
        List<HttpServer> late = new ArrayList<>();
        Fetch.Pause pause = seconds -> {
            pauses.add(seconds);
            if (pauses.size() == 8) {
                try {
                    late.add(HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 0));
                } catch (IOException e) {
                    throw new IllegalStateException(e);
                }
                late.get(0).createContext("/", exchange -> {
                    file(BYTES).to(exchange);
                    exchange.close();
                });
                late.get(0).start();
            }
        };
        int code = new Fetch(TOKEN, new PrintStream(output, true), pause).run("http://127.0.0.1:" + port + "/udf.jar", SHA256, jar().toString());
        late.get(0).stop(0);
        assertEquals(0, code);
        assertFetched();
        assertEquals(Arrays.asList(1, 2, 4, 8, 16, 30, 30, 30), pauses);
        assertTrue(output().contains("ConnectException"), output());
    }

    @Test
    void forgivesWrongBytesOnce() throws Exception {
        assertEquals(0, fetch(file(bytes(20)), file(BYTES)));
        assertFetched();
        assertEquals(Arrays.asList(1), pauses);
    }

    @Test
    void endsAfterWrongBytesThreeTimes() throws Exception {
        byte[] wrong = bytes(20);
        assertEquals(1, fetch(file(wrong)));
        assertEquals(Arrays.asList(1, 2), pauses);
        String last = output().trim().substring(output().trim().lastIndexOf('\n') + 1);
        assertTrue(last.startsWith("fetch: cannot fetch udf.jar from http://127.0.0.1:"), last);
        assertTrue(last.contains("20 bytes have the SHA-256 " + sha256(wrong) + " and not " + SHA256), last);
        assertEquals(0, entries());
    }

    @Test
    void endsAtOnceWhereNoTryHelps() throws Exception {
        assertRefused("401, the token is not valid", fetch(status(401, "WWW-Authenticate", "Bearer")));
    }

    @Test
    void saysThatATokenIsWanted() throws Exception {
        replies.add(status(401));
        assertEquals(1, new Fetch("", new PrintStream(output, true), pauses::add).run(url(store), SHA256, jar().toString()));
        assertTrue(output().contains("set " + Fetch.TOKEN_VARIABLE), output());
    }

    @Test
    void endsAtOnceWithoutPermission() throws Exception {
        assertRefused("403, the token is not for this artifact", fetch(status(403)));
    }

    @Test
    void endsAtOnceWithoutArtifact() throws Exception {
        assertRefused("404, the artifact is not there", fetch(status(404)));
    }

    @Test
    void endsAtOnceAtAnotherServer() throws Exception {
        assertRefused("it answers 204, which is no artifact", fetch(status(204)));
    }

    @Test
    void endsAtOnceWhenThePodCannotKeepIt() throws Exception {
        Files.write(folder.resolve("usrlib"), new byte[0]);
        replies.add(file(BYTES));
        assertEquals(1, run(url(store), SHA256, jar().toString()));
        assertTrue(output().contains("cannot write or read " + jar() + " in the pod"), output());
        assertTrue(pauses.isEmpty());
    }

    @Test
    void refusesWrongArguments() throws Exception {
        String[][] wrong = {{}, {"http://a/b", SHA256}, {"http://a/b", "abc", "/x"}, {"ftp://a/" + TOKEN, SHA256, "/x"}, {TOKEN, SHA256, "/x"},
                {"http:///b", SHA256, "/x"}, {"http://a/b", SHA256, "x"}, {"http://a/b", SHA256, "/"}};
        for (String[] arguments : wrong) {
            output.reset();
            assertEquals(2, run(arguments), Arrays.toString(arguments));
            assertTrue(output().startsWith("fetch: nothing is fetched: "), output());
            assertEquals(1, output().split("\n").length, output());
        }
    }

    private static byte[] bytes(int length) {
        byte[] bytes = new byte[length];
        new Random(length).nextBytes(bytes);
        return bytes;
    }

    private static String sha256(byte[] bytes) {
        try {
            StringBuilder text = new StringBuilder();
            for (byte b : MessageDigest.getInstance("SHA-256").digest(bytes)) {
                text.append(String.format("%02x", b));
            }
            return text.toString();
        } catch (java.security.NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
