package io.streamwright.stub;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.flink.table.catalog.ResolvedSchema;
import org.apache.flink.table.connector.ChangelogMode;
import org.apache.flink.table.connector.sink.DynamicTableSink;
import org.apache.flink.table.connector.sink.OutputFormatProvider;
import org.apache.flink.table.connector.sink.abilities.SupportsOverwrite;
import org.apache.flink.table.connector.sink.abilities.SupportsPartitioning;
import org.apache.flink.table.connector.sink.abilities.SupportsWritingMetadata;
import org.apache.flink.table.types.DataType;

/** A sink that takes every change, every partition and whatever metadata its table declares. */
final class StubSink implements DynamicTableSink, SupportsWritingMetadata, SupportsPartitioning, SupportsOverwrite {

    private final ResolvedSchema schema;

    StubSink(ResolvedSchema schema) {
        this.schema = schema;
    }

    @Override
    public ChangelogMode getChangelogMode(ChangelogMode requested) {
        return requested;
    }

    @Override
    public SinkRuntimeProvider getSinkRuntimeProvider(Context context) {
        return OutputFormatProvider.of(new NoOutput());
    }

    @Override
    public Map<String, DataType> listWritableMetadata() {
        return new LinkedHashMap<>(new StubSource(schema, false).listReadableMetadata());
    }

    @Override
    public void applyWritableMetadata(List<String> keys, DataType consumedType) {
    }

    @Override
    public void applyStaticPartition(Map<String, String> partition) {
    }

    @Override
    public void applyOverwrite(boolean overwrite) {
    }

    @Override
    public DynamicTableSink copy() {
        return new StubSink(schema);
    }

    @Override
    public String asSummaryString() {
        return "stub";
    }
}
