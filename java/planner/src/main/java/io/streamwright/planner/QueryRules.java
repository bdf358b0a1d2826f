package io.streamwright.planner;

import io.streamwright.text.Token;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Queries that parse and whose names exist, but that Flink cannot type or plan. */
final class QueryRules {

    private static final Pattern TYPE = Pattern.compile("<([^<>]*(?:<[^<>]*>)?[^<>]*)>");

    private QueryRules() {
    }

    static List<Rule> rules() {
        return Arrays.asList(
                Rule.of("Invalid number of arguments to function '([^']*)'\\. Was expecting (\\d+) arguments", QueryRules::argumentCount),
                Rule.of("Cannot apply '\\$?([^']+)' to arguments of type '(.*?)'\\.", QueryRules::argumentTypes),
                Rule.of("Aggregate expression is illegal in (\\w+) clause", QueryRules::aggregate),
                Rule.of("Expression '(.*?)' is not being grouped", QueryRules::notGrouped),
                Rule.of("Column count mismatch in (\\w+)", (c, m) -> c.says("type_mismatch", "Both sides of " + m.group(1) + " need the same number of columns")),
                Rule.of("Type mismatch in column (\\d+) of (\\w+)", (c, m) -> c.says("type_mismatch", "Column " + m.group(1) + " has different types on both sides of " + m.group(2))),
                Rule.of("Values passed to (?:NOT )?IN operator must have compatible types", QueryRules::in),
                Rule.of("Unequal number of entries in ROW expressions", QueryRules::in),
                Rule.of("Number of INSERT target columns \\((\\d+)\\) does not equal number of source items \\((\\d+)\\)",
                        (c, m) -> c.says("sink_schema_mismatch", Words.count(Integer.parseInt(m.group(1)), "column") + " named, the query gives " + m.group(2))),
                Rule.of("Column types of query result and sink for (?:registered table )?'([^']*)' do not match", QueryRules::sinkSchema),
                Rule.of("Table sink '([^']*)' doesn't support consuming (.*?) changes? which is produced by node (\\w+)\\((.*)\\)", QueryRules::sinkUpdates),
                Rule.of("(?:StreamPhysical)?(\\w+) doesn't support consuming (.*?) changes? which is produced by node (\\w+)\\((.*)\\)", QueryRules::nodeUpdates),
                Rule.of("Temporal Table Join requires primary key in versioned table", (c, m) -> temporal(c, "missing_primary_key", " needs a PRIMARY KEY for a temporal join")),
                Rule.of("Processing-time temporal join is not supported yet", QueryRules::lookup),
                Rule.of("must be a(?:n)? (?:LookupableTableSource|lookup).*source|Temporal table .* must implement LookupTableSource|does not implement (?:the )?LookupTableSource", QueryRules::lookup),
                Rule.of("OVER windows' ordering in stream mode must be defined on a time attribute", (c, m) -> over(c, "time_attribute_required", "OVER in streaming needs ORDER BY on a time attribute")),
                Rule.of("window can only be ordered in ASCENDING mode", QueryRules::ascending),
                Rule.of("window function .*requires the timecol (?:is a time attribute type|to be TIMESTAMP or TIMESTAMP_LTZ), but is ([^.\\n]+)", QueryRules::timeColumn),
                Rule.of("requires the timecol to be a time attribute|Window can only be defined over a time attribute column|window aggregate can only be defined over a time attribute column",
                        (c, m) -> groupWindow(c)),
                Rule.of("following hints cannot match the name of input tables or\\s*(?:views|subqueries)?:?\\s*`?([^`\\s]+)`? in `?(\\w+)`?", QueryRules::hint),
                Rule.of("Rowtime attributes must not be in the input rows of a regular join", (c, m) -> c.says("time_attribute_misused",
                        "A regular join cannot carry a time attribute").suggests("Make it an interval or temporal join, or cast the column to TIMESTAMP")),
                Rule.of("Sort on a non-time-attribute field is not supported", (c, m) -> c.says("time_attribute_required",
                        "ORDER BY in streaming needs a time attribute first, ascending").at(Anchor.keyword(c.statement(), "ORDER"))),
                Rule.of("Only constant window (?:descriptors|intervals)", QueryRules::constantWindow),
                Rule.of("Cast function cannot convert value of type (.*?) to type (.*)", (c, m) -> c.says("type_mismatch",
                        type(m.group(1)) + " cannot be cast to " + type(m.group(2)))),
                Rule.of("Illegal mixing of types in CASE or COALESCE", (c, m) -> c.says("type_mismatch", "The branches have types that do not go together")),
                Rule.of("(\\w+) clause must be a condition", (c, m) -> c.says("type_mismatch", m.group(1).toUpperCase(Locale.ROOT) + " needs a BOOLEAN condition")),
                Rule.of("Invalid function call:\\s*(\\w+)\\(([^\\n]*)\\)", QueryRules::functionCall),
                Rule.of("Number of columns must match number of query columns", QueryRules::targetCount),
                Rule.of("Sink '([^']*)' does not exists?", QueryRules::noSink),
                Rule.of("Querying an unbounded table '([^']*)' in batch mode is not allowed", (c, m) -> c.says("unbounded_source",
                        Scope.last(m.group(1)) + " is unbounded and cannot be read in batch mode").at(Anchor.name(c.statement(), Scope.last(m.group(1))))),
                Rule.of("Greedy quantifiers are not allowed as the last element", (c, m) -> c.says("not_supported",
                        "The last element of PATTERN cannot be greedy").suggests("End it with a single variable or a reluctant quantifier").at(Anchor.keyword(c.statement(), "PATTERN"))),
                Rule.of("for identifier '([^']*)' that implements '[^']*\\.ParserFactory'", (c, m) -> c.says("not_supported",
                        "No SQL dialect '" + m.group(1) + "' in this Flink")),
                Rule.of("Invalid argument type at position (\\d+)\\. Data type (.+?) expected but (.+?) passed", (c, m) -> c.says("type_mismatch",
                        "Argument " + (Integer.parseInt(m.group(1)) + 1) + " is " + m.group(2) + ", " + m.group(3) + " given")),
                Rule.of("Unsupported query: (\\w+)", QueryRules::unsupported),
                Rule.of("Hint: (\\w+) should be registered in the HintStrategyTable", (c, m) -> c.says("not_supported",
                        "This Flink version has no hint " + m.group(1)).at(Anchor.name(c.statement(), m.group(1)))));
    }

    /** Calcite's list of argument types in words of SQL: STRING for the longest VARCHAR, no time attribute marks. */
    static String types(String list) {
        Matcher m = TYPE.matcher(list);
        StringBuilder all = new StringBuilder();
        while (m.find()) {
            all.append(all.length() > 0 ? ", " : "").append(type(m.group(1)));
        }
        return all.toString();
    }

    static String type(String raw) {
        return raw.replace("VARCHAR(2147483647)", "STRING").replaceAll("\\s*\\*(ROWTIME|PROCTIME)\\*", "").replaceAll("\\bINTEGER\\b", "INT")
                .replaceAll("^CHARACTER$", "STRING").replace("VARBINARY(2147483647)", "BYTES").trim();
    }

    private static void argumentCount(Case c, Matcher m) {
        int given = 0;
        if (c.flinkSpan() != null) {
            List<Token> tokens = c.tokensIn(c.flinkSpan());
            int depth = 0;
            for (int i = 0; i < tokens.size(); i++) {
                Token token = tokens.get(i);
                depth += token.is("(") ? 1 : token.is(")") ? -1 : 0;
                given += depth == 1 && token.is(",") ? 1 : 0;
                given += depth == 1 && token.is("(") && i + 1 < tokens.size() && !tokens.get(i + 1).is(")") ? 1 : 0;
            }
        }
        c.says("invalid_arguments", m.group(1) + " takes " + Words.count(Integer.parseInt(m.group(2)), "argument") + (c.flinkSpan() != null ? ", " + given + " given" : ""));
    }

    private static void argumentTypes(Case c, Matcher m) {
        String operator = m.group(1);
        String[] types = types(m.group(2)).split(", (?![^(]*\\))");
        String code = "type_mismatch";
        if (operator.equals("TUMBLE") || operator.equals("HOP") || operator.equals("SESSION")) {
            groupWindow(c);
        } else if (types.length == 2 && operator.matches("=|<>|!=|<|>|<=|>=")) {
            c.says(code, types[0] + " and " + types[1] + " cannot be compared");
        } else if (types.length == 2 && operator.matches("[-+*/%]")) {
            c.says(code, "'" + operator + "' needs numbers: " + types[0] + " " + operator + " " + types[1]);
        } else if (types.length == 2 && operator.matches("AND|OR")) {
            c.says(code, operator + " needs BOOLEAN on both sides: " + types[0] + " " + operator + " " + types[1]);
        } else {
            c.says(code, operator + " does not take (" + types(m.group(2)) + ")");
        }
    }

    /** TUMBLE, HOP or SESSION of GROUP BY over something that is no time attribute: its first argument. */
    private static void groupWindow(Case c) {
        c.says("time_attribute_required", "Window needs a time attribute").suggests("Declare a WATERMARK for the column or use a PROCTIME() column");
        List<Token> tokens = c.statement().tokens();
        for (int i = 0; i + 2 < tokens.size(); i++) {
            String word = tokens.get(i).text().toUpperCase(Locale.ROOT);
            if (word.matches("(TUMBLE|HOP|SESSION)(_START|_END)?") && tokens.get(i + 1).is("(")) {
                c.at(Span.of(tokens.get(i + 2)));
                return;
            }
        }
    }

    private static void timeColumn(Case c, Matcher m) {
        c.says("time_attribute_required", "Window needs a time attribute, the column is " + type(m.group(1)));
        c.suggests("Declare a WATERMARK for the column or use a PROCTIME() column");
        List<Token> tokens = c.statement().tokens();
        for (int i = 0; i + 2 < tokens.size(); i++) {
            if (tokens.get(i).is("DESCRIPTOR")) {
                c.atUnlessPlaced(Span.of(tokens.get(i + 2)));
                return;
            }
        }
    }

    private static void aggregate(Case c, Matcher m) {
        if (m.group(1).equalsIgnoreCase("WHERE")) {
            c.says("invalid_aggregate", "Aggregates go to HAVING, not to WHERE");
        } else {
            c.says("invalid_aggregate", "No aggregate may stand in " + m.group(1).toUpperCase(Locale.ROOT));
        }
    }

    private static void notGrouped(Case c, Matcher m) {
        if (c.flinkText().equals("*")) {
            c.says("not_grouped", "* needs every column in GROUP BY");
        } else {
            c.says("not_grouped", "'" + m.group(1) + "' must be in GROUP BY or in an aggregate");
        }
    }

    private static void in(Case c, Matcher m) {
        c.says("type_mismatch", "The values of IN have other types than its left side");
        List<Token> tokens = c.statement().tokens();
        for (int i = 0; i + 2 < tokens.size(); i++) {
            boolean inside = c.flinkSpan() == null || tokens.get(i).start() >= c.flinkSpan().start() && tokens.get(i).end() <= c.flinkSpan().end();
            if (inside && tokens.get(i).is("IN") && tokens.get(i + 1).is("(") && tokens.get(i + 2).is("SELECT")) {
                SelectList list = SelectList.from(tokens, i + 2);
                boolean single = i > 0 && !tokens.get(i - 1).is(")");
                if (list != null && single && (list.size() > 1 || list.hasStar())) {
                    c.says("type_mismatch", "Sub-query of IN must give 1 column");
                }
                c.at(list == null ? null : list.span());
                return;
            }
        }
    }

    private static void sinkSchema(Case c, Matcher m) {
        String sink = Scope.last(m.group(1));
        String text = c.failure().root();
        SelectList list = SelectList.of(c.statement());
        Matcher position = Pattern.compile("Incompatible types for sink column '([^']*)' at position (\\d+)").matcher(text);
        List<String> query = schema(text, "Query schema:");
        List<String> columns = schema(text, "Sink schema:");
        if (position.find()) {
            int at = Integer.parseInt(position.group(2));
            String given = at < query.size() ? typeOf(query.get(at)) : "another type";
            String wanted = at < columns.size() ? typeOf(columns.get(at)) : "another type";
            c.says("sink_schema_mismatch", "Column '" + position.group(1) + "' of " + sink + " is " + wanted + ", the query gives " + given);
            c.atUnlessPlaced(list == null ? null : list.item(at));
        } else if (!query.isEmpty() && query.size() != columns.size()) {
            c.says("sink_schema_mismatch", sink + " has " + Words.count(columns.size(), "column") + ", the query gives " + query.size());
            c.atUnlessPlaced(list == null ? null : list.span());
        } else {
            Matcher cause = Pattern.compile("Cause: ([^\\n]+)").matcher(text);
            c.says("sink_schema_mismatch", "The query does not fit " + sink + (cause.find() ? ": " + cause.group(1) : ""));
        }
        if (list == null && c.flinkSpan() == null) {
            c.at(Anchor.name(c.statement(), sink));
            c.at(firstRow(c.statement().tokens()));
        }
    }

    /** The first row of VALUES. */
    private static Span firstRow(List<Token> tokens) {
        for (int i = 0; i + 1 < tokens.size(); i++) {
            if (tokens.get(i).is("VALUES") && tokens.get(i + 1).is("(")) {
                int depth = 0;
                for (int end = i + 1; end < tokens.size(); end++) {
                    depth += tokens.get(end).is("(") ? 1 : tokens.get(end).is(")") ? -1 : 0;
                    if (depth == 0) {
                        return Span.of(tokens.get(i + 1), tokens.get(end));
                    }
                }
            }
        }
        return null;
    }

    private static String typeOf(String column) {
        int colon = column.indexOf(": ");
        return colon < 0 ? column : type(column.substring(colon + 2).replaceAll("\\s*\\*(ROWTIME|PROCTIME)\\*", ""));
    }

    /** The columns "name: TYPE" of a schema line; commas inside types do not separate. */
    private static List<String> schema(String text, String title) {
        List<String> columns = new java.util.ArrayList<>();
        int at = text.indexOf(title);
        int open = at < 0 ? -1 : text.indexOf('[', at);
        if (open < 0) {
            return columns;
        }
        int depth = 0;
        int start = open + 1;
        for (int i = open + 1; i < text.length(); i++) {
            char ch = text.charAt(i);
            if (ch == '(' || ch == '<' || ch == '[') {
                depth++;
            } else if (ch == ')' || ch == '>') {
                depth--;
            } else if (depth == 0 && (ch == ',' || ch == ']')) {
                columns.add(text.substring(start, i).trim());
                start = i + 1;
                if (ch == ']') {
                    break;
                }
            } else if (ch == ']') {
                depth--;
            }
        }
        return columns;
    }

    private static void sinkUpdates(Case c, Matcher m) {
        String sink = Scope.last(m.group(1));
        c.says("changelog_not_supported", "Sink " + sink + " takes inserts only, the query gives " + changes(m.group(2)) + cause(m.group(3), m.group(4)));
        Token target = Anchor.subject(c.statement());
        boolean named = target != null && target.value().equals(sink);
        c.at(named ? Span.of(target) : Anchor.name(c.statement(), sink));
    }

    private static void nodeUpdates(Case c, Matcher m) {
        String node = m.group(1).replaceAll("(?<=[a-z])(?=[A-Z])", " ").toLowerCase(Locale.ROOT);
        String shown = Character.toUpperCase(node.charAt(0)) + node.substring(1);
        c.says("changelog_not_supported", shown + " cannot take " + changes(m.group(2)) + cause(m.group(3), m.group(4)));
        List<Token> tokens = c.statement().tokens();
        for (int i = 1; i < tokens.size(); i++) {
            // The input of a window function is the table behind TABLE.
            if (tokens.get(i - 1).is("TABLE") && tokens.get(i).isName()) {
                c.at(Span.of(tokens.get(i)));
                return;
            }
        }
    }

    private static String changes(String raw) {
        return raw.contains("delete") ? "updates and deletes" : "updates";
    }

    private static String cause(String node, String arguments) {
        Matcher by = Pattern.compile("groupBy=\\[([^\\]]*)\\]").matcher(arguments);
        if (by.find()) {
            return " (GROUP BY " + by.group(1) + ")";
        }
        if (node.contains("Join")) {
            return " (outer join)";
        }
        if (node.contains("Rank")) {
            return " (top-N)";
        }
        if (node.contains("Deduplicate")) {
            return " (deduplication)";
        }
        return node.contains("TableSourceScan") ? " (the source is a changelog)" : "";
    }

    private static void temporal(Case c, String code, String text) {
        Token table = versioned(c);
        c.says(code, (table == null ? "The versioned table" : table.value()) + text).at(table == null ? null : Span.of(table));
        if (table != null) {
            c.about(table.value());
        }
    }

    private static Token versioned(Case c) {
        List<Token> tokens = c.statement().tokens();
        for (int i = 1; i + 1 < tokens.size(); i++) {
            if (tokens.get(i).is("FOR") && tokens.get(i + 1).is("SYSTEM_TIME") && tokens.get(i - 1).isName()) {
                return tokens.get(i - 1);
            }
        }
        return null;
    }

    private static void lookup(Case c, Matcher m) {
        Token table = versioned(c);
        if (table == null) {
            return;
        }
        Statement definition = c.scope().definition(table.value());
        Span option = definition == null ? null : Anchor.optionValue(definition, "connector");
        String connector = option == null ? table.value() : definition.text().substring(option.start(), option.end()).replace("'", "");
        c.says("lookup_not_supported", connector + " cannot serve look-ups").suggests("A processing-time temporal join needs a look-up source").at(Span.of(table));
    }

    private static void over(Case c, String code, String text) {
        c.says(code, text).at(orderOfOver(c));
    }

    private static Span orderOfOver(Case c) {
        List<Token> tokens = c.statement().tokens();
        boolean over = false;
        for (int i = 0; i + 2 < tokens.size(); i++) {
            over |= tokens.get(i).is("OVER");
            if (over && tokens.get(i).is("ORDER") && tokens.get(i + 1).is("BY")) {
                return Span.of(tokens.get(i + 2));
            }
        }
        return null;
    }

    private static void ascending(Case c, Matcher m) {
        boolean rank = Anchor.keyword(c.statement(), "ROW_NUMBER") != null || Anchor.keyword(c.statement(), "RANK") != null
                || Anchor.keyword(c.statement(), "DENSE_RANK") != null;
        over(c, "not_supported", rank ? "ROW_NUMBER over a stream needs an outer filter rn <= N" : "OVER in streaming orders ascending only");
    }

    private static void hint(Case c, Matcher m) {
        c.says("unknown_table", "Hint names table '" + m.group(1) + "', which is not in the query").at(Anchor.name(c.statement(), m.group(1)));
    }

    private static void constantWindow(Case c, Matcher m) {
        c.says("not_supported", "Window sizes are constants").suggests("Write INTERVAL '1' MINUTE");
        List<Token> tokens = c.statement().tokens();
        for (int i = 0; i + 1 < tokens.size(); i++) {
            if (tokens.get(i).is("INTERVAL") && tokens.get(i + 1).kind() != Token.Kind.STRING) {
                c.at(Span.of(tokens.get(i + 1)));
                return;
            }
        }
    }

    private static void functionCall(Case c, Matcher m) {
        String arguments = m.group(2).replaceAll("\\s*\\*(ROWTIME|PROCTIME)\\*", "").replaceAll(" NOT NULL", "");
        c.says("type_mismatch", m.group(1) + " does not take (" + arguments + ")").atUnlessPlaced(Anchor.name(c.statement(), m.group(1)));
    }

    private static void targetCount(Case c, Matcher m) {
        Token target = Anchor.subject(c.statement());
        List<Token> tokens = c.statement().tokens();
        int at = target == null ? tokens.size() : tokens.indexOf(target) + 2;
        int named = 0;
        for (int i = at; i < tokens.size() && !tokens.get(i).is(")"); i++) {
            named += tokens.get(i).is(",") ? 0 : 1;
        }
        SelectList list = SelectList.of(c.statement());
        String given = list == null || list.hasStar() ? "another number" : String.valueOf(list.size());
        c.says("sink_schema_mismatch", Words.count(named, "column") + " named, the query gives " + given).at(list == null ? null : list.span());
    }

    private static void noSink(Case c, Matcher m) {
        String name = Scope.last(m.group(1));
        Statement definition = c.scope().definition(name);
        boolean view = definition != null && (definition.starts("CREATE", "VIEW") || definition.starts("CREATE", "TEMPORARY", "VIEW"));
        c.says(view ? "not_a_sink" : "unknown_table", view ? name + " is a view; only tables can be written to" : "Table '" + name + "' not found").about(name)
                .suggests(view ? null : Nearest.suggest(name, c.names().tables())).at(Anchor.name(c.statement(), name));
    }

    private static void unsupported(Case c, Matcher m) {
        String word = m.group(1).toUpperCase(Locale.ROOT);
        boolean never = word.equals("MERGE");
        c.says("not_supported", never ? "Flink SQL has no " + word : "This Flink version does not run " + word);
        List<Token> tokens = c.statement().tokens();
        c.at(tokens.isEmpty() ? null : Span.of(tokens.get(0)));
    }
}
