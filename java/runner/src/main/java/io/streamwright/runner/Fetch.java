package io.streamwright.runner;

import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Brings artifacts into a pod before Flink starts: {@code URL SHA256 PATH} for each, in an init container of Flink's own
 * image. While the store is away it tries again for ever: whether the pod may wait is the pod's and the user's choice.
 * What no second try would change ends it at once, and the kubelet starts it again later.
 */
public final class Fetch {

    /** The environment variable with the token that the store wants; none is sent where it is not set. */
    static final String TOKEN_VARIABLE = "STREAMWRIGHT_ARTIFACT_TOKEN";

    private static final String USAGE = "expected URL SHA256 PATH, once for each artifact";
    private static final int LONGEST_PAUSE_SECONDS = 30;
    /** Bytes that were broken on the way are right the next time; a file that was replaced is not. */
    private static final int WRONG_BYTES_TRIES = 3;

    /** Waits, in seconds. */
    interface Pause {
        void seconds(int seconds) throws InterruptedException;
    }

    private final String token;
    private final PrintStream log;
    private final Pause pause;

    Fetch(String token, PrintStream log, Pause pause) {
        this.token = token == null ? "" : token.trim();
        this.log = log;
        this.pause = pause;
    }

    /** The program. It ends with 0 when all files are there, 1 when one cannot be had, 2 on wrong arguments. */
    public static void main(String[] args) throws InterruptedException {
        Fetch fetch = new Fetch(System.getenv(TOKEN_VARIABLE), System.err, seconds -> Thread.sleep(1000L * seconds));
        System.exit(fetch.run(args));
    }

    /** Fetches all, one after the other, and returns the exit code. */
    int run(String... args) throws InterruptedException {
        List<Artifact> artifacts = new ArrayList<>();
        try {
            if (args.length == 0 || args.length % 3 != 0) {
                throw new IllegalArgumentException(USAGE + "; found " + args.length + " arguments");
            }
            for (int i = 0; i < args.length; i += 3) {
                artifacts.add(Artifact.of(args[i], args[i + 1], args[i + 2]));
            }
            if (token.chars().anyMatch(c -> c <= ' ' || c > '~')) {
                throw new IllegalArgumentException("the token in " + TOKEN_VARIABLE + " has a character that no HTTP header can carry: look at the Secret");
            }
        } catch (IllegalArgumentException e) {
            say("nothing is fetched: " + e.getMessage());
            return 2;
        }
        for (Artifact artifact : artifacts) {
            try {
                fetch(artifact);
            } catch (FetchException e) {
                say("cannot fetch " + artifact.name() + " from " + artifact.source() + ": " + e.getMessage());
                return 1;
            }
        }
        return 0;
    }

    private void fetch(Artifact artifact) throws FetchException, InterruptedException {
        Path path = artifact.path();
        Download download = new Download(artifact, token);
        if (Files.isRegularFile(path) && download.isThere()) {
            say(path + " is there already");
            return;
        }
        int wrongBytes = 0;
        for (int tries = 1;; tries++) {
            try {
                long bytes = download.run();
                say(path + ": " + bytes + " bytes from " + artifact.source());
                return;
            } catch (FetchException e) {
                wrongBytes += e.kind() == FetchException.Kind.WRONG_BYTES ? 1 : 0;
                if (e.kind() == FetchException.Kind.FINAL || wrongBytes == WRONG_BYTES_TRIES) {
                    throw e;
                }
                int seconds = e.retryAfter() > 0 ? e.retryAfter() : backOff(tries);
                say("try " + tries + " for " + artifact.name() + " from " + artifact.source() + ": " + e.getMessage()
                        + "; the next in " + seconds + " s");
                pause.seconds(seconds);
            }
        }
    }

    /** One second, doubled with each try. */
    static int backOff(int tries) {
        return Math.min(LONGEST_PAUSE_SECONDS, 1 << Math.min(tries - 1, 10));
    }

    private void say(String line) {
        log.println("fetch: " + (token.isEmpty() ? line : line.replace(token, "***")));
    }
}
