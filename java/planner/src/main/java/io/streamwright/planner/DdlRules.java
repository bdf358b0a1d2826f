package io.streamwright.planner;

import io.streamwright.text.Token;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Definitions that contradict themselves or what is there already. */
final class DdlRules {

    private DdlRules() {
    }

    static List<Rule> rules() {
        return Arrays.asList(
                Rule.of("(?:Table \\(or view\\)|Temporary table|Temporary view) '?([^\\s']+?)'? already exists", (c, m) -> exists(c, "Table", m.group(1))),
                Rule.of("Function '?([^\\s']+?)'? already exists", (c, m) -> exists(c, "Function", m.group(1))),
                Rule.of("Database '?([^\\s']+?)'? already exists", (c, m) -> exists(c, "Database", m.group(1))),
                Rule.of("Catalog '?([^\\s']+?)'? already exists", (c, m) -> exists(c, "Catalog", m.group(1))),
                Rule.of("A module with name '?([^\\s']+?)'? already exists", (c, m) -> exists(c, "Module", m.group(1))),
                Rule.of("Invalid data type of time field for watermark definition.*?time field type is ([^\\n]+)", DdlRules::watermarkType),
                Rule.of("doesn't support ENFORCED mode for PRIMARY KEY", DdlRules::enforced),
                Rule.of("VIEW definition and input fields not match:\\s*Def fields: \\[(.*?)\\]\\.\\s*Input fields: \\[(.*?)\\]", DdlRules::view),
                Rule.of("A column named '([^']*)' already exists", (c, m) -> duplicateColumn(c, m.group(1))),
                Rule.of("A column with the same name `([^`]*)` has been defined", (c, m) -> duplicateColumn(c, m.group(1))),
                Rule.of("Column named '([^']*)' already exists in the (?:table|base table)", (c, m) -> duplicateColumn(c, m.group(1))),
                Rule.of("Duplicate primary key definition", DdlRules::twoKeys),
                Rule.of("Multiple WATERMARK statements is not supported", (c, m) -> c.says("not_supported", "A table has one WATERMARK")),
                Rule.of("[Dd]uplicate column(?: name)?:?\\s+'?\\[?(\\w+)", (c, m) -> duplicateColumn(c, m.group(1))),
                Rule.of("Schema must not contain duplicate column names\\. Found duplicates: \\[([^\\],]+)", (c, m) -> duplicateColumn(c, m.group(1))),
                Rule.of("Invalid primary key.*?[Cc]olumn '([^']*)' (?:is|does|must)([^\\n]*)", (c, m) -> c.says("invalid_primary_key",
                        "Primary key column '" + m.group(1) + "' " + (m.group().contains("nullable") ? "is nullable" : "cannot be part of the key"))
                        .atUnlessPlaced(Anchor.lastName(c.statement(), m.group(1)))));
    }

    private static void exists(Case c, String kind, String full) {
        String name = Scope.last(full);
        Statement first = c.scope().definition(name);
        String where = first == null || first == c.statement() ? "" : " (line " + first.place(first.whole().start())[0] + ")";
        Token subject = Anchor.subject(c.statement());
        c.says("duplicate_name", kind + " '" + name + "' exists already" + where)
                .atUnlessPlaced(subject != null && subject.value().equals(name) ? Span.of(subject) : Anchor.name(c.statement(), name));
    }

    private static void watermarkType(Case c, Matcher m) {
        boolean precision = Pattern.compile("TIMESTAMP(_LTZ)?\\(\\d+\\)").matcher(m.group(1)).find();
        c.says("invalid_watermark", precision ? "A watermark column has a precision of at most 3, this one is " + m.group(1).trim()
                : "A watermark column is TIMESTAMP(3) or TIMESTAMP_LTZ(3), this one is " + QueryRules.type(m.group(1)));
        List<Token> tokens = c.statement().tokens();
        for (int i = 0; i + 2 < tokens.size(); i++) {
            if (tokens.get(i).is("WATERMARK") && tokens.get(i + 1).is("FOR")) {
                c.at(Span.of(tokens.get(i + 2)));
            }
        }
    }

    private static void enforced(Case c, Matcher m) {
        c.says("invalid_primary_key", "Flink does not enforce a PRIMARY KEY").suggests("Write NOT ENFORCED behind it");
        List<Token> tokens = c.statement().tokens();
        for (int i = 0; i + 1 < tokens.size(); i++) {
            if (tokens.get(i).is("PRIMARY") && tokens.get(i + 1).is("KEY")) {
                int end = i + 1;
                if (end + 1 < tokens.size() && tokens.get(end + 1).is("(")) {
                    while (end < tokens.size() - 1 && !tokens.get(end).is(")")) {
                        end++;
                    }
                }
                c.at(Span.of(tokens.get(i), tokens.get(end)));
                return;
            }
        }
    }

    private static void view(Case c, Matcher m) {
        int names = m.group(1).split(",").length;
        c.says("view_schema_mismatch", "View names " + Words.count(names, "column") + ", query gives " + m.group(2).split(",").length);
        Token subject = Anchor.subject(c.statement());
        List<Token> tokens = c.statement().tokens();
        int at = subject == null ? -1 : tokens.indexOf(subject);
        if (at >= 0 && at + 2 < tokens.size() && tokens.get(at + 1).is("(")) {
            int end = at + 2;
            while (end + 1 < tokens.size() && !tokens.get(end + 1).is(")")) {
                end++;
            }
            c.at(Span.of(tokens.get(at + 2), tokens.get(end)));
        }
    }

    private static void twoKeys(Case c, Matcher m) {
        c.says("invalid_primary_key", "A table has one PRIMARY KEY");
        List<Token> tokens = c.statement().tokens();
        for (int i = tokens.size() - 1; i >= 0; i--) {
            if (tokens.get(i).is("PRIMARY")) {
                c.at(Span.of(tokens.get(i)));
                return;
            }
        }
    }

    private static void duplicateColumn(Case c, String name) {
        c.says("duplicate_name", "Column '" + name + "' is there twice").atUnlessPlaced(Anchor.lastName(c.statement(), name));
    }
}
