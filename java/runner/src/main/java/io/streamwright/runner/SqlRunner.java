package io.streamwright.runner;

import io.streamwright.text.Setting;
import io.streamwright.text.StatementSetText;
import java.util.List;
import org.apache.flink.table.api.StatementSet;
import org.apache.flink.table.api.TableResult;

/**
 * Runs a SQL script as one Flink job. All INSERTs of the script, however they are grouped, become one statement set
 * that is submitted at the end: a submission over REST allows a single job.
 */
public final class SqlRunner {

    private final Script script;
    private final Environment environment;
    private final StatementSet inserts;
    private Statement firstInsert;
    private int count;
    private TableResult submitted;

    private SqlRunner(Script script) {
        this.script = script;
        this.environment = Environment.create(script);
        this.inserts = environment.tables().createStatementSet();
    }

    /** The program: {@code --script <base64 of gzip of JSON>} or {@code --script-file <path>}. */
    public static void main(String[] args) throws Exception {
        try {
            Script script = Script.fromArguments(args);
            Rules.check(script);
            SqlRunner runner = new SqlRunner(script);
            runner.run();
            System.out.println(Outcome.submitted(runner.jobId(), runner.count));
        } catch (ScriptException e) {
            System.out.println(Outcome.failed(e.line(), e.getMessage()));
            throw e;
        } catch (Exception | Error e) {
            System.out.println(Outcome.failed(0, ScriptException.rootMessage(e)));
            throw e;
        }
    }

    private void run() {
        for (Statement statement : script.statements()) {
            try {
                apply(statement);
            } catch (Exception | LinkageError | AssertionError e) {
                throw e instanceof ScriptException ? (ScriptException) e : ScriptException.failed(statement, e);
            }
        }
        if (count > 0) {
            try {
                submitted = inserts.execute();
            } catch (Exception | LinkageError | AssertionError e) {
                // With one INSERT the culprit is known; with several Flink's message names the table at most.
                throw count == 1 ? ScriptException.failed(firstInsert, e)
                        : new ScriptException(0, "the " + count + " INSERT statements cannot run: " + ScriptException.rootMessage(e), e);
            }
        }
    }

    private void apply(Statement statement) {
        switch (statement.kind()) {
            case "set":
            case "reset":
                environment.apply(setting(statement));
                break;
            case "set_begin":
            case "set_end":
                break;
            case "insert":
                add(statement, statement.text());
                break;
            case "statement_set":
                addAll(statement);
                break;
            default:
                TableResult result = environment.tables().executeSql(statement.text());
                if (statement.submitsByItself()) {
                    submitted = result;
                }
                break;
        }
    }

    private static Setting setting(Statement statement) {
        Setting setting = Setting.parse(statement.text());
        if (setting == null) {
            throw ScriptException.refused(statement.line(), "expected SET 'key' = 'value' or RESET 'key', found: " + statement.summary());
        }
        return setting;
    }

    private void addAll(Statement statement) {
        List<StatementSetText.Part> parts = StatementSetText.parts(statement.text());
        if (parts.isEmpty()) {
            throw ScriptException.refused(statement.line(), "expected EXECUTE STATEMENT SET BEGIN, at least one INSERT, END");
        }
        for (StatementSetText.Part part : parts) {
            int line = statement.line();
            for (int i = 0; i < part.offset(); i++) {
                line += statement.text().charAt(i) == '\n' ? 1 : 0;
            }
            Statement insert = new Statement(line, "insert", part.text());
            try {
                add(insert, part.text());
            } catch (Exception | LinkageError | AssertionError e) {
                throw ScriptException.failed(insert, e);
            }
        }
    }

    private void add(Statement statement, String text) {
        inserts.addInsertSql(text);
        if (firstInsert == null) {
            firstInsert = statement;
        }
        count++;
    }

    private String jobId() {
        if (submitted == null || !submitted.getJobClient().isPresent()) {
            return null;
        }
        return submitted.getJobClient().get().getJobID().toString();
    }
}
