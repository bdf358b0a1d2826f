package io.streamwright.planner;

import io.streamwright.text.Token;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;

/** Names that stand for nothing: tables, columns, functions, types, catalogs, classes. */
final class NameRules {

    private NameRules() {
    }

    static List<Rule> rules() {
        return Arrays.asList(
                Rule.of("Object '([^']*)' not found(?: within '([^']*)')?", (c, m) -> table(c, m.group(1))),
                Rule.of("Table '([^']*)' not found", NameRules::alias),
                Rule.of("Cannot find table '?`?([^'\\s]+?)`?'? in any of the catalogs", (c, m) -> table(c, Scope.last(m.group(1)))),
                Rule.of("Table (?:with identifier )?'?([^\\s']+)'? (?:does not|doesn't) exist", (c, m) -> table(c, Scope.last(m.group(1)))),
                Rule.of("Tables or views with the identifier '?([^\\s']+?)'? (?:does not|doesn't) exist", (c, m) -> table(c, Scope.last(m.group(1)))),
                Rule.of("View (?:with identifier )?'?([^\\s']+)'? (?:does not|doesn't) exist", (c, m) -> view(c, Scope.last(m.group(1)))),
                Rule.of("(?:Temporary )?(?:table|view) with identifier '?([^\\s']+?)'? does not exist", (c, m) -> table(c, Scope.last(m.group(1)))),
                Rule.of("Source table '([^']*)' of the LIKE clause not found", (c, m) -> table(c, Scope.last(m.group(1)))),
                Rule.of("Table (?:`[^`]*`\\.)*`([^`]+)` (?:does not|doesn't) exist", (c, m) -> table(c, m.group(1))),
                Rule.of("Column '([^']*)' not found in (?:any table|table '([^']*)')", (c, m) -> column(c, m.group(1), m.group(2))),
                Rule.of("Unknown target column '([^']*)'", NameRules::targetColumn),
                Rule.of("Unknown field '([^']*)'", (c, m) -> column(c, m.group(1), null)),
                Rule.of("(?:Unknown identifier '([^']*)'|SqlIdentifier: (\\w+)$)", NameRules::identifier),
                Rule.of("rowtime attribute field '([^']*)' is not defined in the table schema", NameRules::watermarkColumn),
                Rule.of("Primary key column '([^']*)' is not defined in the schema", (c, m) -> schemaColumn(c, m.group(1))),
                Rule.of("Partition column '([^']*)' not defined in the table schema", (c, m) -> schemaColumn(c, m.group(1))),
                Rule.of("Column '([^']*)' is ambiguous", NameRules::ambiguous),
                Rule.of("No match found for function signature ([^(]+)\\((.*)\\)", NameRules::function),
                Rule.of("(?:Function|Temporary function|Temporary system function) '?`?([^\\s'`]+)`?'? (?:does not|doesn't) exist", (c, m) -> noFunction(c, Scope.last(m.group(1)))),
                Rule.of("[Aa] catalog with name \\[?`?([^\\]`]+)`?\\]? does not exist", NameRules::catalog),
                Rule.of("Catalog `?([^\\s`]+)`? does not exist", NameRules::catalog),
                Rule.of("[Aa] database with name \\[([^\\]]+)\\] does not exist", NameRules::database),
                Rule.of("Database `?([^\\s`]+)`? does not exist", NameRules::database),
                Rule.of("^(\\S+) has been compiled by a more recent version of the Java Runtime \\(class file version (\\d+)[^)]*\\).* up to (\\d+)",
                        NameRules::newerClass),
                Rule.of("^([\\w$]+(?:\\.[\\w$]+)+)$", NameRules::missingClass));
    }

    private static void table(Case c, String raw) {
        String name = raw.replace("`", "");
        List<Token> path = c.flinkSpan() == null ? new ArrayList<>() : c.tokensIn(c.flinkSpan());
        if (path.size() > 1 && !path.get(path.size() - 1).value().equals(name) && path.get(0).value().equals(name)) {
            Collection<String> known = new ArrayList<>(c.names().databases());
            known.addAll(c.names().catalogs());
            c.says("unknown_database", (path.size() > 3 ? "Catalog '" : "Database '") + name + "' not found").about(name).suggests(Nearest.suggest(name, known))
                    .at(Span.of(path.get(0)));
            return;
        }
        c.says("unknown_table", "Table '" + name + "' not found").about(name).suggests(Nearest.suggest(name, c.names().tables()));
        c.atUnlessPlaced(Anchor.lastName(c.statement(), name));
    }

    private static void view(Case c, String name) {
        c.says("unknown_table", "View '" + name + "' not found").about(name).suggests(Nearest.suggest(name, c.names().tables()));
        c.atUnlessPlaced(Anchor.lastName(c.statement(), name));
    }

    private static void alias(Case c, Matcher m) {
        String name = m.group(1);
        Collection<String> tables = new ArrayList<>(c.names().columnsOf(c.statement()).keySet());
        List<Token> tokens = c.statement().tokens();
        for (int i = 1; i < tokens.size(); i++) {
            if (tokens.get(i - 1).is("AS") && tokens.get(i).isName()) {
                tables.add(tokens.get(i).value());
            }
        }
        c.says("unknown_table", "Table alias '" + name + "' not found").about(name).suggests(Nearest.suggest(name, tables))
                .atUnlessPlaced(Anchor.name(c.statement(), name));
    }

    private static void column(Case c, String name, String table) {
        Collection<String> candidates = table != null ? c.names().columns(table) : Words.none();
        if (candidates.isEmpty()) {
            candidates = c.names().allColumns(c.statement());
        }
        c.says("unknown_column", "Column '" + name + "' not found" + (table != null ? " in '" + table + "'" : "")).about(name)
                .suggests(Nearest.suggest(name, candidates)).atUnlessPlaced(Anchor.name(c.statement(), name));
    }

    private static void targetColumn(Case c, Matcher m) {
        Token target = Anchor.subject(c.statement());
        String name = m.group(1);
        c.says("unknown_column", (target == null ? "The target" : target.value()) + " has no column '" + name + "'")
                .suggests(target == null ? null : Nearest.suggest(name, c.names().columns(target.value())))
                .atUnlessPlaced(Anchor.name(c.statement(), name));
    }

    private static void identifier(Case c, Matcher m) {
        String name = m.group(1) != null ? m.group(1) : m.group(2);
        if (m.group(2) != null || isType(c, name)) {
            c.says("unknown_type", "Unknown type " + name).suggests(Words.suggestType(name)).atUnlessPlaced(Anchor.name(c.statement(), name));
            return;
        }
        Map<String, List<String>> tables = c.names().columnsOf(c.statement());
        String where = tables.size() == 1 ? " in " + tables.keySet().iterator().next() : "";
        Collection<String> candidates = tables.isEmpty() ? declared(c.statement()) : c.names().allColumns(c.statement());
        c.says("unknown_column", "No column '" + name + "'" + where).suggests(Nearest.suggest(name, candidates))
                .atUnlessPlaced(Anchor.name(c.statement(), name));
    }

    /** Whether the name stands where a column definition has its type, or behind CAST … AS. */
    private static boolean isType(Case c, String name) {
        Span span = c.flinkSpan();
        List<Token> tokens = c.statement().tokens();
        for (int i = 2; i < tokens.size(); i++) {
            Token token = tokens.get(i);
            if (span != null && token.start() != span.start() || !token.value().equals(name)) {
                continue;
            }
            boolean definition = c.statement().starts("CREATE") || c.statement().starts("ALTER");
            boolean column = tokens.get(i - 1).isName() && (tokens.get(i - 2).is("(") || tokens.get(i - 2).is(",")) && !tokens.get(i - 1).is("SELECT");
            boolean nested = tokens.get(i - 1).is("<") || tokens.get(i - 1).isName() && tokens.get(i - 2).is("<");
            boolean cast = tokens.get(i - 1).is("AS") && i + 1 < tokens.size() && tokens.get(i + 1).is(")");
            return definition && column || nested || cast;
        }
        return false;
    }

    /** The columns that a CREATE TABLE itself declares. */
    static Collection<String> declared(Statement statement) {
        List<String> columns = new ArrayList<>();
        List<Token> tokens = statement.tokens();
        int depth = 0;
        for (int i = 1; i + 1 < tokens.size(); i++) {
            Token token = tokens.get(i);
            depth += token.is("(") || token.is("<") ? 1 : token.is(")") || token.is(">") ? -1 : 0;
            boolean first = tokens.get(i - 1).is("(") || tokens.get(i - 1).is(",");
            if (depth == 1 && first && token.isName() && !token.is("PRIMARY") && !token.is("WATERMARK") && !token.is("CONSTRAINT")) {
                columns.add(token.value());
            }
            if (token.is("WITH")) {
                break;
            }
        }
        return columns;
    }

    private static void watermarkColumn(Case c, Matcher m) {
        schemaColumn(c, m.group(1));
        List<Token> tokens = c.statement().tokens();
        for (int i = 0; i + 2 < tokens.size(); i++) {
            if (tokens.get(i).is("WATERMARK") && tokens.get(i + 1).is("FOR")) {
                c.at(Span.of(tokens.get(i + 2)));
            }
        }
    }

    private static void schemaColumn(Case c, String name) {
        c.says("unknown_column", "No column '" + name + "'").suggests(Nearest.suggest(name, declared(c.statement())))
                .atUnlessPlaced(Anchor.name(c.statement(), name));
    }

    private static void ambiguous(Case c, Matcher m) {
        List<String> owners = new ArrayList<>();
        c.names().columnsOf(c.statement()).forEach((table, columns) -> {
            if (columns.contains(m.group(1))) {
                owners.add(table);
            }
        });
        String where = owners.size() > 1 ? "is in " + String.join(" and ", owners) : "is ambiguous";
        c.says("ambiguous_column", "Column '" + m.group(1) + "' " + where).suggests("Qualify it with the table or its alias");
    }

    private static void function(Case c, Matcher m) {
        String name = m.group(1).trim();
        for (String known : c.names().functions()) {
            if (known.equalsIgnoreCase(name)) {
                c.says("type_mismatch", name + " does not take (" + QueryRules.types(m.group(2)) + ")").about(name);
                return;
            }
        }
        noFunction(c, name);
    }

    private static void noFunction(Case c, String name) {
        c.says("unknown_function", "No function " + name).about(name).suggests(Words.suggestFunction(Scope.last(name), c.names().functions()))
                .atUnlessPlaced(Anchor.name(c.statement(), Scope.last(name)));
        if (c.flinkSpan() != null) {
            // Flink marks the whole call; the name alone is at fault.
            c.at(Anchor.name(c.statement(), Scope.last(name), c.flinkSpan().start()));
        }
    }

    private static void catalog(Case c, Matcher m) {
        c.says("unknown_catalog", "Catalog '" + m.group(1) + "' not found").about(m.group(1)).suggests(Nearest.suggest(m.group(1), c.names().catalogs()))
                .atUnlessPlaced(Anchor.name(c.statement(), m.group(1)));
    }

    private static void database(Case c, Matcher m) {
        c.says("unknown_database", "Database '" + m.group(1) + "' not found").about(m.group(1))
                .suggests(Nearest.suggest(m.group(1), c.names().databases())).atUnlessPlaced(Anchor.name(c.statement(), m.group(1)));
    }

    private static void missingClass(Case c, Matcher m) {
        String type = c.failure().innermost().getClass().getSimpleName();
        if (type.equals("ClassNotFoundException") || type.toLowerCase(Locale.ROOT).contains("noclassdeffound")) {
            c.says("class_not_found", "Class " + m.group(1) + " is in none of the job's jars").about(m.group(1))
                    .suggests("Add the jar that has it to the job");
            atClass(c, m.group(1));
        }
    }

    // Class files of Java N have version N + 44.
    private static void newerClass(Case c, Matcher m) {
        String name = m.group(1).replace('/', '.');
        int ours = Integer.parseInt(m.group(3)) - 44;
        c.says("class_too_new", "Class " + name + " was compiled for Java " + (Integer.parseInt(m.group(2)) - 44) + ", and this Flink runs on Java " + ours)
                .about(name).suggests("Compile its jar for Java " + ours + " or older (javac --release " + ours + ")");
        atClass(c, name);
    }

    /** The class's name in this statement, better the one in the statement that made the function. */
    private static void atClass(Case c, String name) {
        c.at(Anchor.string(c.statement(), name));
        Statement function = c.scope().functionWith(name);
        c.at(function, function == null ? null : Anchor.string(function, name));
    }
}
