package io.streamwright.planner;

import io.streamwright.text.Setting;
import io.streamwright.text.StatementSetText;
import java.util.Collections;
import java.util.List;

/** Only parses, in well under a millisecond a statement. One environment serves all such checks: parsing changes nothing. */
final class ParseTier {

    private Session session;
    private Grammar grammar;

    /** Parses all statements. */
    void run(CheckRequest request, Report report) throws Throwable {
        if (session == null) {
            session = Session.open(false, Collections.emptyMap(), Planner.class.getClassLoader());
            grammar = Grammar.of(session);
        }
        Diagnosis diagnosis = new Diagnosis(session, new Scope(), report);
        for (Statement statement : request.statements()) {
            check(statement, report, diagnosis);
        }
    }

    private void check(Statement statement, Report report, Diagnosis diagnosis) {
        Report.Verdict verdict = report.verdict(statement);
        try {
            if (isExtended(statement)) {
                if (Setting.parse(statement.text()) == null) {
                    verdict.fail();
                    report.add(Finding.on(statement).stage(Stage.PARSE).says("syntax_error", "Write SET 'key' = 'value' or RESET 'key'"));
                }
            } else if (statement.kind().equals("statement_set") && !Versions.hasStatementSetBlock()) {
                List<StatementSetText.Part> parts = StatementSetText.parts(statement.text());
                if (parts.isEmpty()) {
                    verdict.fail();
                    report.add(Finding.on(statement).stage(Stage.PARSE).says("syntax_error", "END; missing for STATEMENT SET BEGIN"));
                }
                for (StatementSetText.Part part : parts) {
                    parse(statement.part("insert", part.text(), part.offset()), verdict, diagnosis);
                }
            } else {
                parse(statement, verdict, diagnosis);
            }
        } catch (OutOfMemoryError e) {
            throw e;
        } catch (Throwable e) {
            diagnosis.failed(statement, verdict, e, Stage.PARSE);
        }
    }

    private void parse(Statement statement, Report.Verdict verdict, Diagnosis diagnosis) {
        try {
            Object node = grammar.parse(statement.text());
            verdict.kind(node.getClass().getSimpleName());
        } catch (OutOfMemoryError e) {
            throw e;
        } catch (Throwable e) {
            diagnosis.failed(statement, verdict, e, Stage.PARSE);
        }
    }

    private static boolean isExtended(Statement statement) {
        return statement.kind().equals("set") || statement.kind().equals("reset") || statement.starts("SET") || statement.starts("RESET");
    }
}
