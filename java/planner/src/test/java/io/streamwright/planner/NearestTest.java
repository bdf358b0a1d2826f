package io.streamwright.planner;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

class NearestTest {

    @Test
    void findsTypingErrors() {
        assertEquals("orders", Nearest.of("ordrs", Arrays.asList("users", "orders")));
        assertEquals("rows-per-second", Nearest.of("row-per-secnd", Arrays.asList("number-of-rows", "rows-per-second")));
        assertEquals("FROM", Nearest.of("FORM", Arrays.asList("WHERE", "FROM")));
    }

    @Test
    void keepsSilentWhenNothingIsNear() {
        assertNull(Nearest.of("o", Arrays.asList("u", "e")));
        assertNull(Nearest.of("customers", Arrays.asList("orders", "users")));
    }

    @Test
    void countsASwapAsOneEdit() {
        assertEquals(1, Nearest.distance("form", "from"));
        assertEquals(2, Nearest.distance("abcd", "abxy"));
    }
}
