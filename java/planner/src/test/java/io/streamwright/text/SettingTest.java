package io.streamwright.text;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class SettingTest {

    @Test
    void readsQuotedAndBareSettings() {
        Setting quoted = Setting.parse("-- why\nSET 'a.b' = 'it''s = x'");
        assertEquals("a.b", quoted.key());
        assertEquals("it's = x", quoted.value());
        Setting bare = Setting.parse("set a.b = 5 min");
        assertEquals("a.b", bare.key());
        assertEquals("5 min", bare.value());
        Setting mixed = Setting.parse("SET a.b='5'");
        assertEquals("5", mixed.value());
    }

    @Test
    void readsReset() {
        assertEquals("a.b", Setting.parse("RESET 'a.b'").key());
        assertFalse(Setting.parse("RESET 'a.b'").isSet());
        assertNull(Setting.parse("reset").key());
    }

    @Test
    void readsTheListingForm() {
        assertTrue(Setting.parse("SET").isSet());
        assertNull(Setting.parse("SET").key());
    }

    @Test
    void refusesAnythingElse() {
        assertNull(Setting.parse("SELECT 1"));
        assertNull(Setting.parse("SET 'a' 'b'"));
        assertNull(Setting.parse("SET 'a' = 'b"));
    }
}
