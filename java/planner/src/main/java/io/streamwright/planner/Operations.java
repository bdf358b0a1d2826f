package io.streamwright.planner;

import io.streamwright.text.Token;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.flink.table.api.ValidationException;
import org.apache.flink.table.catalog.CatalogManager;
import org.apache.flink.table.catalog.ObjectIdentifier;
import org.apache.flink.table.operations.ModifyOperation;
import org.apache.flink.table.operations.Operation;
import org.apache.flink.table.operations.QueryOperation;
import org.apache.flink.table.operations.ddl.CreateCatalogOperation;
import org.apache.flink.table.operations.ddl.CreateTableOperation;
import org.apache.flink.table.operations.ddl.DropTableOperation;

/** What is done with each kind of operation: run on the in-memory catalogs, plan, or leave alone. */
final class Operations {

    private static final Pattern SCANNED = Pattern.compile("table=\\[\\[([^\\]]+)\\]");
    private static final Pattern SUNK = Pattern.compile("Sink\\(table=\\[([^\\]]+)\\]");

    private final Session session;
    private final Scope scope;
    private final Report report;
    private final Catalogs catalogs;

    Operations(Session session, Scope scope, Report report) {
        this.session = session;
        this.scope = scope;
        this.report = report;
        this.catalogs = new Catalogs(session, scope, report);
    }

    /** Whether the operation is an INSERT. */
    static boolean isInsert(Operation operation) {
        return operation instanceof ModifyOperation && operation.getClass().getSimpleName().endsWith("SinkModifyOperation");
    }

    /**
     * The text to parse. A USING JAR clause is blanked: Flink would fetch the jar while it plans. All offsets stay.
     */
    String prepare(Statement statement) {
        String text = statement.text();
        if (!Versions.hasFunctionJars() || !statement.starts("CREATE") && !statement.starts("ALTER")) {
            return text;
        }
        List<Token> tokens = statement.tokens();
        boolean function = false;
        for (int i = 0; i < tokens.size(); i++) {
            function |= i < 6 && tokens.get(i).is("FUNCTION");
            if (function && tokens.get(i).is("USING") && i + 1 < tokens.size() && tokens.get(i + 1).is("JAR")) {
                return catalogs.withoutJars(statement, i);
            }
        }
        return text;
    }

    /** Runs or plans one operation. */
    void take(Statement statement, Operation operation, Stage stage) throws Throwable {
        String kind = operation.getClass().getSimpleName();
        if (operation instanceof QueryOperation || isInsert(operation)) {
            stage.enter(Stage.PLAN);
            plan(Collections.singletonList(operation));
        } else if (kind.equals("StatementSetOperation")) {
            stage.enter(Stage.PLAN);
            plan(unpack(operation));
        } else if (kind.equals("CreateTableASOperation") || kind.equals("ReplaceTableAsOperation")) {
            createAs(statement, operation, stage);
        } else if (kind.equals("ExplainOperation")) {
            nested(Reflect.get(operation, "getChild"), stage);
        } else if (kind.equals("CompilePlanOperation") || kind.equals("CompileAndExecutePlanOperation")) {
            nested(Reflect.get(operation, "getOperation"), stage);
        } else if (operation instanceof CreateCatalogOperation) {
            stage.enter(Stage.DDL);
            catalogs.create(statement, (CreateCatalogOperation) operation);
        } else if (kind.equals("QuitOperation") || kind.equals("HelpOperation") || kind.equals("ClearOperation")) {
            throw new ValidationException("Unsupported query: " + statement.tokens().get(0).text());
        } else if (kind.equals("AddJarOperation")) {
            catalogs.addJar(statement, operation);
        } else if (kind.startsWith("CreateModel") || kind.startsWith("CreateConnection")) {
            catalogs.noted(statement, operation);
        } else if (kind.equals("CreateMaterializedTableOperation")) {
            catalogs.standIn(operation);
        } else if (runsForReal(kind)) {
            stage.enter(Stage.DDL);
            ddl(statement, operation);
        }
    }

    private static boolean runsForReal(String kind) {
        if (kind.contains("MaterializedTable") || kind.contains("Partition") || kind.contains("Analyze") || kind.contains("Model")
                || kind.contains("Connection")) {
            return false;
        }
        return kind.startsWith("Create") || kind.startsWith("Drop") || kind.startsWith("Alter") || kind.startsWith("Use")
                || kind.startsWith("LoadModule") || kind.startsWith("UnloadModule") || kind.startsWith("DescribeTable");
    }

    private void ddl(Statement statement, Operation operation) throws Throwable {
        session.execute(operation);
        if (operation instanceof CreateTableOperation) {
            created(statement, ((CreateTableOperation) operation).getTableIdentifier(), true);
        } else if (operation instanceof DropTableOperation) {
            scope.dropped(((DropTableOperation) operation).getTableIdentifier().getObjectName());
        } else if (operation.getClass().getSimpleName().equals("CreateViewOperation")) {
            Object identifier = Reflect.get(operation, "getViewIdentifier");
            created(statement, (ObjectIdentifier) identifier, false);
        } else if (operation.getClass().getSimpleName().endsWith("FunctionOperation") && statement.starts("CREATE")) {
            Token subject = Anchor.subject(statement);
            if (subject != null) {
                scope.function(subject.value(), statement);
            }
        }
    }

    private void created(Statement statement, ObjectIdentifier table, boolean probe) {
        // CREATE TABLE IF NOT EXISTS of a table that is there changes nothing.
        if (scope.definition(table.getObjectName()) == null) {
            scope.defined(table.getObjectName(), statement);
        }
        if (probe) {
            scope.table(full(table), table.getObjectName());
        }
    }

    /** Catalog, database and table, as lineage names them. */
    static String full(ObjectIdentifier table) {
        return table.getCatalogName() + "." + table.getDatabaseName() + "." + table.getObjectName();
    }

    private void createAs(Statement statement, Operation operation, Stage stage) throws Throwable {
        stage.enter(Stage.DDL);
        CreateTableOperation create = (CreateTableOperation) Reflect.get(operation, "getCreateTableOperation");
        CatalogManager manager = session.catalogs();
        boolean replaces = operation.getClass().getSimpleName().startsWith("Replace");
        if (!replaces || !manager.getTable(create.getTableIdentifier()).isPresent()) {
            session.execute(create);
        }
        created(statement, create.getTableIdentifier(), true);
        stage.enter(Stage.PLAN);
        Method toSink = Reflect.find(operation.getClass(), "toSinkModifyOperation", CatalogManager.class);
        Object insert = toSink != null ? Reflect.call(toSink, operation, manager) : Reflect.get(operation, "getInsertOperation");
        if (insert != null) {
            plan(Collections.singletonList((Operation) insert));
        }
    }

    private void nested(Object child, Stage stage) throws Throwable {
        if (child == null) {
            return;
        }
        stage.enter(Stage.PLAN);
        if (child.getClass().getSimpleName().equals("StatementSetOperation")) {
            plan(unpack((Operation) child));
        } else if (child instanceof QueryOperation || isInsert((Operation) child)) {
            plan(Collections.singletonList((Operation) child));
        }
    }

    /** The INSERTs of a statement set or of its EXPLAIN; empty for any other operation. */
    static List<Operation> statementSet(Operation operation) throws Throwable {
        Object set = operation.getClass().getSimpleName().equals("ExplainOperation") ? Reflect.get(operation, "getChild") : operation;
        return set != null && set.getClass().getSimpleName().equals("StatementSetOperation") ? unpack((Operation) set) : Collections.emptyList();
    }

    private static List<Operation> unpack(Operation set) throws Throwable {
        List<Operation> inner = new ArrayList<>();
        for (Object operation : (List<?>) Reflect.get(set, "getOperations")) {
            inner.add((Operation) operation);
        }
        return inner;
    }

    /** Plans the operations as one job and notes which tables they read and write. */
    void plan(List<Operation> operations) throws Throwable {
        String explained = session.explain(operations);
        int end = explained.indexOf("== Optimized");
        String tree = end > 0 ? explained.substring(0, end) : explained;
        note(SCANNED.matcher(tree), report.read());
        note(SUNK.matcher(tree), report.written());
    }

    private void note(Matcher matcher, java.util.Set<String> into) {
        while (matcher.find()) {
            // A scan separates the parts by ", ", a sink by "."; behind the name come what a source was asked for:
            // "source: [...]" and, from 1.13 on, "metadata=[...]", "project=[...]" and their like.
            String full = matcher.group(1).replaceAll(",? (?:source:|\\w+=\\[).*$", "").replace(", ", ".");
            if (!full.contains("*anonymous")) {
                into.add(full);
                scope.use(full);
            }
        }
    }

    /** The tables of the script. */
    Map<String, String> tables() {
        return scope.tables();
    }
}
