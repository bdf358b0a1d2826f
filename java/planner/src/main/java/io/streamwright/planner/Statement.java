package io.streamwright.planner;

import io.streamwright.text.Token;
import io.streamwright.text.Tokens;
import java.util.List;

/** One statement of the script, with the way from its own offsets to lines and columns of the whole text. */
final class Statement {

    private final int index;
    private final int line;
    private final int column;
    private final String kind;
    private final String text;
    private List<Token> tokens;

    Statement(int index, int line, int column, String kind, String text) {
        this.index = index;
        this.line = line;
        this.column = column;
        this.kind = kind;
        this.text = text;
    }

    int index() {
        return index;
    }

    String kind() {
        return kind;
    }

    String text() {
        return text;
    }

    /** A part of this statement as a statement of its own, with the same index. */
    Statement part(String partKind, String partText, int offset) {
        int[] at = place(offset);
        return new Statement(index, at[0], at[1], partKind, partText);
    }

    /** The tokens, scanned when first asked for. */
    List<Token> tokens() {
        if (tokens == null) {
            tokens = Tokens.of(text);
        }
        return tokens;
    }

    /** Line and column of an offset in the original text. */
    int[] place(int offset) {
        int end = Math.min(offset, text.length());
        int row = line;
        int lineStart = 0;
        for (int i = 0; i < end; i++) {
            if (text.charAt(i) == '\n') {
                row++;
                lineStart = i + 1;
            }
        }
        // Only the first line starts somewhere else than at column 1.
        int first = row == line ? column : 1;
        return new int[] {row, end - lineStart + first};
    }

    /** The offset of a line and column that are relative to this statement, both from 1; -1 when it has no such place. */
    int offset(int relativeLine, int relativeColumn) {
        int at = 0;
        for (int row = 1; row < relativeLine; row++) {
            int next = text.indexOf('\n', at);
            if (next < 0) {
                return -1;
            }
            at = next + 1;
        }
        int offset = at + relativeColumn - 1;
        return relativeLine < 1 || offset < 0 || offset > text.length() ? -1 : offset;
    }

    /** The whole statement, from its first to its last token. */
    Span whole() {
        List<Token> all = tokens();
        return all.isEmpty() ? new Span(0, text.length()) : Span.of(all.get(0), all.get(all.size() - 1));
    }

    /** Whether the statement starts with these words. */
    boolean starts(String... words) {
        List<Token> all = tokens();
        if (all.size() < words.length) {
            return false;
        }
        for (int i = 0; i < words.length; i++) {
            if (!all.get(i).is(words[i])) {
                return false;
            }
        }
        return true;
    }
}
