package io.streamwright.planner;

import io.streamwright.text.Setting;
import io.streamwright.text.StatementSetText;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.apache.flink.table.operations.Operation;

/**
 * Checks a script as far as Flink goes before it submits a job: parse, validate, run the DDL on in-memory catalogs,
 * plan every query. It goes on after an error, so that all of a script's faults come out at once.
 */
final class DeepTier {

    private final CheckRequest request;
    private final Report report;
    private final ClassLoader loader;
    private final Scope scope = new Scope();
    private Session session;
    private Operations operations;
    private Diagnosis diagnosis;
    private List<Pending> open;

    /** An INSERT of a set that is still open. */
    private static final class Pending {
        private final Statement statement;
        private final Report.Verdict verdict;
        private final Operation operation;

        Pending(Statement statement, Report.Verdict verdict, Operation operation) {
            this.statement = statement;
            this.verdict = verdict;
            this.operation = operation;
        }
    }

    DeepTier(CheckRequest request, Report report, ClassLoader loader) {
        this.request = request;
        this.report = report;
        this.loader = loader;
    }

    /** Checks all statements. */
    void run() throws Throwable {
        session = Session.open(isBatch(), request.configuration(), loader);
        operations = new Operations(session, scope, report);
        diagnosis = new Diagnosis(session, scope, report);
        for (Statement statement : request.statements()) {
            Report.Verdict verdict = report.verdict(statement);
            check(statement, verdict);
        }
        closeSet();
        new Probe(session, scope, report, diagnosis).run();
    }

    private boolean isBatch() {
        String mode = request.configuration().get(Session.RUNTIME_MODE);
        for (Statement statement : request.statements()) {
            Setting setting = isSetting(statement) ? Setting.parse(statement.text()) : null;
            if (setting != null && setting.isSet() && Session.RUNTIME_MODE.equals(setting.key())) {
                mode = setting.value();
            }
        }
        return mode != null && mode.trim().toUpperCase(Locale.ROOT).equals("BATCH");
    }

    private static boolean isSetting(Statement statement) {
        return statement.kind().equals("set") || statement.kind().equals("reset") || statement.starts("SET") || statement.starts("RESET");
    }

    private void check(Statement statement, Report.Verdict verdict) {
        Stage stage = new Stage();
        try {
            if (statement.kind().equals("set_begin") || statement.starts("BEGIN", "STATEMENT", "SET")) {
                closeSet();
                verdict.kind("BeginStatementSetOperation");
                open = new ArrayList<>();
            } else if (statement.kind().equals("set_end") || statement.starts("END") && statement.tokens().size() == 1) {
                verdict.kind("EndStatementSetOperation");
                closeSet();
            } else if (isSetting(statement)) {
                set(statement, verdict);
            } else if (statement.kind().equals("statement_set") && !Versions.hasStatementSetBlock()) {
                checkParts(statement, verdict);
            } else {
                checkOne(statement, verdict, stage);
            }
        } catch (OutOfMemoryError e) {
            throw e;
        } catch (Throwable e) {
            diagnosis.failed(statement, verdict, e, stage.name());
        }
    }

    private void set(Statement statement, Report.Verdict verdict) {
        Setting setting = Setting.parse(statement.text());
        if (setting == null) {
            verdict.fail();
            report.add(Finding.on(statement).stage("parse").says("syntax_error", "Write SET 'key' = 'value' or RESET 'key'"));
            return;
        }
        verdict.kind(setting.isSet() ? "SetOperation" : "ResetOperation");
        if (setting.isSet()) {
            if (setting.key() != null) {
                session.set(setting.key(), setting.value());
            }
        } else if (setting.key() != null) {
            reset(setting.key());
        } else {
            new ArrayList<>(session.configuration().keySet()).forEach(this::reset);
            request.configuration().forEach(session::set);
        }
    }

    private void reset(String key) {
        Map<String, String> initial = request.configuration();
        if (initial.containsKey(key)) {
            session.set(key, initial.get(key));
        } else {
            session.unset(key);
        }
    }

    // Before 1.15 Flink does not know the block, but the runner takes it apart on every version.
    private void checkParts(Statement statement, Report.Verdict verdict) {
        verdict.kind("StatementSetOperation");
        List<StatementSetText.Part> parts = StatementSetText.parts(statement.text());
        if (parts.isEmpty()) {
            verdict.fail();
            report.add(Finding.on(statement).stage("parse").says("syntax_error", "END; missing for STATEMENT SET BEGIN"));
        }
        for (StatementSetText.Part part : parts) {
            Report.Verdict inner = new Report.Verdict(statement.index(), "insert");
            check(statement.part("insert", part.text(), part.offset()), inner);
            if (!inner.ok()) {
                verdict.fail();
            }
        }
    }

    private void checkOne(Statement statement, Report.Verdict verdict, Stage stage) throws Throwable {
        String text = operations.prepare(statement);
        List<Operation> parsed = session.parse(text);
        if (parsed.isEmpty()) {
            return;
        }
        Operation operation = parsed.get(0);
        verdict.kind(operation.getClass().getSimpleName());
        if (open != null && Operations.isInsert(operation)) {
            open.add(new Pending(statement, verdict, operation));
            return;
        }
        if (open != null) {
            verdict.fail();
            report.add(Finding.on(statement).stage("validate").says("not_supported", "Only INSERT may stand between BEGIN STATEMENT SET and END"));
            return;
        }
        List<Operation> set = Operations.statementSet(operation);
        List<StatementSetText.Part> parts = StatementSetText.parts(statement.text());
        if (set.isEmpty() || set.size() != parts.size()) {
            operations.take(statement, operation, stage);
            return;
        }
        // Planned like a set of single statements, so that a fault is placed in its own INSERT.
        open = new ArrayList<>();
        for (int i = 0; i < set.size(); i++) {
            open.add(new Pending(statement.part("insert", parts.get(i).text(), parts.get(i).offset()), verdict, set.get(i)));
        }
        closeSet();
    }

    // The whole set is planned first: most sets are right, and then one plan says so. Only a faulty set is planned piece by piece.
    private void closeSet() {
        List<Pending> set = open;
        open = null;
        if (set == null || set.isEmpty()) {
            return;
        }
        List<Operation> all = new ArrayList<>();
        for (Pending pending : set) {
            all.add(pending.operation);
        }
        Throwable whole = plan(all);
        if (whole == null) {
            return;
        }
        boolean explained = false;
        for (Pending pending : set) {
            List<Operation> one = new ArrayList<>();
            one.add(pending.operation);
            Throwable alone = set.size() == 1 ? whole : plan(one);
            if (alone != null) {
                explained = true;
                diagnosis.failed(pending.statement, pending.verdict, alone, Stage.PLAN);
            }
        }
        if (!explained) {
            Pending last = set.get(set.size() - 1);
            diagnosis.failed(last.statement, last.verdict, whole, Stage.PLAN);
        }
    }

    private Throwable plan(List<Operation> all) {
        try {
            operations.plan(all);
            return null;
        } catch (OutOfMemoryError e) {
            throw e;
        } catch (Throwable e) {
            return e;
        }
    }
}
