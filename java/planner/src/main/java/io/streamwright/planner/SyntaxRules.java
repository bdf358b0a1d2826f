package io.streamwright.planner;

import io.streamwright.text.Token;
import io.streamwright.text.Tokens;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Texts that do not parse. */
final class SyntaxRules {

    private static final int SHOWN = 8;
    private static final String CODE = "syntax_error";
    private static final Pattern EXPECTED = Pattern.compile("(\"[^\\n]*?\"|<[A-Z_]+>)(?: +(\"[^\\n]*?\"|<[A-Z_]+>))? *\\.\\.\\.");

    private SyntaxRules() {
    }

    static List<Rule> rules() {
        return Arrays.asList(
                Rule.of("", SyntaxRules::unclosed),
                Rule.of("Non-query expression encountered in illegal context", SyntaxRules::firstWord),
                Rule.of("Lexical error at line (\\d+), column (\\d+)\\.\\s+Encountered: \"(.*?)\" \\((\\d+)\\)", SyntaxRules::character),
                Rule.of("Encountered \"(.*)\" at line (\\d+), column (\\d+)", SyntaxRules::unexpected),
                Rule.of("Incorrect syntax near the keyword '(.*?)' at line (\\d+), column (\\d+)", SyntaxRules::unexpected));
    }

    private static void unclosed(Case c, Matcher m) {
        if (!c.failure().isSyntax()) {
            return;
        }
        int comment = Tokens.unclosedComment(c.statement().text());
        if (comment >= 0) {
            c.says(CODE, "Comment opened here is never closed").at(new Span(comment, comment + 2));
            return;
        }
        List<Token> tokens = c.statement().tokens();
        Token last = tokens.isEmpty() ? null : tokens.get(tokens.size() - 1);
        if (last != null && (last.kind() == Token.Kind.STRING || last.kind() == Token.Kind.QUOTED) && isOpen(last)) {
            c.says(CODE, (last.kind() == Token.Kind.STRING ? "String" : "Identifier") + " opened here is never closed").at(new Span(last.start(), last.start() + 1));
        }
    }

    private static boolean isOpen(Token token) {
        char quote = token.text().charAt(0);
        int quotes = 0;
        for (char ch : token.text().toCharArray()) {
            quotes += ch == quote ? 1 : 0;
        }
        return quotes % 2 == 1;
    }

    private static void firstWord(Case c, Matcher m) {
        List<Token> tokens = c.statement().tokens();
        if (tokens.isEmpty()) {
            return;
        }
        String word = tokens.get(0).text();
        c.says(CODE, "Unknown statement '" + word + "'").suggests(Words.suggest(word, Words.STATEMENTS)).at(Span.of(tokens.get(0)));
    }

    private static void character(Case c, Matcher m) {
        int point = Integer.parseInt(m.group(4));
        String name = String.format(Locale.ROOT, "U+%04X", point);
        int offset = c.statement().offset(Integer.parseInt(m.group(2)) >= 0 ? Integer.parseInt(m.group(1)) : 1, Integer.parseInt(m.group(2)));
        if (offset >= 0) {
            c.atUnlessPlaced(new Span(offset, Math.min(offset + 1, c.statement().text().length())));
        }
        if (point >= 0xFF01 && point <= 0xFF5E) {
            c.says(CODE, "Full-width character " + name).suggests("Use '" + (char) (point - 0xFEE0) + "'");
        } else if (point == 0x3000 || point == 0xA0) {
            c.says(CODE, "Space character " + name + " is not allowed").suggests("Use a plain space");
        } else if (point >= 0x2018 && point <= 0x201F) {
            c.says(CODE, "Typographic quote " + name).suggests("Use a plain '");
        } else {
            c.says(CODE, "Character '" + new String(Character.toChars(point)) + "' (" + name + ") is not allowed here");
        }
    }

    private static void unexpected(Case c, Matcher m) {
        Span span = c.flinkSpan();
        int start = span != null ? span.start() : c.statement().offset(Integer.parseInt(m.group(2)), Integer.parseInt(m.group(3)));
        List<Token> tokens = c.statement().tokens();
        int at = indexFrom(tokens, Math.max(start, 0));
        Set<String> expected = expected(c);
        if (doubleQuoted(c, tokens, at) || unquotedKey(c, tokens, at, expected) || hintValue(c, tokens, at) || twoWordType(c, tokens, at)
                || misspelt(c, tokens, at) || atEnd(c, tokens, at, m.group(1)) || missingSemicolon(c, tokens, at, expected)) {
            return;
        }
        // Flink's place starts where its choice began; the token that does not fit is the last of those it read.
        int read = m.group(1).trim().split("\\s+").length;
        int culprit = Math.min(at + Math.max(0, read - 1), tokens.size() - 1);
        Token token = tokens.get(culprit);
        if (culprit != at) {
            c.at(Span.of(token));
        }
        Token after = culprit + 1 < tokens.size() ? tokens.get(culprit + 1) : null;
        unexpectedToken(c, token, culprit > 0 ? tokens.get(culprit - 1) : null, after, culprit == at ? expected : new LinkedHashSet<>());
    }

    private static void unexpectedToken(Case c, Token token, Token before, Token after, Set<String> expected) {
        String word = token.text();
        boolean nameFits = expected.contains("a name");
        boolean column = token.kind() == Token.Kind.WORD && after != null && Words.isType(after.text());
        if (before != null && before.is(".") && token.kind() == Token.Kind.WORD) {
            c.says("reserved_word", "'" + word + "' is a reserved word").suggests("Write `" + word + "` to use it as a name");
        } else if (column && nameFits) {
            c.says("reserved_word", "'" + word + "' is a reserved word").suggests("Write `" + word + "` to use it as a name");
        } else if (column && expected.contains(",")) {
            c.says(CODE, "',' missing before '" + word + "'");
        } else if (before != null && before.is(",") && (token.is(")") || Words.isClause(word))) {
            c.says(CODE, "Nothing follows the comma before " + word).suggests("Remove the comma");
        } else if (nameFits && token.kind() == Token.Kind.WORD && !Words.isClause(word)) {
            c.says("reserved_word", "'" + word + "' is a reserved word").suggests("Write `" + word + "` to use it as a name");
        } else if (expected.contains(")") && Words.isClause(word)) {
            c.says(CODE, "')' missing before " + word.toUpperCase(Locale.ROOT));
        } else if (!expected.isEmpty() && expected.size() <= 3 && before != null) {
            c.says(CODE, Words.either(new ArrayList<>(expected)) + " expected after " + before.text());
        } else if (!expected.isEmpty() && expected.size() <= SHOWN) {
            c.says(CODE, "Unexpected '" + word + "'").suggests("Expected " + Words.either(new ArrayList<>(expected)));
        } else if (token.is("=") && before != null && before.is("=")) {
            c.says(CODE, "Unexpected second '='").suggests("Write one '=' to compare");
        } else if (token.is(")")) {
            c.says(CODE, "Unexpected ')'").suggests("Something is missing before it, or '(' is missing");
        } else {
            c.says(CODE, "Unexpected '" + word + "'" + (before != null ? " after " + before.text() : ""));
        }
        if (token.kind() == Token.Kind.WORD && !Words.isClause(word)) {
            c.suggests(Words.suggest(word, new ArrayList<>(keywords(expected))));
        }
    }

    private static List<String> keywords(Set<String> expected) {
        List<String> words = new ArrayList<>();
        for (String word : expected) {
            if (word.length() > 2 && word.equals(word.toUpperCase(Locale.ROOT)) && Character.isLetter(word.charAt(0))) {
                words.add(word);
            }
        }
        return words;
    }

    private static int indexFrom(List<Token> tokens, int offset) {
        for (int i = 0; i < tokens.size(); i++) {
            if (tokens.get(i).end() > offset) {
                return i;
            }
        }
        return tokens.size() - 1;
    }

    /** What the grammar would take, in words that an author knows. */
    private static Set<String> expected(Case c) {
        Set<String> words = new LinkedHashSet<>();
        List<String> messages = c.failure().messages();
        for (int i = messages.size() - 1; i >= 0; i--) {
            int list = messages.get(i).indexOf("Was expecting");
            if (list < 0) {
                continue;
            }
            Matcher m = EXPECTED.matcher(messages.get(i).substring(list));
            while (m.find()) {
                words.add(word(m.group(1)));
            }
            break;
        }
        words.remove("");
        if (words.size() > 1) {
            // A dot would only go on with the name before it.
            words.remove(".");
        }
        return words;
    }

    private static String word(String token) {
        if (token.startsWith("\"")) {
            return token.substring(1, token.length() - 1);
        }
        if (token.contains("IDENTIFIER")) {
            return "a name";
        }
        if (token.contains("STRING")) {
            return token.equals("<QUOTED_STRING>") ? "a string" : "";
        }
        if (token.contains("LITERAL")) {
            return token.contains("NUMERIC") || token.contains("INTEGER") ? "a number" : "";
        }
        return token.equals("<EOF>") ? "the end" : "";
    }

    private static boolean doubleQuoted(Case c, List<Token> tokens, int at) {
        for (int i = Math.max(0, at); i < Math.min(tokens.size(), at + 3); i++) {
            if (tokens.get(i).is("\"")) {
                c.says(CODE, "Flink strings take single quotes").at(Span.of(tokens.get(i)));
                return true;
            }
        }
        return false;
    }

    private static boolean unquotedKey(Case c, List<Token> tokens, int at, Set<String> expected) {
        boolean key = expected.contains("a string") && !expected.contains("a name") && at + 2 < tokens.size() && tokens.get(at).kind() == Token.Kind.WORD
                && at > 0 && (tokens.get(at - 1).is("(") || tokens.get(at - 1).is(","));
        if (key) {
            int end = at;
            StringBuilder name = new StringBuilder();
            while (end < tokens.size() && !tokens.get(end).is("=") && !tokens.get(end).is(",") && !tokens.get(end).is(")")) {
                name.append(tokens.get(end++).value());
            }
            String value = end + 1 < tokens.size() && tokens.get(end).is("=") ? tokens.get(end + 1).value() : "…";
            c.says(CODE, "Option keys are string literals").suggests("Write '" + name + "' = '" + value + "'").at(Span.of(tokens.get(at), tokens.get(end - 1)));
        }
        return key;
    }

    private static boolean hintValue(Case c, List<Token> tokens, int at) {
        boolean hint = false;
        for (int i = 0; i < tokens.size(); i++) {
            Token token = tokens.get(i);
            hint = token.kind() == Token.Kind.HINT || hint && !(token.is("*") && i + 1 < tokens.size() && tokens.get(i + 1).is("/"));
            if (hint && i >= at && i + 1 < tokens.size() && token.is("=") && tokens.get(i + 1).kind() != Token.Kind.STRING) {
                Token value = tokens.get(i + 1);
                c.says(CODE, "Hint values are string literals").suggests("Write '" + value.text() + "'").at(Span.of(token, value));
                return true;
            }
        }
        return false;
    }

    // "FORM orders": the parser takes the misspelt word for an alias and stumbles over the next.
    private static boolean misspelt(Case c, List<Token> tokens, int at) {
        if (at < 2 || tokens.get(at - 1).kind() != Token.Kind.WORD || tokens.get(at).is(",") || tokens.get(at).is(")")) {
            return false;
        }
        Token word = tokens.get(at - 1);
        String meant = Words.isClause(word.text()) || Words.isType(word.text()) ? null : Nearest.of(word.text().toUpperCase(Locale.ROOT), Words.JOINTS);
        if (meant == null || meant.equalsIgnoreCase(word.text())) {
            return false;
        }
        c.says(CODE, "Unexpected '" + word.text() + "'").suggests("Did you mean " + meant + "?").at(Span.of(word));
        return true;
    }

    // "id UNSIGNED BIGINT": the parser takes the first word for a type and stumbles over the second.
    private static boolean twoWordType(Case c, List<Token> tokens, int at) {
        if (at < 3 || !c.statement().starts("CREATE") || tokens.get(at).kind() != Token.Kind.WORD && !tokens.get(at).is("(")) {
            return false;
        }
        // Either the word that does not fit is the type itself, or it follows a word that was taken for a type.
        boolean itself = !Words.isType(tokens.get(at).text()) && tokens.get(at - 1).isName() && (tokens.get(at - 2).is("(") || tokens.get(at - 2).is(","));
        int index = itself ? at : at - 1;
        Token type = tokens.get(index);
        Token column = tokens.get(index - 1);
        Token before = tokens.get(index - 2);
        boolean column1 = column.isName() && (before.is("(") || before.is(","));
        boolean known = Words.TYPES.contains(type.text().toUpperCase(Locale.ROOT));
        if (!column1 || known || type.kind() != Token.Kind.WORD || column.is("PRIMARY") || column.is("WATERMARK") || column.is("CONSTRAINT")) {
            return false;
        }
        if (type.is("AS") || type.is("METADATA") || type.is("FOR")) {
            return false;
        }
        c.says("unknown_type", "Unknown type " + type.text()).suggests(Words.suggestType(type.text())).at(Span.of(type));
        return true;
    }

    private static boolean atEnd(Case c, List<Token> tokens, int at, String encountered) {
        if (!encountered.contains("<EOF>")) {
            return false;
        }
        if (c.statement().starts("EXECUTE", "STATEMENT", "SET") || c.statement().starts("EXPLAIN", "STATEMENT", "SET")) {
            c.says(CODE, "END; missing for STATEMENT SET BEGIN");
            return true;
        }
        int depth = 0;
        Token open = null;
        for (Token token : tokens) {
            if (token.is("(")) {
                depth++;
                open = depth == 1 ? token : open;
            } else if (token.is(")")) {
                depth--;
            }
        }
        if (depth > 0 && open != null) {
            c.says(CODE, Words.count(depth, "')'").replace("1 ')'", "')'").replace("')'s", "')'") + " missing at the end of the statement");
        } else {
            c.says(CODE, "The statement ends too early, after " + tokens.get(tokens.size() - 1).text());
            List<String> few = new ArrayList<>(expected(c));
            c.suggests(few.isEmpty() || few.size() > SHOWN ? null : "Expected " + Words.either(few));
        }
        return true;
    }

    private static boolean missingSemicolon(Case c, List<Token> tokens, int at, Set<String> expected) {
        Token token = tokens.get(at);
        String text = c.statement().text();
        boolean ownLine = text.lastIndexOf('\n', token.start()) >= 0
                && text.substring(text.lastIndexOf('\n', token.start()) + 1, token.start()).trim().isEmpty();
        if (at > 0 && ownLine && Words.isStatement(token.text()) && !token.is("WITH") && (expected.contains("the end") || expected.contains(";"))) {
            c.says(CODE, "';' missing before " + token.text().toUpperCase(Locale.ROOT));
            return true;
        }
        return false;
    }
}
