package io.streamwright.planner;

import io.streamwright.text.Token;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Turns a failure of Flink into a finding with a code, a short message and a place. */
final class Diagnosis {

    private static final List<Rule> RULES = new ArrayList<>();
    private static final Pattern QUOTED = Pattern.compile("['`]([^'`\\n]{1,80})['`]");
    // Exceptions that say a script is wrong; any other says that the planner stumbled.
    private static final Set<String> VERDICTS = new HashSet<>(Arrays.asList("ValidationException", "TableException", "SqlParserException", "SqlParseException",
            "CalciteContextException", "CatalogException", "NoMatchingTableFactoryException", "AmbiguousTableFactoryException", "UnknownCatalogType",
            "SqlValidateException", "SqlParserEOFException", "CannotPlanException", "DatabaseNotExistException", "TableNotExistException",
            "FunctionNotExistException", "TableAlreadyExistException", "CatalogNotExistException", "InvalidTypesException"));

    static {
        RULES.addAll(SyntaxRules.rules());
        RULES.addAll(TableRules.rules());
        RULES.addAll(DdlRules.rules());
        RULES.addAll(NameRules.rules());
        RULES.addAll(QueryRules.rules());
    }

    private final Scope scope;
    private final Report report;
    private final Names names;

    Diagnosis(Session session, Scope scope, Report report) {
        this.scope = scope;
        this.report = report;
        this.names = new Names(session);
    }

    /** A statement has failed. */
    void failed(Statement statement, Report.Verdict verdict, Throwable thrown, String stage) {
        Case c = explain(statement, thrown);
        Finding finding = c.finding().stage(c.failure().isSyntax() ? Stage.PARSE : stage);
        String open = new OpenEnds(scope, names).reason(c);
        Token subject = Anchor.subject(statement);
        boolean creates = subject != null && (statement.starts("CREATE") || statement.starts("ALTER"));
        if (open != null) {
            boolean said = open.equals("jar_not_fetched") && statement.starts("CREATE") && report.notes(statement);
            if (!said) {
                report.add(Finding.on(statement).stage(stage).severity(Finding.Severity.INFO).says(open, "Not checked: " + OpenEnds.text(open))
                        .detail(c.failure().detail()));
            }
            if (creates) {
                scope.open(subject.value());
            }
            return;
        }
        if (c.code().equals("cannot_be_checked")) {
            report.add(finding.severity(Finding.Severity.WARNING));
            if (creates) {
                scope.open(subject.value());
            }
            return;
        }
        verdict.fail();
        report.add(finding.cascade(isCascade(c)));
        use(c);
        if (creates && scope.definition(subject.value()) == null) {
            scope.failed(subject.value());
        }
    }

    private void use(Case c) {
        if (c.subject() != null) {
            for (String full : scope.tables().keySet()) {
                if (Scope.last(full).equals(Scope.last(c.subject()))) {
                    scope.use(full);
                }
            }
        }
    }

    private boolean isCascade(Case c) {
        if (c.subject() == null) {
            return false;
        }
        switch (c.code()) {
            case "unknown_table":
            case "unknown_function":
            case "unknown_catalog":
            case "unknown_database":
                return scope.isFailed(c.subject());
            default:
                return false;
        }
    }

    /** A table that no statement uses has a fault. */
    void unused(Statement definition, Throwable thrown) {
        Case c = explain(definition, thrown);
        if (c.code().equals("cannot_be_checked") || new OpenEnds(scope, names).reason(c) != null) {
            return;
        }
        report.add(c.finding().stage(Stage.PROBE).severity(Finding.Severity.WARNING).code("unused_table_invalid"));
    }

    private Case explain(Statement statement, Throwable thrown) {
        Failure failure = new Failure(thrown);
        Case c = new Case(statement, failure, names, scope);
        for (Rule rule : RULES) {
            if (rule.explain(c)) {
                return c;
            }
        }
        boolean verdict = failure.isSyntax() || isVerdict(failure);
        String text = readable(failure);
        c.says(verdict ? failure.isSyntax() ? "syntax_error" : "invalid_query" : "cannot_be_checked",
                verdict ? text : "The planner of this Flink version failed on this statement: " + text);
        Matcher quoted = QUOTED.matcher(text);
        while (quoted.find() && c.flinkSpan() == null) {
            Span span = Anchor.name(statement, Scope.last(quoted.group(1)));
            if (span == null) {
                span = Anchor.string(statement, quoted.group(1));
            }
            if (span != null) {
                c.at(span);
                break;
            }
        }
        return c;
    }

    private static boolean isVerdict(Failure failure) {
        if (failure.has("CalciteContextException")) {
            return true;
        }
        Throwable root = failure.innermost();
        boolean stumbled = root instanceof Error || root instanceof NullPointerException || root instanceof ClassCastException
                || root instanceof IndexOutOfBoundsException || root instanceof UnsupportedOperationException
                || root.getClass().getSimpleName().equals("InaccessibleObjectException");
        if (stumbled) {
            return false;
        }
        for (String name : VERDICTS) {
            if (failure.has(name)) {
                return true;
            }
        }
        return false;
    }

    /** The innermost message that is a sentence, cut to its first lines. */
    private static String readable(Failure failure) {
        List<String> messages = failure.messages();
        String best = failure.root();
        for (int i = messages.size() - 1; i >= 0; i--) {
            if (messages.get(i).trim().indexOf(' ') > 0 && !messages.get(i).startsWith("For input string")) {
                best = messages.get(i);
                break;
            }
        }
        String first = best.split("\\n\\s*\\n|\\n(?=Flink\\w+\\()|The physical plan is|Was expecting")[0].trim();
        return first.length() > 400 ? first.substring(0, 400) + "…" : first;
    }
}
