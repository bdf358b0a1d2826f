package io.streamwright.planner;

import java.lang.reflect.Method;
import java.util.Collections;
import java.util.Map;
import java.util.Optional;
import org.apache.flink.configuration.ReadableConfig;
import org.apache.flink.table.catalog.ObjectIdentifier;
import org.apache.flink.table.catalog.ResolvedCatalogTable;
import org.apache.flink.table.factories.FactoryUtil;

/**
 * Asks the connectors of tables that no statement uses, because Flink looks at a table's options only when the table
 * is read or written. Only the factory is asked: planning a query over each table would cost ten times as much.
 */
final class Probe {

    private static final Method SOURCE = factoryMethod("createDynamicTableSource", "createTableSource");
    private static final Method SINK = factoryMethod("createDynamicTableSink", "createTableSink");

    private final Session session;
    private final Scope scope;
    private final Report report;
    private final Diagnosis diagnosis;

    Probe(Session session, Scope scope, Report report, Diagnosis diagnosis) {
        this.session = session;
        this.scope = scope;
        this.report = report;
        this.diagnosis = diagnosis;
    }

    // The variants with the fewest parameters exist in the most versions.
    private static Method factoryMethod(String... names) {
        for (String name : names) {
            Method best = null;
            for (Method method : FactoryUtil.class.getMethods()) {
                if (method.getName().equals(name) && (best == null || method.getParameterCount() < best.getParameterCount())) {
                    best = method;
                }
            }
            if (best != null) {
                return best;
            }
        }
        return null;
    }

    /** Probes every table that is not used. */
    void run() {
        for (Map.Entry<String, String> table : scope.tables().entrySet()) {
            Statement definition = scope.definition(table.getValue());
            if (definition == null || scope.isUsed(table.getKey()) || report.blames(definition)) {
                continue;
            }
            Throwable fault = probe(table.getKey());
            if (fault != null) {
                diagnosis.unused(definition, fault);
            }
        }
    }

    private Throwable probe(String full) {
        String[] parts = full.split("\\.", 3);
        ObjectIdentifier identifier = ObjectIdentifier.of(parts[0], parts[1], parts[2]);
        try {
            Optional<?> found = session.catalogs().getTable(identifier);
            if (!found.isPresent()) {
                return null;
            }
            Object resolved = Reflect.get(found.get(), "getResolvedTable");
            if (!(resolved instanceof ResolvedCatalogTable)) {
                return null;
            }
            Throwable source = ask(SOURCE, identifier, (ResolvedCatalogTable) resolved);
            if (source == null || !isWrongDirection(source)) {
                return source;
            }
            return ask(SINK, identifier, (ResolvedCatalogTable) resolved);
        } catch (OutOfMemoryError e) {
            throw e;
        } catch (Throwable e) {
            // The probe itself failed: nothing is known about the table.
            return null;
        }
    }

    private static boolean isWrongDirection(Throwable fault) {
        return new Failure(fault).root().contains("can only be used as a sink");
    }

    private Throwable ask(Method factory, ObjectIdentifier identifier, ResolvedCatalogTable table) {
        if (factory == null) {
            return null;
        }
        Class<?>[] types = factory.getParameterTypes();
        Object[] arguments = new Object[types.length];
        for (int i = 0; i < types.length; i++) {
            arguments[i] = argument(types[i], identifier, table);
        }
        try {
            Reflect.call(factory, null, arguments);
            return null;
        } catch (OutOfMemoryError e) {
            throw e;
        } catch (Throwable e) {
            return e;
        }
    }

    private Object argument(Class<?> type, ObjectIdentifier identifier, ResolvedCatalogTable table) {
        if (type == ObjectIdentifier.class) {
            return identifier;
        } else if (type == ResolvedCatalogTable.class) {
            return table;
        } else if (type == ReadableConfig.class) {
            return session.configuration();
        } else if (type == ClassLoader.class) {
            return session.loader();
        } else if (type == boolean.class) {
            return false;
        } else if (type == Map.class) {
            return Collections.emptyMap();
        }
        return null;
    }
}
