package io.streamwright.text;

/** One token of a SQL text: comments and white space are none, hints and everything else are. */
public final class Token {

    /** What a token is made of. */
    public enum Kind {
        /** A bare word: keyword or identifier. */
        WORD,
        /** An identifier in backticks. */
        QUOTED,
        /** A string literal in single quotes. */
        STRING,
        /** A number. */
        NUMBER,
        /** The opening of a hint. */
        HINT,
        /** Any other single character. */
        SYMBOL
    }

    private final Kind kind;
    private final String text;
    private final int start;
    private final int end;

    Token(Kind kind, String source, int start, int end) {
        this.kind = kind;
        this.text = source.substring(start, end);
        this.start = start;
        this.end = end;
    }

    /** What the token is made of. */
    public Kind kind() {
        return kind;
    }

    /** The token as it is written, quotes included. */
    public String text() {
        return text;
    }

    /** The offset of the first character. */
    public int start() {
        return start;
    }

    /** The offset behind the last character. */
    public int end() {
        return end;
    }

    /** The value: without quotes, doubled quotes made single. A literal that is not closed keeps its rest. */
    public String value() {
        if (kind != Kind.QUOTED && kind != Kind.STRING) {
            return text;
        }
        char quote = text.charAt(0);
        boolean closed = text.length() > 1 && text.charAt(text.length() - 1) == quote;
        String inner = text.substring(1, closed ? text.length() - 1 : text.length());
        String one = String.valueOf(quote);
        return inner.replace(one + one, one);
    }

    /** Whether this is the given keyword or symbol, in any case; quoted identifiers and strings never are. */
    public boolean is(String word) {
        return kind != Kind.QUOTED && kind != Kind.STRING && text.equalsIgnoreCase(word);
    }

    /** Whether this can be a name: a bare word or an identifier in backticks. */
    public boolean isName() {
        return kind == Kind.WORD || kind == Kind.QUOTED;
    }

    @Override
    public String toString() {
        return text;
    }
}
