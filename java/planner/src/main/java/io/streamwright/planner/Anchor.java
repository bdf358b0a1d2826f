package io.streamwright.planner;

import io.streamwright.text.Token;
import java.util.List;

/** Finds the place of a name, an option or a keyword in a statement's text. */
final class Anchor {

    private Anchor() {
    }

    /** The stretch, or the whole statement where there is none. */
    static Span orWhole(Span span, Statement statement) {
        return span != null ? span : statement.whole();
    }

    /** The first token with this value as a name; upper and lower case count first, then they do not. */
    static Span name(Statement statement, String name) {
        return name(statement, name, 0);
    }

    /** The first such token at or behind an offset. */
    static Span name(Statement statement, String name, int from) {
        Span loose = null;
        for (Token token : statement.tokens()) {
            if (token.start() < from || !token.isName()) {
                continue;
            }
            if (token.value().equals(name)) {
                return Span.of(token);
            }
            if (loose == null && token.value().equalsIgnoreCase(name)) {
                loose = Span.of(token);
            }
        }
        return loose;
    }

    /** The last token with this value as a name. */
    static Span lastName(Statement statement, String name) {
        List<Token> tokens = statement.tokens();
        for (int i = tokens.size() - 1; i >= 0; i--) {
            if (tokens.get(i).isName() && tokens.get(i).value().equalsIgnoreCase(name)) {
                return Span.of(tokens.get(i));
            }
        }
        return null;
    }

    /** The first token that is this keyword or symbol. */
    static Span keyword(Statement statement, String word) {
        for (Token token : statement.tokens()) {
            if (token.is(word)) {
                return Span.of(token);
            }
        }
        return null;
    }

    /** The key of an option, quotes included. */
    static Span optionKey(Statement statement, String key) {
        Token token = key(statement, key);
        return token == null ? null : Span.of(token);
    }

    /** The value of an option, quotes included. */
    static Span optionValue(Statement statement, String key) {
        List<Token> tokens = statement.tokens();
        for (int i = 0; i + 2 < tokens.size(); i++) {
            if (isKey(tokens, i, key)) {
                return Span.of(tokens.get(i + 2));
            }
        }
        return null;
    }

    /** An option as a whole, from its key to its value. */
    static Span option(Statement statement, String key) {
        List<Token> tokens = statement.tokens();
        for (int i = 0; i + 2 < tokens.size(); i++) {
            if (isKey(tokens, i, key)) {
                return Span.of(tokens.get(i), tokens.get(i + 2));
            }
        }
        return null;
    }

    /** The first string literal with this value, quotes included. */
    static Span string(Statement statement, String value) {
        for (Token token : statement.tokens()) {
            if (token.kind() == Token.Kind.STRING && token.value().equals(value)) {
                return Span.of(token);
            }
        }
        return null;
    }

    private static Token key(Statement statement, String key) {
        List<Token> tokens = statement.tokens();
        for (int i = 0; i + 2 < tokens.size(); i++) {
            if (isKey(tokens, i, key)) {
                return tokens.get(i);
            }
        }
        return null;
    }

    private static boolean isKey(List<Token> tokens, int i, String key) {
        return tokens.get(i).kind() == Token.Kind.STRING && tokens.get(i).value().equals(key) && tokens.get(i + 1).is("=");
    }

    /** The name that a CREATE, DROP or INSERT statement is about: its last part; null when there is none. */
    static Token subject(Statement statement) {
        List<Token> tokens = statement.tokens();
        int i = 0;
        while (i < tokens.size() && !isObjectWord(tokens.get(i))) {
            i++;
        }
        if (i == tokens.size()) {
            return null;
        }
        i++;
        while (i < tokens.size() && (tokens.get(i).is("IF") || tokens.get(i).is("NOT") || tokens.get(i).is("EXISTS") || tokens.get(i).is("TABLE"))) {
            i++;
        }
        while (i + 2 < tokens.size() && tokens.get(i).isName() && tokens.get(i + 1).is(".")) {
            i += 2;
        }
        return i < tokens.size() && tokens.get(i).isName() ? tokens.get(i) : null;
    }

    private static boolean isObjectWord(Token token) {
        for (String word : new String[] {"TABLE", "VIEW", "FUNCTION", "DATABASE", "CATALOG", "MODULE", "INTO", "OVERWRITE", "MODEL", "CONNECTION"}) {
            if (token.is(word)) {
                return true;
            }
        }
        return false;
    }
}
