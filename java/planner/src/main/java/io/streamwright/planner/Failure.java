package io.streamwright.planner;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/**
 * What can be read from an exception of Flink: its messages from the outermost to the root, and a place where one is
 * given. Calcite's exceptions live in the planner's own class loader, so they are read by their names.
 */
final class Failure {

    private static final int DEPTH = 40;

    private final Throwable thrown;
    private final List<Throwable> chain = new ArrayList<>();
    private final List<String> messages = new ArrayList<>();
    private final List<String> expected = new ArrayList<>();
    private boolean syntax;
    private int line;
    private int column;
    private int endLine;
    private int endColumn;

    Failure(Throwable thrown) {
        this.thrown = thrown;
        for (Throwable t = thrown; t != null && chain.size() < DEPTH && !chain.contains(t); t = t.getCause()) {
            chain.add(t);
            readMessage(t);
            readPlace(t);
        }
    }

    private void readMessage(Throwable t) {
        String message = t.getMessage();
        if (message == null || message.trim().isEmpty()) {
            return;
        }
        String clean = message.trim();
        if (messages.isEmpty() || !messages.get(messages.size() - 1).equals(clean)) {
            messages.add(clean);
        }
    }

    private void readPlace(Throwable t) {
        String type = t.getClass().getSimpleName();
        if (type.equals("CalciteContextException")) {
            // The innermost place is the nearest to the fault.
            int at = Reflect.number(t, "getPosLine");
            if (at > 0) {
                line = at;
                column = Reflect.number(t, "getPosColumn");
                endLine = Reflect.number(t, "getEndPosLine");
                endColumn = Reflect.number(t, "getEndPosColumn");
            }
        } else if (type.equals("SqlParseException")) {
            syntax = true;
            readSyntaxPlace(t);
        } else if (type.startsWith("SqlParser")) {
            syntax = true;
        }
    }

    private void readSyntaxPlace(Throwable t) {
        try {
            Object position = Reflect.get(t, "getPos");
            if (position != null) {
                line = Reflect.number(position, "getLineNum");
                column = Reflect.number(position, "getColumnNum");
                endLine = Reflect.number(position, "getEndLineNum");
                endColumn = Reflect.number(position, "getEndColumnNum");
            }
            Object names = Reflect.get(t, "getExpectedTokenNames");
            if (names instanceof Collection) {
                for (Object name : (Collection<?>) names) {
                    expected.add(String.valueOf(name));
                }
            }
        } catch (Throwable e) {
            // Without a place the message still tells it.
            line = 0;
        }
    }

    /** The exception itself. */
    Throwable thrown() {
        return thrown;
    }

    /** All messages, the outermost first, neighbours that repeat each other once. */
    List<String> messages() {
        return messages;
    }

    /** The innermost message; the class name when there is none. */
    String root() {
        return messages.isEmpty() ? chain.get(chain.size() - 1).getClass().getName() : messages.get(messages.size() - 1);
    }

    /** The tokens that the parser would have taken, as the grammar names them. */
    List<String> expected() {
        return expected;
    }

    /** Whether the text does not parse. */
    boolean isSyntax() {
        return syntax;
    }

    /** Whether an exception of this simple class name is in the chain. */
    boolean has(String simpleName) {
        for (Throwable t : chain) {
            if (t.getClass().getSimpleName().equals(simpleName)) {
                return true;
            }
        }
        return false;
    }

    /** The chain's innermost exception. */
    Throwable innermost() {
        return chain.get(chain.size() - 1);
    }

    /** The place that Flink gave, as a stretch of the statement; null when it gave none that lies inside. */
    Span span(Statement statement) {
        if (line <= 0 || column <= 0) {
            return null;
        }
        int start = statement.offset(line, column);
        int end = endLine > 0 ? statement.offset(endLine, endColumn) : -1;
        if (start < 0) {
            return null;
        }
        return new Span(start, end < start ? Math.min(start + 1, statement.text().length()) : Math.min(end + 1, statement.text().length()));
    }

    /** Flink's own messages, one a line, the expected-token lists cut. */
    String detail() {
        StringBuilder detail = new StringBuilder();
        for (String message : messages) {
            String part = shorten(message);
            if (detail.indexOf(part) >= 0) {
                continue;
            }
            if (detail.length() > 0) {
                detail.append('\n');
            }
            detail.append(part);
        }
        if (detail.length() == 0) {
            detail.append(thrown.getClass().getName());
        }
        return detail.length() > 4000 ? detail.substring(0, 4000) + "…" : detail.toString();
    }

    private static String shorten(String message) {
        int list = message.indexOf("Was expecting one of:");
        String cut = list >= 0 ? message.substring(0, list).trim() : message;
        return cut.length() > 1500 ? cut.substring(0, 1500) + "…" : cut;
    }
}
