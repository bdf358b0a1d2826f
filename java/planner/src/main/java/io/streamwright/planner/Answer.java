package io.streamwright.planner;

import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.node.ArrayNode;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.node.JsonNodeFactory;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.node.ObjectNode;

/** The answers of the protocol. */
final class Answer {

    private Answer() {
    }

    /** An empty answer to a request. */
    static ObjectNode to(String id) {
        ObjectNode node = JsonNodeFactory.instance.objectNode();
        node.put("id", id);
        return node;
    }

    /** The answer to a ping. */
    static ObjectNode pong(String id, String flinkVersion) {
        ObjectNode node = to(id);
        node.put("pong", true);
        node.put("flinkVersion", flinkVersion);
        Runtime runtime = Runtime.getRuntime();
        node.put("heapUsedBytes", runtime.totalMemory() - runtime.freeMemory());
        return node;
    }

    /** The answer to a request that could not be served. */
    static ObjectNode error(String id, String code, String message) {
        ObjectNode node = to(id);
        node.putObject("error").put("code", code).put("message", message);
        return node;
    }

    /** The answer to a check. */
    static ObjectNode report(String id, Report report, long elapsedMs) {
        ObjectNode node = to(id);
        ArrayNode statements = node.putArray("statements");
        for (Report.Verdict verdict : report.verdicts()) {
            statements.addObject().put("index", verdict.index()).put("kind", verdict.kind()).put("ok", verdict.ok());
        }
        ArrayNode findings = node.putArray("findings");
        for (Finding finding : report.findings()) {
            finding.write(findings.addObject());
        }
        ObjectNode tables = node.putObject("tables");
        report.read().forEach(tables.putArray("read")::add);
        report.written().forEach(tables.putArray("written")::add);
        node.put("elapsedMs", elapsedMs);
        return node;
    }
}
