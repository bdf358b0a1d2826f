package io.streamwright.planner;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class StatementTest {

    private final Statement statement = new Statement(2, 10, 5, "query", "SELECT a,\n  '\uD83D\uDE00', b\nFROM t");

    @Test
    void addsTheColumnToTheFirstLineOnly() {
        assertArrayEquals(new int[] {10, 5}, statement.place(0));
        assertArrayEquals(new int[] {10, 12}, statement.place(7));
        assertArrayEquals(new int[] {12, 1}, statement.place(statement.text().indexOf("FROM")));
    }

    @Test
    void countsUtf16Units() {
        assertArrayEquals(new int[] {11, 9}, statement.place(statement.text().indexOf("b\n")));
    }

    @Test
    void findsOffsetsOfRelativePlaces() {
        assertEquals(statement.text().indexOf("FROM"), statement.offset(3, 1));
        assertEquals(-1, statement.offset(9, 1));
    }

    @Test
    void placesPartsInTheWhole() {
        Statement part = statement.part("insert", "FROM t", statement.text().indexOf("FROM"));
        assertArrayEquals(new int[] {12, 6}, part.place(5));
        assertEquals(2, part.index());
    }
}
