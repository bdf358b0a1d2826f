package io.streamwright.runner;

import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.ObjectMapper;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.node.ObjectNode;

/** The one line on standard output that tells how the submission went. */
final class Outcome {

    private Outcome() {
    }

    /** The line after a submission. */
    static String submitted(String jobId, int inserts) {
        ObjectNode node = node("submitted");
        node.put("jobId", jobId);
        node.put("inserts", inserts);
        return node.toString();
    }

    /** The line after a failure. */
    static String failed(int line, String message) {
        ObjectNode node = node("failed");
        if (line > 0) {
            node.put("line", line);
        }
        node.put("message", message);
        return node.toString();
    }

    private static ObjectNode node(String outcome) {
        ObjectNode node = new ObjectMapper().createObjectNode();
        node.put("program", "streamwright-runner");
        node.put("outcome", outcome);
        return node;
    }
}
