package io.streamwright.runner;

import io.streamwright.text.Token;
import io.streamwright.text.Tokens;
import java.util.List;
import java.util.Locale;

/** One statement of the script: where it starts, what the server's lexer took it for, and its text. */
final class Statement {

    private final int line;
    private final String kind;
    private final String text;

    Statement(int line, String kind, String text) {
        this.line = line;
        this.kind = kind;
        this.text = text;
    }

    /** The line of the script on which it starts, from 1. */
    int line() {
        return line;
    }

    /** The kind, as the protocol names it. */
    String kind() {
        return kind;
    }

    /** The text without the closing semicolon. */
    String text() {
        return text;
    }

    /**
     * Whether running this statement submits a job of its own. A submission can hold one such statement and then
     * nothing else.
     */
    boolean submitsByItself() {
        switch (kind) {
            case "ctas":
            case "execute_plan":
                return true;
            case "compile_plan":
                return starts("COMPILE", "AND", "EXECUTE");
            case "other":
                return starts("UPDATE") || starts("DELETE") || starts("ANALYZE");
            default:
                return false;
        }
    }

    /** Whether the statement starts with these words. */
    boolean starts(String... words) {
        List<Token> tokens = Tokens.of(text);
        for (int i = 0; i < words.length; i++) {
            if (i >= tokens.size() || !tokens.get(i).is(words[i])) {
                return false;
            }
        }
        return true;
    }

    /** The beginning of the statement on one line, for messages. */
    String summary() {
        String flat = text.trim().replaceAll("\\s+", " ");
        return flat.length() <= 80 ? flat : flat.substring(0, 77).trim() + "...";
    }

    @Override
    public String toString() {
        return String.format(Locale.ROOT, "line %d: %s", line, summary());
    }
}
