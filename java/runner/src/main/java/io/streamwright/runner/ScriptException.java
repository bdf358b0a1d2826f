package io.streamwright.runner;

/** The script cannot run: the message names the statement and the root cause. */
public final class ScriptException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final int line;

    ScriptException(int line, String message, Throwable cause) {
        super(message, cause);
        this.line = line;
    }

    /** A script that is refused before anything of it has run. */
    static ScriptException refused(int line, String reason) {
        return new ScriptException(line, line > 0 ? "line " + line + ": " + reason : reason, null);
    }

    /** A statement that failed. */
    static ScriptException failed(Statement statement, Throwable cause) {
        return new ScriptException(statement.line(),
                "line " + statement.line() + ": " + rootMessage(cause) + " [" + statement.summary() + "]", cause);
    }

    /** The line of the statement that failed; 0 when it is no single statement's fault. */
    public int line() {
        return line;
    }

    /** The message of the innermost cause that has one: the outer ones mostly say only that something failed. */
    static String rootMessage(Throwable thrown) {
        String message = null;
        int depth = 0;
        for (Throwable t = thrown; t != null && depth < 50; t = t.getCause(), depth++) {
            if (t.getMessage() != null && !t.getMessage().trim().isEmpty()) {
                // A bare class name or key says little without its exception's name.
                boolean bare = t.getMessage().indexOf(' ') < 0;
                message = bare ? t.getClass().getSimpleName() + ": " + t.getMessage() : t.getMessage();
            }
        }
        return message != null ? message : thrown.getClass().getName();
    }
}
