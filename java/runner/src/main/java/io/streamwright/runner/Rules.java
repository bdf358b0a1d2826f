package io.streamwright.runner;

import io.streamwright.text.Setting;
import java.util.Locale;

/**
 * What can be said about a script before anything of it runs. A submission over REST takes exactly one job: a second
 * one is answered with an error while the first keeps running, so such scripts are refused as a whole.
 */
final class Rules {

    private static final String DML_SYNC = "table.dml-sync";

    private Rules() {
    }

    /** Throws when the script must not be started. */
    static void check(Script script) {
        if (isTrue(script.configuration().get(DML_SYNC))) {
            throw ScriptException.refused(0, "'table.dml-sync' must not be true: the submission would wait for the job's end");
        }
        int inserts = 0;
        Statement own = null;
        Statement open = null;
        for (Statement statement : script.statements()) {
            if (open != null && !statement.kind().equals("insert") && !statement.kind().equals("set_end")) {
                throw ScriptException.refused(statement.line(), "only INSERT may stand between BEGIN STATEMENT SET and END");
            }
            if (statement.submitsByItself()) {
                if (own != null) {
                    throw ScriptException.refused(statement.line(),
                            "a second statement that starts a job of its own (the first: line " + own.line() + "); a submission takes one job");
                }
                own = statement;
            }
            switch (statement.kind()) {
                case "query":
                    throw ScriptException.refused(statement.line(), "a job cannot show the result of a SELECT; use INSERT INTO");
                case "set":
                    refuseSync(statement);
                    break;
                case "set_begin":
                    open = statement;
                    break;
                case "set_end":
                    if (open == null) {
                        throw ScriptException.refused(statement.line(), "END without BEGIN STATEMENT SET");
                    }
                    open = null;
                    break;
                case "insert":
                case "statement_set":
                    inserts++;
                    break;
                default:
                    break;
            }
        }
        if (open != null) {
            throw ScriptException.refused(open.line(), "BEGIN STATEMENT SET without END");
        }
        if (own != null && inserts > 0) {
            throw ScriptException.refused(own.line(), "this statement starts a job of its own and cannot stand beside INSERT statements");
        }
        if (own == null && inserts == 0) {
            throw ScriptException.refused(0, "nothing to run: the script has no INSERT");
        }
    }

    private static void refuseSync(Statement statement) {
        Setting setting = Setting.parse(statement.text());
        if (setting != null && DML_SYNC.equals(setting.key()) && isTrue(setting.value())) {
            throw ScriptException.refused(statement.line(), "'table.dml-sync' must not be true: the submission would wait for the job's end");
        }
    }

    private static boolean isTrue(String value) {
        return value != null && value.trim().toLowerCase(Locale.ROOT).equals("true");
    }

    /** The runtime mode that the whole script runs in: the last SET wins, because all INSERTs run at the end. */
    static String runtimeMode(Script script) {
        String mode = script.configuration().get(Environment.RUNTIME_MODE);
        for (Statement statement : script.statements()) {
            Setting setting = statement.kind().equals("set") || statement.kind().equals("reset") ? Setting.parse(statement.text()) : null;
            if (setting == null) {
                continue;
            }
            if (setting.isSet() && Environment.RUNTIME_MODE.equals(setting.key())) {
                mode = setting.value();
            } else if (!setting.isSet() && (setting.key() == null || setting.key().equals(Environment.RUNTIME_MODE))) {
                mode = script.configuration().get(Environment.RUNTIME_MODE);
            }
        }
        return mode;
    }
}
