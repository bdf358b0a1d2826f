package io.streamwright.planner;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.JsonNode;

/** What a check is asked to look at. */
final class CheckRequest {

    private final boolean deep;
    private final List<Statement> statements = new ArrayList<>();
    private final Map<String, String> configuration = new LinkedHashMap<>();
    private final List<String> jars = new ArrayList<>();

    private CheckRequest(boolean deep) {
        this.deep = deep;
    }

    /** Reads a request; unknown fields are ignored. */
    static CheckRequest read(JsonNode node) {
        CheckRequest request = new CheckRequest(!node.path("tier").asText("deep").equals("parse"));
        for (JsonNode s : node.path("statements")) {
            request.statements.add(new Statement(s.path("index").asInt(request.statements.size()), s.path("line").asInt(1),
                    s.path("column").asInt(1), s.path("kind").asText("other"), s.path("text").asText("")));
        }
        Iterator<Map.Entry<String, JsonNode>> fields = node.path("configuration").fields();
        while (fields.hasNext()) {
            Map.Entry<String, JsonNode> field = fields.next();
            request.configuration.put(field.getKey(), field.getValue().asText());
        }
        for (JsonNode jar : node.path("jars")) {
            request.jars.add(jar.asText());
        }
        return request;
    }

    /** Whether to validate and plan; otherwise only to parse. */
    boolean deep() {
        return deep;
    }

    /** The statements, in the order of the script. */
    List<Statement> statements() {
        return statements;
    }

    /** The configuration below the script's own SETs. */
    Map<String, String> configuration() {
        return configuration;
    }

    /** Paths of the user's jars. */
    List<String> jars() {
        return jars;
    }
}
