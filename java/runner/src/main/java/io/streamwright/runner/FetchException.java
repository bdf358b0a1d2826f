package io.streamwright.runner;

/** A try that failed, and whether another one may go well. */
final class FetchException extends Exception {

    private static final long serialVersionUID = 1L;

    /** What is to be done about it. */
    enum Kind {
        /** The store is away or busy: try again for ever. */
        AWAY,
        /** Other bytes came than the digest says: try a few times. */
        WRONG_BYTES,
        /** No further try changes anything. */
        FINAL
    }

    private final Kind kind;
    private final int retryAfter;

    private FetchException(Kind kind, String message, int retryAfter) {
        super(message);
        this.kind = kind;
        this.retryAfter = retryAfter;
    }

    /** The store is away; it asks for a pause of so many seconds, or 0. */
    static FetchException away(String message, int retryAfter) {
        return new FetchException(Kind.AWAY, message, retryAfter);
    }

    /** Other bytes than the digest says. */
    static FetchException wrongBytes(String message) {
        return new FetchException(Kind.WRONG_BYTES, message, 0);
    }

    /** It cannot be had. */
    static FetchException last(String message) {
        return new FetchException(Kind.FINAL, message, 0);
    }

    Kind kind() {
        return kind;
    }

    int retryAfter() {
        return retryAfter;
    }
}
