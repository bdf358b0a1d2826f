package io.streamwright.planner;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.node.ObjectNode;
import org.apache.flink.table.api.ValidationException;
import org.junit.jupiter.api.Test;

/** Flink's texts as they come, and what becomes of them; without a planner, so names are not suggested. */
class DiagnosisTest {

    private final Scope scope = new Scope();
    private final Report report = new Report();
    private final Diagnosis diagnosis = new Diagnosis(null, scope, report);

    private static Statement statement(int line, String text) {
        return new Statement(0, line, 1, "insert", text);
    }

    private ObjectNode diagnose(Statement statement, Throwable thrown) {
        int before = report.findings().size();
        diagnosis.failed(statement, report.verdict(statement), thrown, Stage.PLAN);
        ObjectNode node = Answer.to("1");
        report.findings().get(before).write(node);
        return node;
    }

    private static ValidationException source(String table, String root) {
        return new ValidationException("Unable to create a source for reading table 'c.d." + table + "'.\n\nTable options are:\n\n'connector'='datagen'",
                new ValidationException(root));
    }

    @Test
    void placesABadOptionInTheDefinition() {
        Statement table = statement(3, "CREATE TABLE g (id BIGINT) WITH ('connector' = 'datagen', 'rows' = '5')");
        scope.defined("g", table);
        ObjectNode finding = diagnose(statement(4, "SELECT * FROM g"), source("g",
                "Unsupported options found for 'datagen'.\n\nUnsupported options:\n\nrows\n\nSupported options:\n\nconnector\nrows-per-second"));
        assertEquals("unknown_option", finding.path("code").asText());
        assertEquals(3, finding.path("line").asInt());
        assertEquals(table.text().indexOf("'rows'") + 1, finding.path("column").asInt());
        assertEquals("anchored", finding.path("positioned").asText());
    }

    @Test
    void placesAClassInTheFunctionThatNamesIt() {
        Statement function = statement(2, "CREATE FUNCTION up AS 'com.acme.Up'");
        scope.function("up", function);
        Statement use = statement(5, "INSERT INTO s SELECT up(a) FROM t");
        ObjectNode missing = diagnose(use, new ValidationException("Cannot instantiate user-defined function 'up'.", new ClassNotFoundException("com.acme.Up")));
        assertEquals("class_not_found", missing.path("code").asText());
        assertEquals(2, missing.path("line").asInt());
        assertEquals(function.text().indexOf("'com") + 1, missing.path("column").asInt());
        ObjectNode newer = diagnose(use, new UnsupportedClassVersionError("com/acme/Up has been compiled by a more recent version of the Java Runtime"
                + " (class file version 65.0), this version of the Java Runtime only recognizes class file versions up to 61.0"));
        assertEquals("class_too_new", newer.path("code").asText());
        assertEquals(2, newer.path("line").asInt());
        assertEquals("Class com.acme.Up was compiled for Java 21, and this Flink runs on Java 17", newer.path("message").asText());
        assertTrue(newer.path("suggestion").asText().contains("--release 17"));
    }

    @Test
    void saysAFaultOfOneTableOnce() {
        Statement table = statement(1, "CREATE TABLE g (id BIGINT) WITH ('connector' = 'kafkaa')");
        scope.defined("g", table);
        String root = "Could not find any factory for identifier 'kafkaa' that implements 'org.apache.flink.table.factories.DynamicTableFactory' in the classpath.";
        diagnosis.failed(statement(2, "SELECT 1 FROM g"), report.verdict(table), source("g", root), Stage.PLAN);
        diagnosis.failed(statement(3, "SELECT 2 FROM g"), report.verdict(table), source("g", root), Stage.PLAN);
        assertEquals(1, report.findings().size());
    }

    @Test
    void marksWhatFollowsFromAFailedCreate() {
        diagnose(statement(1, "CREATE TABLE t (id BIGNT) WITH ('connector' = 'print')"), new ValidationException("Unknown identifier 'BIGNT'"));
        ObjectNode finding = diagnose(statement(2, "INSERT INTO t SELECT 1"), new ValidationException("Cannot find table '`c`.`d`.`t`' in any of the catalogs [c]"));
        assertEquals("unknown_table", finding.path("code").asText());
        assertTrue(finding.path("cascade").asBoolean());
    }

    @Test
    void namesBothTypesOfASinkColumn() {
        ObjectNode finding = diagnose(statement(1, "INSERT INTO p SELECT f(a, b), c FROM t"), new ValidationException(
                "Column types of query result and sink for 'c.d.p' do not match.\nCause: Incompatible types for sink column 'n' at position 1.\n\n"
                        + "Query schema: [EXPR$0: ROW<a INT, b INT>, c: TIMESTAMP(3) *ROWTIME*]\nSink schema:  [id: BIGINT, n: DECIMAL(10, 2)]"));
        assertEquals("Column 'n' of p is DECIMAL(10, 2), the query gives TIMESTAMP(3)", finding.path("message").asText());
        assertEquals(31, finding.path("column").asInt());
        assertEquals(32, finding.path("endColumn").asInt());
    }

    @Test
    void takesAStumblingPlannerForNoError() {
        Report.Verdict verdict = report.verdict(statement(1, "SELECT 1"));
        diagnosis.failed(statement(1, "SELECT 1"), verdict, new AssertionError("unexpected"), Stage.PLAN);
        assertTrue(verdict.ok());
        assertFalse(report.findings().get(0).isError());
    }

    @Test
    void doesNotBlameWhatAnUnopenedCatalogMayHave() {
        scope.openCatalog("hive");
        ObjectNode finding = diagnose(statement(1, "SELECT * FROM hive.db.t"), new ValidationException("Object 't' not found within 'hive.db'"));
        assertEquals("catalog_not_opened", finding.path("code").asText());
        assertEquals("info", finding.path("severity").asText());
    }
}
