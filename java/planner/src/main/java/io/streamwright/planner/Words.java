package io.streamwright.planner;

import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** Words of Flink SQL that messages need: how statements begin, what types are called, which words open a clause. */
final class Words {

    /** Words that a statement can begin with. */
    static final List<String> STATEMENTS = Arrays.asList("SELECT", "INSERT", "CREATE", "DROP", "ALTER", "USE", "SHOW", "DESCRIBE", "EXPLAIN", "SET",
            "RESET", "WITH", "VALUES", "LOAD", "UNLOAD", "EXECUTE", "COMPILE", "BEGIN", "END", "ADD", "REMOVE", "ANALYZE", "TRUNCATE", "CALL", "UPDATE",
            "DELETE");

    /** Names of types. */
    static final List<String> TYPES = Arrays.asList("STRING", "CHAR", "VARCHAR", "BOOLEAN", "BINARY", "VARBINARY", "BYTES", "DECIMAL", "NUMERIC", "TINYINT",
            "SMALLINT", "INT", "INTEGER", "BIGINT", "FLOAT", "DOUBLE", "DATE", "TIME", "TIMESTAMP", "TIMESTAMP_LTZ", "INTERVAL", "ARRAY", "MULTISET", "MAP",
            "ROW", "RAW", "STRUCTURED", "VARIANT");

    private static final Set<String> CLAUSES = new HashSet<>(Arrays.asList("FROM", "WHERE", "GROUP", "ORDER", "HAVING", "LIMIT", "SELECT", "WITH", "AS", "ON",
            "JOIN", "INNER", "LEFT", "RIGHT", "FULL", "CROSS", "UNION", "INTERSECT", "EXCEPT", "INTO", "INSERT", "CREATE", "BY", "AND", "OR", "NOT", "CASE",
            "WHEN", "THEN", "ELSE", "END", "BEGIN", "SET", "VALUES", "OVER", "PARTITION", "WATERMARK", "PRIMARY", "USING", "FOR", "IN", "IS", "LIKE",
            "BETWEEN", "EXISTS", "OVERWRITE", "TABLE"));

    /** Words that join the parts of a statement, the ones worth guessing behind a misspelt word. */
    static final List<String> JOINTS = Arrays.asList("FROM", "WHERE", "GROUP", "ORDER", "HAVING", "LIMIT", "JOIN", "WITH", "SELECT", "VALUES", "UNION",
            "PARTITION", "TABLE", "VIEW", "FUNCTION", "DATABASE", "CATALOG", "OVER", "LEFT", "INNER", "BETWEEN", "CASE", "WHEN", "THEN", "ELSE");

    private static final Map<String, String> FOREIGN_TYPES = new HashMap<>();
    private static final Map<String, String> FOREIGN_FUNCTIONS = new HashMap<>();

    static {
        String[][] functions = {{"LEN", "CHAR_LENGTH"}, {"LENGTH", "CHAR_LENGTH"}, {"NVL", "COALESCE"}, {"ISNULL", "COALESCE"}, {"IFF", "IF"},
            {"IIF", "IF"}, {"GETDATE", "CURRENT_TIMESTAMP"}, {"SYSDATE", "CURRENT_TIMESTAMP"}, {"CURDATE", "CURRENT_DATE"}, {"TO_CHAR", "DATE_FORMAT"},
            {"STR_TO_DATE", "TO_TIMESTAMP"}, {"DATEDIFF", "TIMESTAMPDIFF"}, {"DATE_DIFF", "TIMESTAMPDIFF"}, {"DATEADD", "TIMESTAMPADD"},
            {"DATE_ADD", "TIMESTAMPADD"}, {"DATE_SUB", "TIMESTAMPADD"}, {"DATE_TRUNC", "FLOOR(… TO DAY)"}, {"GROUP_CONCAT", "LISTAGG"},
            {"STRING_AGG", "LISTAGG"}, {"SUBSTRING_INDEX", "SPLIT_INDEX"}, {"SPLIT_PART", "SPLIT_INDEX"}, {"GET_JSON_OBJECT", "JSON_VALUE"},
            {"JSON_EXTRACT", "JSON_VALUE"}, {"EXPLODE", "CROSS JOIN UNNEST(…)"}, {"SIZE", "CARDINALITY"}, {"ARRAY_LENGTH", "CARDINALITY"},
            {"COLLECT_LIST", "COLLECT"}, {"POW", "POWER"}, {"CHARINDEX", "POSITION(… IN …)"}, {"STRPOS", "POSITION(… IN …)"},
            {"COUNT_DISTINCT", "COUNT(DISTINCT …)"}};
        for (String[] pair : functions) {
            FOREIGN_FUNCTIONS.put(pair[0], pair[1]);
        }
        String[][] pairs = {{"TEXT", "STRING"}, {"VARCHAR2", "STRING"}, {"CLOB", "STRING"}, {"JSON", "STRING"}, {"UUID", "STRING"}, {"LONG", "BIGINT"},
            {"INT64", "BIGINT"}, {"INT32", "INT"}, {"UNSIGNED", "BIGINT"}, {"SERIAL", "BIGINT"}, {"NUMBER", "DECIMAL"}, {"DATETIME", "TIMESTAMP"},
            {"TIMESTAMPTZ", "TIMESTAMP_LTZ"}, {"BOOL", "BOOLEAN"}, {"BIT", "BOOLEAN"}, {"BLOB", "BYTES"}, {"REAL", "FLOAT"}};
        for (String[] pair : pairs) {
            FOREIGN_TYPES.put(pair[0], pair[1]);
        }
    }

    private Words() {
    }

    /** Whether the word opens or joins clauses, so that nobody means it as a name. */
    static boolean isClause(String word) {
        return CLAUSES.contains(word.toUpperCase(Locale.ROOT));
    }

    /** Whether a statement can begin with the word. */
    static boolean isStatement(String word) {
        return STATEMENTS.contains(word.toUpperCase(Locale.ROOT));
    }

    /** "Did you mean …?" among keywords, which are shown without quotes. */
    static String suggest(String word, List<String> words) {
        String nearest = Nearest.of(word.toUpperCase(Locale.ROOT), words);
        return nearest == null ? null : "Did you mean " + nearest + "?";
    }

    /** What to write in place of a type that Flink does not have. */
    static String suggestType(String word) {
        String meant = FOREIGN_TYPES.get(word.toUpperCase(Locale.ROOT));
        return meant != null ? "Use " + meant : suggest(word, TYPES);
    }

    /** What to write in place of a function that other dialects have, or one with a similar name. */
    static String suggestFunction(String word, Collection<String> known) {
        String meant = FOREIGN_FUNCTIONS.get(word.toUpperCase(Locale.ROOT));
        return meant != null ? "Use " + meant : Nearest.suggest(word, known);
    }

    /** Whether the word is the name of a type. */
    static boolean isType(String word) {
        return TYPES.contains(word.toUpperCase(Locale.ROOT));
    }

    /** Joins alternatives: "A", "A or B", "A, B or C". */
    static String either(List<String> words) {
        if (words.isEmpty()) {
            return "";
        }
        if (words.size() == 1) {
            return words.get(0);
        }
        List<String> head = words.subList(0, words.size() - 1);
        return String.join(", ", head) + " or " + words.get(words.size() - 1);
    }

    /** A count with its noun. */
    static String count(int number, String noun) {
        return number + " " + noun + (number == 1 ? "" : "s");
    }

    /** An empty list, for callers that have nothing to suggest from. */
    static List<String> none() {
        return Collections.emptyList();
    }
}
