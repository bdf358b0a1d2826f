package io.streamwright.planner;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class SelectListTest {

    private static SelectList of(String sql) {
        return SelectList.of(new Statement(0, 1, 1, "insert", sql));
    }

    @Test
    void findsItemsOutsideOfParentheses() {
        SelectList list = of("INSERT INTO t WITH x AS (SELECT z FROM y) SELECT /*+ h(a) */ DISTINCT f(a, b), c FROM x");
        assertEquals(2, list.size());
        assertEquals(1, list.item(1).end() - list.item(1).start());
    }

    @Test
    void doesNotCountBehindAStar() {
        SelectList list = of("SELECT o.*, a FROM o");
        assertTrue(list.hasStar());
        assertNull(list.item(1));
        assertEquals(2, of("SELECT a * 2, b FROM o").size());
    }
}
