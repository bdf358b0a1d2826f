package io.streamwright.planner;

import java.io.IOException;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.JsonNode;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.ObjectMapper;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.node.ObjectNode;

/** Answers requests, one at a time. Whatever goes wrong becomes an answer; only running out of memory ends the process. */
final class Worker {

    private final ObjectMapper json = new ObjectMapper();
    private final String flinkVersion;
    private final ParseTier parseTier = new ParseTier();

    Worker(String flinkVersion) {
        this.flinkVersion = flinkVersion;
    }

    /** Answers one request line. */
    ObjectNode answer(byte[] line) {
        String id = null;
        try {
            JsonNode request = json.readTree(line);
            if (request == null || !request.isObject()) {
                return Answer.error(null, "bad_request", "a request is a JSON object");
            }
            id = request.path("id").asText(null);
            return answer(id, request);
        } catch (OutOfMemoryError e) {
            // Nothing in this process can be trusted any more; the server starts another one.
            throw e;
        } catch (IOException e) {
            return Answer.error(id, "bad_request", "the line is no JSON: " + e.getMessage());
        } catch (Throwable e) {
            return Answer.error(id, "internal", e.toString());
        }
    }

    private ObjectNode answer(String id, JsonNode request) throws Throwable {
        switch (request.path("op").asText("")) {
            case "ping":
                return Answer.pong(id, flinkVersion);
            case "check":
                CheckRequest check = CheckRequest.read(request);
                long start = System.nanoTime();
                Report report = new Report();
                if (check.deep()) {
                    try (Jars jars = Jars.open(check.jars())) {
                        new DeepTier(check, report, jars.loader()).run();
                    }
                } else {
                    parseTier.run(check, report);
                }
                return Answer.report(id, report, (System.nanoTime() - start) / 1_000_000);
            case "catalogue":
                CheckRequest scope = CheckRequest.read(request);
                try (Jars jars = Jars.open(scope.jars())) {
                    return Catalogue.answer(id, jars.loader(), scope);
                }
            default:
                return Answer.error(id, "bad_request", "unknown op '" + request.path("op").asText("") + "'");
        }
    }
}
