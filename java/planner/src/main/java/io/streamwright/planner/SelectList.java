package io.streamwright.planner;

import io.streamwright.text.Token;
import java.util.ArrayList;
import java.util.List;

/** The select list of a query, found by tokens: enough to point at an item by its number. */
final class SelectList {

    private final List<Token> tokens;
    private final List<int[]> items = new ArrayList<>();

    private SelectList(List<Token> tokens) {
        this.tokens = tokens;
    }

    /** The list of the first SELECT at or behind a token index; null when there is none. */
    static SelectList from(List<Token> tokens, int index) {
        for (int i = Math.max(0, index); i < tokens.size(); i++) {
            if (tokens.get(i).is("SELECT")) {
                SelectList list = new SelectList(tokens);
                list.read(skipHint(tokens, i + 1));
                return list.items.isEmpty() ? null : list;
            }
        }
        return null;
    }

    /** The list of the statement's outermost query. */
    static SelectList of(Statement statement) {
        List<Token> tokens = statement.tokens();
        int start = 0;
        int depth = 0;
        // With a common table expression in front, the query's own SELECT is the first one outside parentheses.
        for (int i = 0; i < tokens.size(); i++) {
            depth += tokens.get(i).is("(") ? 1 : tokens.get(i).is(")") ? -1 : 0;
            if (depth == 0 && tokens.get(i).is("SELECT")) {
                start = i;
                break;
            }
        }
        return from(tokens, start);
    }

    private static int skipHint(List<Token> tokens, int at) {
        int i = at;
        if (i < tokens.size() && tokens.get(i).kind() == Token.Kind.HINT) {
            while (i + 1 < tokens.size() && !(tokens.get(i).is("*") && tokens.get(i + 1).is("/"))) {
                i++;
            }
            i += 2;
        }
        if (i < tokens.size() && (tokens.get(i).is("DISTINCT") || tokens.get(i).is("ALL"))) {
            i++;
        }
        return i;
    }

    private void read(int first) {
        int depth = 0;
        int start = first;
        int i = first;
        for (; i < tokens.size(); i++) {
            Token token = tokens.get(i);
            if (token.is("(") || token.is("[")) {
                depth++;
            } else if (token.is(")") || token.is("]")) {
                depth--;
                if (depth < 0) {
                    break;
                }
            } else if (depth == 0 && (token.is("FROM") || token.is("UNION") || token.is("WHERE"))) {
                break;
            } else if (depth == 0 && token.is(",")) {
                add(start, i);
                start = i + 1;
            }
        }
        add(start, i);
    }

    private void add(int start, int end) {
        if (end > start) {
            items.add(new int[] {start, end - 1});
        }
    }

    /** How many items the list has. */
    int size() {
        return items.size();
    }

    /** Whether an item stands for several columns. */
    boolean hasStar() {
        for (int[] item : items) {
            if (tokens.get(item[1]).is("*") && (item[0] == item[1] || tokens.get(item[1] - 1).is("."))) {
                return true;
            }
        }
        return false;
    }

    /** The whole list. */
    Span span() {
        return Span.of(tokens.get(items.get(0)[0]), tokens.get(items.get(items.size() - 1)[1]));
    }

    /** One item, from 0; null when there is no such item or a star hides which one it is. */
    Span item(int index) {
        if (index < 0 || index >= items.size() || hasStar()) {
            return null;
        }
        return Span.of(tokens.get(items.get(index)[0]), tokens.get(items.get(index)[1]));
    }
}
