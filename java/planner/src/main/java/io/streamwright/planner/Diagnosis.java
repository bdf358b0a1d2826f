package io.streamwright.planner;

/** Turns a failure of Flink into a finding with a code, a short message and a place. */
final class Diagnosis {

    private final Session session;
    private final Scope scope;
    private final Report report;

    Diagnosis(Session session, Scope scope, Report report) {
        this.session = session;
        this.scope = scope;
        this.report = report;
    }

    /** A statement has failed. */
    void failed(Statement statement, Report.Verdict verdict, Throwable thrown, String stage) {
        verdict.fail();
        Failure failure = new Failure(thrown);
        Span span = failure.span(statement);
        report.add(Finding.at(statement, Anchor.orWhole(span, statement), span != null ? Finding.Positioned.FLINK : Finding.Positioned.STATEMENT)
                .stage(failure.isSyntax() ? Stage.PARSE : stage).says("invalid_query", failure.root()).detail(failure.detail()));
    }

    /** A table that no statement uses has a fault. */
    void unused(Statement definition, Throwable thrown) {
        Failure failure = new Failure(thrown);
        report.add(Finding.on(definition).stage(Stage.PROBE).severity(Finding.Severity.WARNING).says("unused_table_invalid", failure.root())
                .detail(failure.detail()));
    }
}
