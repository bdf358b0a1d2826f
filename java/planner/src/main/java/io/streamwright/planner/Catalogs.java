package io.streamwright.planner;

import io.streamwright.text.Token;
import java.net.URL;
import java.net.URLClassLoader;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.TreeSet;
import org.apache.flink.table.catalog.GenericInMemoryCatalog;
import org.apache.flink.table.catalog.ObjectIdentifier;
import org.apache.flink.table.factories.CatalogFactory;
import org.apache.flink.table.factories.Factory;
import org.apache.flink.table.operations.Operation;
import org.apache.flink.table.operations.ddl.CreateCatalogOperation;

/**
 * Statements that would reach out of the process: catalogs, which connect when they open, and jars, which are fetched.
 * They are noted, and something stands in for them, so that the rest of the script can be checked.
 */
final class Catalogs {

    private static final String IN_MEMORY = "generic_in_memory";

    private final Session session;
    private final Scope scope;
    private final Report report;

    Catalogs(Session session, Scope scope, Report report) {
        this.session = session;
        this.scope = scope;
        this.report = report;
    }

    /** Creates an in-memory catalog for real; any other is only looked up and an empty one stands in. */
    void create(Statement statement, CreateCatalogOperation operation) throws Throwable {
        Map<String, String> options = operation.getProperties();
        String type = options.get("type");
        if (IN_MEMORY.equals(type) || type == null) {
            session.execute(operation);
            return;
        }
        String name = operation.getCatalogName();
        if (session.catalogs().getCatalog(name).isPresent()) {
            session.execute(operation);
            return;
        }
        session.tables().registerCatalog(name, new GenericInMemoryCatalog(name, options.getOrDefault("default-database", "default")));
        scope.openCatalog(name);
        Set<String> types = types();
        Span span = Anchor.option(statement, "type");
        if (types.contains(type)) {
            report.add(Finding.at(statement, Anchor.orWhole(span, statement), Finding.Positioned.ANCHORED).severity(Finding.Severity.INFO).stage(Stage.DDL)
                    .says("catalog_not_opened", "Catalog '" + name + "' is not opened during a check; tables in it are not checked"));
        } else {
            throw new UnknownCatalogType(type, types);
        }
    }

    private Set<String> types() {
        Set<String> types = new TreeSet<>();
        for (Factory factory : ServiceLoader.load(Factory.class, session.loader())) {
            if (factory instanceof CatalogFactory) {
                types.add(factory.factoryIdentifier());
            }
        }
        return types;
    }

    /** A catalog type that no factory on the class path has. */
    static final class UnknownCatalogType extends RuntimeException {

        private static final long serialVersionUID = 1L;
        private final String type;
        private final transient Set<String> known;

        UnknownCatalogType(String type, Set<String> known) {
            super("No factory for the catalog type '" + type + "' among: " + known);
            this.type = type;
            this.known = known;
        }

        String type() {
            return type;
        }

        Set<String> known() {
            return known;
        }
    }

    /** ADD JAR is never followed. A jar of the same file name among the job's own serves in its place. */
    void addJar(Statement statement, Operation operation) throws Throwable {
        String path = String.valueOf(Reflect.get(operation, "getPath"));
        if (!isGiven(path)) {
            scope.jarMissing();
            report.add(notFetched(statement, path));
        }
    }

    private static Finding notFetched(Statement statement, String path) {
        return Finding.on(statement).severity(Finding.Severity.INFO).stage(Stage.DDL)
                .says("jar_not_fetched", "Jar '" + path + "' is not fetched during a check; classes from it are not checked");
    }

    private boolean isGiven(String path) {
        String wanted = path.substring(path.lastIndexOf('/') + 1);
        if (session.loader() instanceof URLClassLoader) {
            for (URL url : ((URLClassLoader) session.loader()).getURLs()) {
                if (url.getPath().endsWith("/" + wanted)) {
                    return true;
                }
            }
        }
        return false;
    }

    /** The text of a CREATE FUNCTION with its USING JAR clause blanked; the clause starts at the given token. */
    String withoutJars(Statement statement, int using) {
        List<Token> tokens = statement.tokens();
        int end = using;
        boolean given = true;
        String missing = null;
        for (int i = using + 1; i < tokens.size(); i++) {
            Token token = tokens.get(i);
            if (token.kind() == Token.Kind.STRING && tokens.get(i - 1).is("JAR")) {
                if (!isGiven(token.value())) {
                    given = false;
                    missing = token.value();
                }
            } else if (!token.is("JAR") && !token.is(",")) {
                break;
            }
            end = i;
        }
        if (!given) {
            String name = "";
            String type = "";
            for (int i = 1; i < using; i++) {
                if (tokens.get(i).is("AS") && i + 1 < using) {
                    name = tokens.get(i - 1).value();
                    type = tokens.get(i + 1).value();
                }
            }
            scope.openFunction(name, type, statement);
            // Flink adds the jar for all that follows, so any class may be in it.
            scope.jarMissing();
            report.add(notFetched(statement, missing));
        }
        char[] text = statement.text().toCharArray();
        for (int i = tokens.get(using).start(); i < tokens.get(end).end(); i++) {
            text[i] = text[i] == '\n' || text[i] == '\r' ? text[i] : ' ';
        }
        return new String(text);
    }

    /** Models and connections need a provider that only the cluster has: created where the catalog can, never judged by. */
    void noted(Statement statement, Operation operation) {
        Token subject = Anchor.subject(statement);
        if (subject != null) {
            scope.standIn(subject.value());
        }
        try {
            session.execute(operation);
        } catch (OutOfMemoryError e) {
            throw e;
        } catch (Throwable e) {
            // What uses it is reported as not checked.
            return;
        }
    }

    /** A materialised table is only validated; a view with its query stands in for what reads it later. */
    void standIn(Operation operation) {
        try {
            ObjectIdentifier table = (ObjectIdentifier) Reflect.get(operation, "getTableIdentifier");
            if (table == null) {
                return;
            }
            scope.standIn(table.getObjectName());
            Object definition = Reflect.get(operation, "getCatalogMaterializedTable");
            Object query = definition == null ? null : Reflect.get(definition, "getDefinitionQuery");
            if (query == null && definition != null) {
                query = Reflect.get(definition, "getExpandedQuery");
            }
            for (Operation view : session.parse("CREATE TEMPORARY VIEW " + table.asSerializableString() + " AS " + query)) {
                session.execute(view);
            }
        } catch (OutOfMemoryError e) {
            throw e;
        } catch (Throwable e) {
            // Without the view, later statements that read the table are reported as not checked.
            return;
        }
    }
}
