package io.streamwright.planner;

import io.streamwright.text.Token;
import java.util.Locale;

/**
 * Whether a failure may come only from what a check leaves closed: catalogs that it does not open, jars that it does
 * not fetch. Then it is no error: a false alarm is worse than a miss.
 */
final class OpenEnds {

    private static final String CATALOG = "catalog_not_opened";
    private static final String JAR = "jar_not_fetched";
    private static final String OTHER = "cannot_be_checked";

    private final Scope scope;
    private final Names names;

    OpenEnds(Scope scope, Names names) {
        this.scope = scope;
        this.names = names;
    }

    /** The code of the reason; null when the failure stands. */
    String reason(Case c) {
        if (c.failure().isSyntax() || c.code().equals("unknown_catalog_type")) {
            return null;
        }
        if (touchesCatalog(c)) {
            return CATALOG;
        }
        if (touchesJar(c)) {
            return JAR;
        }
        // Python functions need the interpreter of the cluster; procedures need a catalog that has some.
        String detail = c.failure().detail();
        boolean beyond = detail.contains("PythonFunctionFactory") || detail.contains("is not implemented for class org.apache.flink.table.catalog.GenericInMemoryCatalog");
        return beyond || touchesOpenObject(c) ? OTHER : null;
    }

    /** What the reader is told. */
    static String text(String reason) {
        switch (reason) {
            case CATALOG:
                return "the statement needs a catalog that is not opened during a check";
            case JAR:
                return "the statement needs a jar that is not fetched during a check";
            default:
                return "the statement needs something that could not be checked itself";
        }
    }

    private boolean touchesCatalog(Case c) {
        if (scope.openCatalogs().isEmpty()) {
            return false;
        }
        if (scope.openCatalogs().contains(names.currentCatalog())) {
            return true;
        }
        for (Token token : c.statement().tokens()) {
            if (token.isName() && scope.openCatalogs().contains(token.value())) {
                return true;
            }
        }
        return false;
    }

    private boolean touchesJar(Case c) {
        for (Token token : c.statement().tokens()) {
            if (token.isName() && scope.openFunctions().contains(token.value().toLowerCase(Locale.ROOT))) {
                return true;
            }
        }
        String detail = c.failure().detail();
        for (String type : scope.openClasses()) {
            if (!type.isEmpty() && detail.contains(type)) {
                return true;
            }
        }
        switch (c.code()) {
            case "class_not_found":
            case "unknown_function":
            case "unknown_connector":
            case "unknown_format":
            case "unknown_module":
                return scope.jarsMissing();
            default:
                return false;
        }
    }

    private boolean touchesOpenObject(Case c) {
        for (Token token : c.statement().tokens()) {
            if (token.isName() && (scope.isOpen(token.value()) || scope.isStandIn(token.value()))) {
                return true;
            }
        }
        return false;
    }
}
