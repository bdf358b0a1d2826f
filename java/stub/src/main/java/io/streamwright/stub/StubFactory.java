package io.streamwright.stub;

import java.util.Collections;
import java.util.Set;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.table.connector.sink.DynamicTableSink;
import org.apache.flink.table.connector.source.DynamicTableSource;
import org.apache.flink.table.factories.DynamicTableSinkFactory;
import org.apache.flink.table.factories.DynamicTableSourceFactory;

/**
 * A table connector that takes every option and never connects. It stands in for a connector whose jar is not at
 * hand, so that everything but the options of its tables can be checked. Subclasses give the names.
 */
public abstract class StubFactory implements DynamicTableSourceFactory, DynamicTableSinkFactory {

    private final String identifier;
    private final boolean updates;

    /** Stands in for the connector of this name; {@code updates} when its source gives updates and deletes. */
    protected StubFactory(String identifier, boolean updates) {
        this.identifier = identifier;
        this.updates = updates;
    }

    @Override
    public String factoryIdentifier() {
        return identifier;
    }

    @Override
    public Set<ConfigOption<?>> requiredOptions() {
        return Collections.emptySet();
    }

    @Override
    public Set<ConfigOption<?>> optionalOptions() {
        return Collections.emptySet();
    }

    @Override
    public DynamicTableSource createDynamicTableSource(Context context) {
        return new StubSource(context.getCatalogTable().getResolvedSchema(), updates);
    }

    @Override
    public DynamicTableSink createDynamicTableSink(Context context) {
        return new StubSink(context.getCatalogTable().getResolvedSchema());
    }
}
