package io.streamwright.stub;

import java.util.Collection;
import java.util.Collections;
import org.apache.flink.table.connector.source.LookupTableSource.LookupRuntimeProvider;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.functions.LookupFunction;
import org.apache.flink.table.functions.TableFunction;

/** The look-up provider of the running version: one interface is gone in 2.0, the other came with 1.16. */
final class Lookups {

    private static final String PACKAGE = "org.apache.flink.table.connector.source.";

    private Lookups() {
    }

    /** A provider whose function finds nothing. */
    static LookupRuntimeProvider provider() {
        try {
            Class<?> type = Class.forName(PACKAGE + "lookup.LookupFunctionProvider");
            return (LookupRuntimeProvider) type.getMethod("of", LookupFunction.class).invoke(null, new Finder());
        } catch (ClassNotFoundException e) {
            return before116();
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }

    private static LookupRuntimeProvider before116() {
        try {
            Class<?> type = Class.forName(PACKAGE + "TableFunctionProvider");
            return (LookupRuntimeProvider) type.getMethod("of", TableFunction.class).invoke(null, new OldFinder());
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Finds nothing, from 1.16 on. */
    public static final class Finder extends LookupFunction {
        private static final long serialVersionUID = 1L;

        @Override
        public Collection<RowData> lookup(RowData key) {
            return Collections.emptyList();
        }
    }

    /** Finds nothing, before 1.16. */
    public static final class OldFinder extends TableFunction<RowData> {
        private static final long serialVersionUID = 1L;

        /** Takes any key. */
        public void eval(Object... key) {
            // Nothing to collect.
        }
    }
}
