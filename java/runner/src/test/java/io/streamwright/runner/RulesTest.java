package io.streamwright.runner;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class RulesTest {

    private static Script script(Map<String, String> configuration, String... kindsAndTexts) {
        List<Statement> statements = new ArrayList<>();
        for (int i = 0; i < kindsAndTexts.length; i += 2) {
            statements.add(new Statement(i / 2 + 1, kindsAndTexts[i], kindsAndTexts[i + 1]));
        }
        return new Script("job", configuration, statements);
    }

    private static String refusal(String... kindsAndTexts) {
        Script script = script(Collections.emptyMap(), kindsAndTexts);
        return assertThrows(ScriptException.class, () -> Rules.check(script)).getMessage();
    }

    @Test
    void takesSetsAndSingleInsertsTogether() {
        assertDoesNotThrow(() -> Rules.check(script(Collections.emptyMap(), "ddl", "CREATE TABLE t (a INT)", "insert", "INSERT INTO t SELECT 1",
                "set_begin", "BEGIN STATEMENT SET", "insert", "INSERT INTO t SELECT 2", "set_end", "END",
                "statement_set", "EXECUTE STATEMENT SET BEGIN INSERT INTO t SELECT 3; END")));
    }

    @Test
    void refusesWhatASubmissionCannotHold() {
        assertTrue(refusal("query", "SELECT 1", "insert", "INSERT INTO t SELECT 1").startsWith("line 1: "));
        assertTrue(refusal("ddl", "CREATE TABLE t (a INT)").contains("nothing to run"));
        assertTrue(refusal("ctas", "CREATE TABLE t AS SELECT 1", "insert", "INSERT INTO t SELECT 1").contains("beside INSERT"));
        assertTrue(refusal("ctas", "CREATE TABLE t AS SELECT 1", "execute_plan", "EXECUTE PLAN '/p'").startsWith("line 2: "));
        assertTrue(refusal("other", "ANALYZE TABLE t COMPUTE STATISTICS", "insert", "INSERT INTO t SELECT 1").contains("beside INSERT"));
        assertTrue(refusal("set", "SET 'table.dml-sync' = 'true'", "insert", "INSERT INTO t SELECT 1").contains("dml-sync"));
        assertTrue(refusal("set_begin", "BEGIN STATEMENT SET", "insert", "INSERT INTO t SELECT 1").contains("without END"));
        assertTrue(refusal("set_begin", "BEGIN STATEMENT SET", "ddl", "DROP TABLE t", "set_end", "END").contains("only INSERT"));
    }

    @Test
    void lastModeWins() {
        Script script = script(Collections.singletonMap("execution.runtime-mode", "batch"), "set", "SET 'execution.runtime-mode' = 'streaming'", "set",
                "SET execution.runtime-mode = BATCH");
        assertEquals("BATCH", Rules.runtimeMode(script));
        assertEquals("batch", Rules.runtimeMode(script(Collections.singletonMap("execution.runtime-mode", "batch"), "set",
                "SET 'execution.runtime-mode' = 'streaming'", "reset", "RESET")));
    }

    @Test
    void failuresNameLineAndRootCause() {
        ScriptException e = ScriptException.failed(new Statement(7, "ddl", "CREATE TABLE\n  t"), new IllegalStateException("outer",
                new ClassNotFoundException("com.acme.F")));
        assertEquals("line 7: ClassNotFoundException: com.acme.F [CREATE TABLE t]", e.getMessage());
        assertEquals("outer", e.getCause().getMessage());
    }
}
