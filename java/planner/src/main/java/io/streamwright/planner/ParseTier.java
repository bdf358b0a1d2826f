package io.streamwright.planner;

import io.streamwright.text.Setting;
import io.streamwright.text.StatementSetText;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.util.Collections;
import java.util.List;
import java.util.function.Supplier;

/** Only parses, in well under a millisecond a statement. One environment serves all such checks: parsing changes nothing. */
final class ParseTier {

    private Session session;
    private Object grammar;
    private Method parse;

    /** Parses all statements. */
    void run(CheckRequest request, Report report) throws Throwable {
        if (session == null) {
            session = Session.open(false, Collections.emptyMap(), Planner.class.getClassLoader());
            open();
        }
        Diagnosis diagnosis = new Diagnosis(session, new Scope(), report);
        for (Statement statement : request.statements()) {
            check(statement, report, diagnosis);
        }
    }

    // Flink's own entry point validates at once; the grammar alone sits in a private field of it, in every version.
    private void open() throws Throwable {
        Object parser = session.parser();
        Field field = parser.getClass().getDeclaredField("calciteParserSupplier");
        field.setAccessible(true);
        grammar = ((Supplier<?>) field.get(parser)).get();
        parse = grammar.getClass().getMethod("parse", String.class);
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
            Object node = Reflect.call(parse, grammar, statement.text());
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
