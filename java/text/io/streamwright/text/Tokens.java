package io.streamwright.text;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * Cuts SQL text into tokens. It knows only what is needed to find a place in a statement or to split one: quotes,
 * comments, hints, words and numbers. It never fails: what is not closed reaches to the end of the text.
 */
public final class Tokens {

    private final String text;
    private final List<Token> found = new ArrayList<>();
    private int unclosedComment = -1;

    private Tokens(String text) {
        this.text = text;
    }

    /** The tokens of the text, in order. */
    public static List<Token> of(String text) {
        Tokens tokens = new Tokens(text);
        tokens.scan();
        return Collections.unmodifiableList(tokens.found);
    }

    /** The offset of a block comment that is never closed, or -1. */
    public static int unclosedComment(String text) {
        Tokens tokens = new Tokens(text);
        tokens.scan();
        return tokens.unclosedComment;
    }

    private void scan() {
        int at = 0;
        while (at < text.length()) {
            char c = text.charAt(at);
            if (Character.isWhitespace(c)) {
                at++;
            } else if (text.startsWith("--", at) || text.startsWith("//", at)) {
                at = endOfLine(at);
            } else if (text.startsWith("/*+", at)) {
                at = add(Token.Kind.HINT, at, at + 3);
            } else if (text.startsWith("/*", at)) {
                at = endOfComment(at);
            } else if (c == '\'' || c == '`') {
                at = add(c == '`' ? Token.Kind.QUOTED : Token.Kind.STRING, at, endOfQuoted(at, c));
            } else if (Character.isDigit(c)) {
                at = add(Token.Kind.NUMBER, at, endOfNumber(at));
            } else if (isWordStart(c)) {
                at = add(Token.Kind.WORD, at, endOfWord(at));
            } else {
                at = add(Token.Kind.SYMBOL, at, at + 1);
            }
        }
    }

    private int add(Token.Kind kind, int start, int end) {
        found.add(new Token(kind, text, start, end));
        return end;
    }

    private int endOfLine(int at) {
        int end = text.indexOf('\n', at);
        return end < 0 ? text.length() : end + 1;
    }

    private int endOfComment(int at) {
        int end = text.indexOf("*/", at + 2);
        if (end < 0) {
            unclosedComment = at;
            return text.length();
        }
        return end + 2;
    }

    private int endOfQuoted(int start, char quote) {
        // Flink 2 on; a syntax error before.
        boolean escaped = quote == '\'' && follows('E', start);
        int at = start + 1;
        while (at < text.length()) {
            if (escaped && text.charAt(at) == '\\') {
                at += 2;
            } else if (text.charAt(at) != quote) {
                at++;
            } else if (at + 1 < text.length() && text.charAt(at + 1) == quote) {
                at += 2;
            } else {
                return at + 1;
            }
        }
        return Math.min(at, text.length());
    }

    /** Whether the last token is this one letter and ends where the next begins. */
    private boolean follows(char letter, int next) {
        Token last = found.isEmpty() ? null : found.get(found.size() - 1);
        return last != null && last.end() == next && next - last.start() == 1 && Character.toUpperCase(text.charAt(last.start())) == letter;
    }

    private int endOfNumber(int at) {
        int end = at;
        while (end < text.length() && (Character.isLetterOrDigit(text.charAt(end))
                || text.charAt(end) == '.' && end + 1 < text.length() && Character.isDigit(text.charAt(end + 1)))) {
            end++;
        }
        return end;
    }

    private int endOfWord(int at) {
        int end = at;
        while (end < text.length() && (isWordStart(text.charAt(end)) || Character.isDigit(text.charAt(end)))) {
            end++;
        }
        return end;
    }

    private static boolean isWordStart(char c) {
        return Character.isLetter(c) || c == '_' || c == '$';
    }
}
