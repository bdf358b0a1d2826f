package io.streamwright.stub;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.flink.table.catalog.Column;
import org.apache.flink.table.catalog.ResolvedSchema;
import org.apache.flink.table.connector.ChangelogMode;
import org.apache.flink.table.connector.source.DynamicTableSource;
import org.apache.flink.table.connector.source.InputFormatProvider;
import org.apache.flink.table.connector.source.LookupTableSource;
import org.apache.flink.table.connector.source.ScanTableSource;
import org.apache.flink.table.connector.source.abilities.SupportsReadingMetadata;
import org.apache.flink.table.types.DataType;

/** A source that can be scanned and looked up in a plan, and has whatever metadata its table declares. */
final class StubSource implements ScanTableSource, LookupTableSource, SupportsReadingMetadata {

    private final ResolvedSchema schema;
    private final boolean updates;

    StubSource(ResolvedSchema schema, boolean updates) {
        this.schema = schema;
        this.updates = updates;
    }

    @Override
    public ChangelogMode getChangelogMode() {
        return updates ? ChangelogMode.all() : ChangelogMode.insertOnly();
    }

    @Override
    public ScanRuntimeProvider getScanRuntimeProvider(ScanContext context) {
        return InputFormatProvider.of(new NoInput());
    }

    @Override
    public LookupRuntimeProvider getLookupRuntimeProvider(LookupContext context) {
        return Lookups.provider();
    }

    @Override
    public Map<String, DataType> listReadableMetadata() {
        Map<String, DataType> metadata = new LinkedHashMap<>();
        for (Column column : schema.getColumns()) {
            if (column instanceof Column.MetadataColumn) {
                Column.MetadataColumn declared = (Column.MetadataColumn) column;
                metadata.put(key(declared), declared.getDataType());
            }
        }
        return metadata;
    }

    // The getter of the key was renamed after 1.15.
    private static String key(Column.MetadataColumn column) {
        for (String getter : new String[] {"getMetadataKey", "getMetadataAlias"}) {
            try {
                Object key = Column.MetadataColumn.class.getMethod(getter).invoke(column);
                return ((java.util.Optional<?>) key).map(String::valueOf).orElse(column.getName());
            } catch (ReflectiveOperationException e) {
                continue;
            }
        }
        return column.getName();
    }

    @Override
    public void applyReadableMetadata(List<String> keys, DataType producedType) {
    }

    @Override
    public DynamicTableSource copy() {
        return new StubSource(schema, updates);
    }

    @Override
    public String asSummaryString() {
        return "stub";
    }
}
