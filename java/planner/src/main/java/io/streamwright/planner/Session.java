package io.streamwright.planner;

import java.lang.reflect.Method;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.apache.flink.configuration.ConfigOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.table.api.EnvironmentSettings;
import org.apache.flink.table.api.ExplainDetail;
import org.apache.flink.table.api.TableEnvironment;
import org.apache.flink.table.api.internal.TableEnvironmentInternal;
import org.apache.flink.table.catalog.CatalogManager;
import org.apache.flink.table.delegation.Parser;
import org.apache.flink.table.operations.Operation;

/** A table environment of one check, on in-memory catalogs, with the calls whose signatures differ between versions. */
final class Session {

    static final String RUNTIME_MODE = "execution.runtime-mode";

    /**
     * Generated code whose methods are longer is parsed again and split (JavaCodeSplitter, 1.13 on), which took half of a
     * check's time. Nobody compiles the code of a check.
     */
    private static final String LONGEST_METHOD = "table.generated-code.max-length";

    // Their return types differ: a direct call would not link everywhere.
    private static final Method EXECUTE = Reflect.find(TableEnvironmentInternal.class, "executeInternal", Operation.class);
    private static final Method EXPLAIN = Reflect.find(TableEnvironmentInternal.class, "explainInternal", List.class, ExplainDetail[].class);

    private final TableEnvironment tables;
    private final ClassLoader loader;

    private Session(TableEnvironment tables, ClassLoader loader) {
        this.tables = tables;
        this.loader = loader;
    }

    /** Creates the environment. The mode is fixed here: another planner serves batch. */
    static Session open(boolean batch, Map<String, String> configuration, ClassLoader loader) throws Throwable {
        EnvironmentSettings.Builder settings = EnvironmentSettings.newInstance();
        if (batch) {
            settings.inBatchMode();
        } else {
            settings.inStreamingMode();
        }
        with(settings, "withConfiguration", Configuration.class, Configuration.fromMap(configuration));
        with(settings, "withClassLoader", ClassLoader.class, loader);
        Session session = new Session(TableEnvironment.create(settings.build()), loader);
        session.set(LONGEST_METHOD, String.valueOf(Integer.MAX_VALUE));
        configuration.forEach(session::set);
        return session;
    }

    // 1.13 has neither, 1.15 the configuration, 1.16 both; before, the thread's class loader and the table configuration serve.
    private static void with(EnvironmentSettings.Builder settings, String name, Class<?> type, Object value) throws Throwable {
        Method method = Reflect.find(EnvironmentSettings.Builder.class, name, type);
        if (method != null) {
            Reflect.call(method, settings, value);
        }
    }

    /** The table environment. */
    TableEnvironment tables() {
        return tables;
    }

    /** The loader that sees the user's jars. */
    ClassLoader loader() {
        return loader;
    }

    /** The configuration that SET changes. */
    Configuration configuration() {
        return tables.getConfig().getConfiguration();
    }

    /** Sets a key. */
    void set(String key, String value) {
        if (!key.equals(RUNTIME_MODE)) {
            configuration().setString(key, value);
        }
    }

    /** Removes a key. */
    void unset(String key) {
        if (!key.equals(RUNTIME_MODE)) {
            configuration().removeConfig(ConfigOptions.key(key).stringType().noDefaultValue());
        }
    }

    /** Flink's catalogs. */
    CatalogManager catalogs() {
        return internal().getCatalogManager();
    }

    /** Flink's parser, which also validates. */
    Parser parser() {
        return internal().getParser();
    }

    /** Parses and validates one statement. */
    List<Operation> parse(String text) {
        return parser().parse(text);
    }

    /** Runs a DDL operation. */
    void execute(Operation operation) throws Throwable {
        Reflect.call(EXECUTE, tables, operation);
    }

    /** Plans one operation as far as Flink does before it submits, and gives its description. */
    String explain(Operation operation) throws Throwable {
        return explain(Collections.singletonList(operation));
    }

    /** Plans several operations as one job. */
    String explain(List<Operation> operations) throws Throwable {
        return (String) Reflect.call(EXPLAIN, tables, operations, new ExplainDetail[0]);
    }

    private TableEnvironmentInternal internal() {
        return (TableEnvironmentInternal) tables;
    }
}
