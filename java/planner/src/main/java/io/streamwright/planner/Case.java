package io.streamwright.planner;

import io.streamwright.text.Token;
import java.util.List;

/** A failure under diagnosis: what is known of it, and what the rules have made of it so far. */
final class Case {

    private final Statement statement;
    private final Failure failure;
    private final Names names;
    private final Scope scope;
    private final Span flinkSpan;
    private Statement target;
    private Span anchor;
    private String code;
    private String message;
    private String suggestion;
    private String subject;

    Case(Statement statement, Failure failure, Names names, Scope scope) {
        this.statement = statement;
        this.failure = failure;
        this.names = names;
        this.scope = scope;
        this.target = statement;
        this.flinkSpan = failure.span(statement);
    }

    /** The statement that failed. */
    Statement statement() {
        return statement;
    }

    /** The exception. */
    Failure failure() {
        return failure;
    }

    /** The names that could have been meant. */
    Names names() {
        return names;
    }

    /** What the script has made so far. */
    Scope scope() {
        return scope;
    }

    /** The place that Flink gave; null when it gave none. */
    Span flinkSpan() {
        return flinkSpan;
    }

    /** The text at the place that Flink gave; empty without one. */
    String flinkText() {
        return flinkSpan == null ? "" : statement.text().substring(flinkSpan.start(), flinkSpan.end());
    }

    /** The tokens that lie in a stretch of the statement. */
    List<Token> tokensIn(Span span) {
        List<Token> inside = new java.util.ArrayList<>();
        for (Token token : statement.tokens()) {
            if (token.start() >= span.start() && token.end() <= span.end()) {
                inside.add(token);
            }
        }
        return inside;
    }

    /** Says what is wrong. */
    Case says(String newCode, String newMessage) {
        code = newCode;
        message = newMessage;
        return this;
    }

    /** Says what to do; null is ignored. */
    Case suggests(String text) {
        suggestion = text != null ? text : suggestion;
        return this;
    }

    /** Names the object that is missing or broken: when its own creation failed, this failure only follows from it. */
    Case about(String name) {
        subject = name;
        return this;
    }

    /** A better place than Flink's; null is ignored. */
    Case at(Span span) {
        anchor = span != null ? span : anchor;
        return this;
    }

    /** A place that counts only when Flink gave none. */
    Case atUnlessPlaced(Span span) {
        return flinkSpan == null ? at(span) : this;
    }

    /** A place in another statement; nothing changes when the span is null. */
    Case at(Statement other, Span span) {
        if (other != null && span != null) {
            target = other;
            anchor = span;
        }
        return this;
    }

    boolean isExplained() {
        return code != null;
    }

    String code() {
        return code;
    }

    String subject() {
        return subject;
    }

    /** The finding, with the best place there is. */
    Finding finding() {
        Span span = anchor != null ? anchor : flinkSpan;
        Finding.Positioned how = anchor != null ? Finding.Positioned.ANCHORED
                : flinkSpan != null ? Finding.Positioned.FLINK : Finding.Positioned.STATEMENT;
        return Finding.at(target, Anchor.orWhole(span, target), how).says(code, message).suggestion(suggestion).detail(failure.detail());
    }
}
