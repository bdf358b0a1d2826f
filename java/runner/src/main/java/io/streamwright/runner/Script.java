package io.streamwright.runner;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Paths;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPInputStream;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.JsonNode;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.ObjectMapper;

/** The job as the server sends it: a name, the configuration and the statements, already split. */
final class Script {

    private static final String USAGE = "expected --script <base64 of gzip of JSON> or --script-file <path>";

    private final String name;
    private final Map<String, String> configuration;
    private final List<Statement> statements;

    Script(String name, Map<String, String> configuration, List<Statement> statements) {
        this.name = name;
        this.configuration = Collections.unmodifiableMap(configuration);
        this.statements = Collections.unmodifiableList(statements);
    }

    /** The job name; null when none was given. */
    String name() {
        return name;
    }

    /** The configuration below the script's own SETs. */
    Map<String, String> configuration() {
        return configuration;
    }

    /** The statements, in order. */
    List<Statement> statements() {
        return statements;
    }

    /** Reads the script that the program arguments carry or name. */
    static Script fromArguments(String... args) throws IOException {
        if (args.length != 2) {
            throw new IllegalArgumentException(USAGE);
        }
        switch (args[0]) {
            case "--script":
                byte[] packed = Base64.getMimeDecoder().decode(args[1]);
                try (InputStream in = new GZIPInputStream(new ByteArrayInputStream(packed))) {
                    return read(in);
                }
            case "--script-file":
                try (InputStream in = Files.newInputStream(Paths.get(args[1]))) {
                    return read(in);
                }
            default:
                throw new IllegalArgumentException(USAGE);
        }
    }

    private static Script read(InputStream in) throws IOException {
        JsonNode root = new ObjectMapper().readTree(in);
        if (root == null || !root.path("statements").isArray()) {
            throw new IllegalArgumentException("the script has no 'statements'");
        }
        Map<String, String> configuration = new LinkedHashMap<>();
        Iterator<Map.Entry<String, JsonNode>> fields = root.path("configuration").fields();
        while (fields.hasNext()) {
            Map.Entry<String, JsonNode> field = fields.next();
            configuration.put(field.getKey(), field.getValue().asText());
        }
        List<Statement> statements = new ArrayList<>();
        for (JsonNode node : root.path("statements")) {
            statements.add(new Statement(node.path("line").asInt(1), node.path("kind").asText("other"), node.path("text").asText()));
        }
        String name = root.path("name").asText("");
        return new Script(name.isEmpty() ? null : name, configuration, statements);
    }
}
