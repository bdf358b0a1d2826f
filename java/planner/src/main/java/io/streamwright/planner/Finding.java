package io.streamwright.planner;

import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.node.ObjectNode;

/** One thing to tell about a script, with its place. Made by {@link #at}, then refined. */
final class Finding {

    /** How bad it is. */
    enum Severity {
        ERROR, WARNING, INFO;

        String word() {
            return name().toLowerCase(java.util.Locale.ROOT);
        }
    }

    /** Where the place comes from. */
    enum Positioned {
        /** Flink gave it. */
        FLINK,
        /** Found by the names in the message. */
        ANCHORED,
        /** Nothing better than the statement. */
        STATEMENT;

        String word() {
            return name().toLowerCase(java.util.Locale.ROOT);
        }
    }

    private final Statement statement;
    private final Span span;
    private final Positioned positioned;
    private String code = "invalid_query";
    private Severity severity = Severity.ERROR;
    private String message = "";
    private String suggestion;
    private String detail;
    private String stage = "validate";
    private boolean cascade;

    private Finding(Statement statement, Span span, Positioned positioned) {
        this.statement = statement;
        this.span = span;
        this.positioned = positioned;
    }

    static Finding at(Statement statement, Span span, Positioned positioned) {
        return new Finding(statement, span, positioned);
    }

    static Finding on(Statement statement) {
        return new Finding(statement, statement.whole(), Positioned.STATEMENT);
    }

    Finding says(String newCode, String newMessage) {
        code = newCode;
        message = newMessage;
        return this;
    }

    Finding code(String newCode) {
        code = newCode;
        return this;
    }

    Finding severity(Severity value) {
        severity = value;
        return this;
    }

    Finding suggestion(String value) {
        suggestion = value;
        return this;
    }

    Finding detail(String value) {
        detail = value;
        return this;
    }

    Finding stage(String value) {
        stage = value;
        return this;
    }

    Finding cascade(boolean value) {
        cascade = value;
        return this;
    }

    Statement statement() {
        return statement;
    }

    boolean isError() {
        return severity == Severity.ERROR;
    }

    /** What makes two findings the same to a reader. */
    String key() {
        return code + '|' + severity + '|' + statement.index() + '|' + span.start() + '|' + span.end() + '|' + message;
    }

    void write(ObjectNode node) {
        int[] start = statement.place(span.start());
        int[] end = statement.place(span.end());
        node.put("statement", statement.index());
        node.put("code", code);
        node.put("severity", severity.word());
        node.put("line", start[0]);
        node.put("column", start[1]);
        node.put("endLine", end[0]);
        node.put("endColumn", end[1]);
        node.put("message", message);
        if (suggestion != null) {
            node.put("suggestion", suggestion);
        }
        if (detail != null) {
            node.put("detail", detail);
        }
        node.put("stage", stage);
        node.put("positioned", positioned.word());
        node.put("cascade", cascade);
    }
}
