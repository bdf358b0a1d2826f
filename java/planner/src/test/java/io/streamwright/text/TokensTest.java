package io.streamwright.text;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class TokensTest {

    private static String joined(String sql) {
        return Tokens.of(sql).stream().map(Token::text).collect(Collectors.joining("|"));
    }

    @Test
    void leavesOutCommentsAndKeepsHints() {
        assertEquals("SELECT|/*+|x|(|a|)|*|/|1|FROM|t", joined("SELECT -- ;'\n /*+ x(a) */ /* ' */ 1 FROM t"));
    }

    @Test
    void keepsQuotedTextWhole() {
        List<Token> tokens = Tokens.of("'it''s; --' `a``b`");
        assertEquals("it's; --", tokens.get(0).value());
        assertEquals("a`b", tokens.get(1).value());
        assertFalse(tokens.get(1).is("a`b"));
        assertTrue(tokens.get(1).isName());
    }

    @Test
    void reachesTheEndWhenAQuoteIsOpen() {
        List<Token> tokens = Tokens.of("SELECT 'abc");
        assertEquals("abc", tokens.get(1).value());
        assertEquals(11, tokens.get(1).end());
    }

    @Test
    void findsTheOpenComment() {
        assertEquals(7, Tokens.unclosedComment("SELECT /* 1"));
        assertEquals(-1, Tokens.unclosedComment("SELECT /* 1 */ '/*'"));
    }
}
