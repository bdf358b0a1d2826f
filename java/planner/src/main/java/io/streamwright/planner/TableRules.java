package io.streamwright.planner;

import io.streamwright.text.Token;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Connectors, formats and their options. Flink finds these faults where a table is used; they belong to its definition. */
final class TableRules {

    private static final Pattern TABLE = Pattern.compile("Unable to create a (?:source|sink) for (?:reading|writing) table\\s+'([^']+)'");
    private static final Pattern CONNECTOR = Pattern.compile("'connector'='([^']*)'");

    private TableRules() {
    }

    static List<Rule> rules() {
        return Arrays.asList(
                Rule.of("Could not find any factory for identifier '([^']*)' that implements '[^']*Table\\w*Factory'(.*)", TableRules::connector),
                Rule.of("Could not find any format factory for identifier '([^']*)'", TableRules::format),
                Rule.of("Could not find any factory for identifier '([^']*)' that implements '[^']*Format\\w*Factory'", TableRules::format),
                Rule.of("Could not find any factory for identifier '([^']*)' that implements '[^']*ModuleFactory'(.*)", TableRules::module),
                Rule.of("suitable table factory for '[^']*ModuleFactory'.*?type=(\\S+)", TableRules::oldModule),
                Rule.of("suitable table factory for '[^']*CatalogFactory'.*?type=(\\S+)", (c, m) -> catalogType(c, m.group(1), Words.none())),
                Rule.of("No factory for the catalog type '([^']*)' among: \\[(.*)\\]", (c, m) -> catalogType(c, m.group(1), Arrays.asList(m.group(2).split(", ")))),
                Rule.of("required options are missing\\.\\s+Missing required options are:\\s+(.*)", TableRules::missing),
                Rule.of("Unsupported options found for '?([^'\\n]*?)'?\\.\\s+Unsupported options:\\s+(.*?)\\s+Supported options:\\s+(.*)", TableRules::unknown),
                Rule.of("Could not parse value '(.*?)' for key '([^']*)'", (c, m) -> value(c, m.group(2), m.group(1))),
                Rule.of("Invalid value for option '([^']*)'", (c, m) -> value(c, m.group(1), null)),
                Rule.of("Option '([^']*)' must be a string with single character", (c, m) -> valueText(c, m.group(1), "'" + m.group(1) + "' is one character")),
                Rule.of("^(?:Option|The option|Option value of|Value of option|Unsupported value .* for option) '([^']*)'[^\\n]*", TableRules::valueOther),
                Rule.of("Connector '([^']*)' can only be used as a source", (c, m) -> direction(c, m.group(1), "written to")),
                Rule.of("Connector '([^']*)' can only be used as a sink", (c, m) -> direction(c, m.group(1), "read")),
                Rule.of("do not contain an option key 'connector' for discovering", TableRules::noConnector),
                Rule.of("ManagedTableFactory", TableRules::noConnector),
                Rule.of("Multiple factories for identifier '([^']*)'.*?found in the classpath(.*)", TableRules::twice),
                Rule.of("", TableRules::other));
    }

    /** The definition of the table that the chain of messages is about; null when the script does not have it. */
    private static Statement definition(Case c) {
        String name = tableName(c);
        if (name == null) {
            return c.statement().starts("CREATE") ? c.statement() : null;
        }
        c.about(name);
        Statement definition = c.scope().definition(name);
        // CREATE TABLE … AS and probes fail in the definition itself.
        return definition == null && c.statement().starts("CREATE") ? c.statement() : definition;
    }

    private static String tableName(Case c) {
        for (String message : c.failure().messages()) {
            Matcher m = TABLE.matcher(message);
            if (m.find()) {
                return Scope.last(m.group(1));
            }
        }
        return null;
    }

    private static String connectorName(Case c) {
        for (String message : c.failure().messages()) {
            Matcher m = CONNECTOR.matcher(message);
            if (m.find()) {
                return m.group(1);
            }
        }
        return null;
    }

    private static void place(Case c, Statement definition, Span span) {
        if (definition == null) {
            String name = tableName(c);
            c.at(name == null ? null : Anchor.name(c.statement(), name));
        } else if (span != null) {
            c.at(definition, span);
        } else {
            Token subject = Anchor.subject(definition);
            c.at(definition, subject == null ? null : Span.of(subject));
        }
    }

    private static List<String> lines(String block) {
        List<String> lines = new ArrayList<>();
        for (String line : block.split("\\n")) {
            String trimmed = line.trim();
            if (trimmed.isEmpty() || trimmed.contains(" ") && !trimmed.contains(": ")) {
                continue;
            }
            // "path (deprecated)", "path: what it is"
            lines.add(trimmed.split("[ :]", 2)[0].trim());
        }
        return lines;
    }

    private static void connector(Case c, Matcher m) {
        Statement definition = definition(c);
        int list = m.group(2).indexOf("identifiers are:");
        List<String> known = list < 0 ? Words.none() : lines(m.group(2).substring(list + 16));
        List<String> candidates = new ArrayList<>(known);
        candidates.addAll(Arrays.asList("kafka", "upsert-kafka", "jdbc", "elasticsearch-7", "hbase-2.2", "mongodb", "kinesis", "pulsar", "iceberg", "hudi", "paimon",
                "mysql-cdc", "postgres-cdc", "doris", "starrocks", "redis", "clickhouse"));
        c.says("unknown_connector", "No connector '" + m.group(1) + "' among the job's jars");
        // The exact name of a connector that Flink does not bring is no typing error: its jar is missing.
        c.suggests(candidates.contains(m.group(1)) ? "Add the connector's jar to the job" : Nearest.suggest(m.group(1), candidates));
        place(c, definition, definition == null ? null : Anchor.optionValue(definition, "connector"));
    }

    private static void format(Case c, Matcher m) {
        Statement definition = definition(c);
        c.says("unknown_format", "No format '" + m.group(1) + "' among the job's jars").suggests(Nearest.suggest(m.group(1), c.names().formats()));
        place(c, definition, definition == null ? null : Anchor.string(definition, m.group(1)));
    }

    private static void module(Case c, Matcher m) {
        int list = m.group(2).indexOf("identifiers are:");
        c.says("unknown_module", "No module '" + m.group(1) + "'").suggests(list < 0 ? null : Nearest.suggest(m.group(1), lines(m.group(2).substring(list + 16))))
                .at(Anchor.lastName(c.statement(), m.group(1)));
    }

    private static void oldModule(Case c, Matcher m) {
        c.says("unknown_module", "No module '" + m.group(1) + "'").at(Anchor.lastName(c.statement(), m.group(1)));
    }

    private static void catalogType(Case c, String type, List<String> known) {
        String nearest = Nearest.suggest(type, known);
        c.says("unknown_catalog_type", "No catalog type '" + type + "' among the job's jars").suggests(nearest != null ? nearest : "Add the catalog's jar to the job")
                .at(Anchor.optionValue(c.statement(), "type"));
    }

    private static void missing(Case c, Matcher m) {
        Statement definition = definition(c);
        List<String> keys = lines(m.group(1));
        String names = "'" + String.join("', '", keys) + "'";
        c.says("missing_option", keys.size() == 1 ? "Option " + names + " is required" : "Options " + names + " are required");
        place(c, definition, null);
    }

    private static void unknown(Case c, Matcher m) {
        Statement definition = definition(c);
        List<String> unknown = lines(m.group(2));
        String key = unknown.isEmpty() ? "?" : unknown.get(0);
        c.says("unknown_option", unknown.size() > 1 ? "No options '" + String.join("', '", unknown) + "' in " + m.group(1) : "No option '" + key + "' in " + m.group(1));
        c.suggests(Nearest.suggest(key, lines(m.group(3))));
        place(c, definition, definition == null ? null : Anchor.optionKey(definition, key));
    }

    private static void value(Case c, String key, String given) {
        Statement definition = definition(c);
        String value = given;
        if (value == null && definition != null) {
            Span span = Anchor.optionValue(definition, key);
            value = span == null ? null : c.failure().root();
        }
        String type = c.names().optionType(connectorName(c), key);
        if (type == null && c.failure().has("NumberFormatException")) {
            type = "number";
        }
        c.says("invalid_option_value", type != null && given != null ? "'" + key + "' is a " + type + ", '" + given + "' given"
                : "Invalid value for '" + key + "'" + (given != null ? ": '" + given + "'" : ""));
        place(c, definition, definition == null ? null : Anchor.optionValue(definition, key));
        if (definition == null) {
            c.at(Anchor.optionValue(c.statement(), key));
        }
    }

    private static void valueText(Case c, String key, String text) {
        Statement definition = definition(c);
        c.says("invalid_option_value", text);
        place(c, definition, definition == null ? null : Anchor.optionValue(definition, key));
    }

    private static void valueOther(Case c, Matcher m) {
        if (tableName(c) != null) {
            valueText(c, m.group(1), m.group());
        }
    }

    private static void direction(Case c, String connector, String what) {
        Statement definition = definition(c);
        c.says(what.equals("read") ? "not_a_source" : "not_a_sink", connector + " cannot be " + what);
        place(c, definition, definition == null ? null : Anchor.optionValue(definition, "connector"));
    }

    private static void noConnector(Case c, Matcher m) {
        Statement definition = definition(c);
        c.says("missing_option", "Option 'connector' is required");
        place(c, definition, null);
    }

    /** Any other complaint of a connector: the option that its message quotes is at fault. */
    private static void other(Case c, Matcher m) {
        if (tableName(c) == null || c.failure().innermost() instanceof Error) {
            return;
        }
        Statement definition = definition(c);
        String text = c.failure().root();
        String first = text.split("\\n\\s*\\n")[0].trim();
        Span span = null;
        Matcher quoted = Pattern.compile("'([^'\\n]{1,120})'").matcher(text);
        while (span == null && definition != null && quoted.find()) {
            span = Anchor.optionKey(definition, quoted.group(1)) != null ? Anchor.optionValue(definition, quoted.group(1))
                    : Anchor.string(definition, quoted.group(1));
        }
        boolean missing = span == null && text.matches("(?s).*(required|must be set|is missing|not set|must be specified).*");
        c.says(missing ? "missing_option" : "invalid_option_value", first.length() > 300 ? first.substring(0, 300) + "…" : first);
        place(c, definition, span);
    }

    private static void twice(Case c, Matcher m) {
        Statement definition = definition(c);
        c.says("ambiguous_connector", "Several of the job's jars bring '" + m.group(1) + "'").suggests("Keep one of them");
        place(c, definition, definition == null ? null : Anchor.string(definition, m.group(1)));
    }
}
