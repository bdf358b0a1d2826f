package io.streamwright.text;

import java.util.ArrayList;
import java.util.List;

/** Finds the statements inside {@code EXECUTE STATEMENT SET BEGIN … END}, so that they can join others in one job. */
public final class StatementSetText {

    private StatementSetText() {
    }

    /** One statement of the set. */
    public static final class Part {
        private final String text;
        private final int offset;

        Part(String text, int offset) {
            this.text = text;
            this.offset = offset;
        }

        /** The statement without its semicolon. */
        public String text() {
            return text;
        }

        /** Where it starts in the text of the set. */
        public int offset() {
            return offset;
        }
    }

    /** The statements of the set, in order; empty when the text is no closed statement set. */
    public static List<Part> parts(String text) {
        List<Token> tokens = Tokens.of(text);
        List<Part> parts = new ArrayList<>();
        int at = bodyStart(tokens);
        if (at < 0) {
            return parts;
        }
        int first = at;
        boolean closed = false;
        for (int i = at; i < tokens.size(); i++) {
            Token token = tokens.get(i);
            // END closes the set only where a statement could start: the END of a CASE never stands there.
            if (i == first && token.is("END")) {
                closed = true;
                break;
            }
            if (token.is(";")) {
                if (i > first) {
                    int start = tokens.get(first).start();
                    parts.add(new Part(text.substring(start, tokens.get(i - 1).end()), start));
                }
                first = i + 1;
            }
        }
        if (!closed) {
            parts.clear();
        }
        return parts;
    }

    private static int bodyStart(List<Token> tokens) {
        int at = 0;
        while (at < tokens.size() && (tokens.get(at).is("EXECUTE") || tokens.get(at).is("EXPLAIN"))) {
            at++;
        }
        boolean set = tokens.size() > at + 2 && tokens.get(at).is("STATEMENT") && tokens.get(at + 1).is("SET")
                && tokens.get(at + 2).is("BEGIN");
        return set ? at + 3 : -1;
    }
}
