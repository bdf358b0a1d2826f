package io.streamwright.planner;

import io.streamwright.text.Token;

/** A stretch of a statement's text: first offset and the one behind the last. */
final class Span {

    private final int start;
    private final int end;

    Span(int start, int end) {
        this.start = start;
        this.end = Math.max(end, start);
    }

    /** The stretch of one token. */
    static Span of(Token token) {
        return new Span(token.start(), token.end());
    }

    /** The stretch from one token to another, both included. */
    static Span of(Token first, Token last) {
        return new Span(first.start(), last.end());
    }

    int start() {
        return start;
    }

    int end() {
        return end;
    }
}
