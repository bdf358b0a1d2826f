package io.streamwright.text;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

class StatementSetTextTest {

    @Test
    void splitsAtSemicolonsOutsideOfQuotesAndCases() {
        String set = "EXECUTE STATEMENT SET\nBEGIN\nINSERT INTO a SELECT CASE WHEN x > 1 THEN ';' ELSE 'END' END FROM t; -- c;\nINSERT INTO b SELECT 2;\nEND";
        List<StatementSetText.Part> parts = StatementSetText.parts(set);
        assertEquals(2, parts.size());
        assertEquals("INSERT INTO a SELECT CASE WHEN x > 1 THEN ';' ELSE 'END' END FROM t", parts.get(0).text());
        assertEquals("INSERT INTO b SELECT 2", parts.get(1).text());
        assertEquals(set.indexOf("INSERT INTO b"), parts.get(1).offset());
    }

    @Test
    void givesNothingForAnOpenBlock() {
        assertTrue(StatementSetText.parts("EXECUTE STATEMENT SET BEGIN INSERT INTO a SELECT 1;").isEmpty());
        assertTrue(StatementSetText.parts("INSERT INTO a SELECT 1").isEmpty());
    }
}
