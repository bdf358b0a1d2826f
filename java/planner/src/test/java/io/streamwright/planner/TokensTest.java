package io.streamwright.planner;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.streamwright.text.Token;
import io.streamwright.text.Tokens;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The same cases as the lexer of the server has: both must cut alike. */
class TokensTest {

    private static List<String> of(String sql) {
        return Tokens.of(sql).stream().map(Token::text).collect(Collectors.toList());
    }

    @Test
    void leavesOutBothSortsOfLineComments() {
        assertEquals(Arrays.asList("a", "b", "c"), of("a // it's\nb -- it's\nc"));
    }

    @Test
    void knowsEscapedStrings() {
        assertEquals(Arrays.asList("E", "'a\\'b'", "'c\\'", "d", "e"), of("E'a\\'b' 'c\\' d /***/ e"));
        assertEquals(Arrays.asList("table", "'\\'"), of("table'\\'"));
        assertEquals(Arrays.asList("E", "'\\"), of("E'\\"));
    }
}
