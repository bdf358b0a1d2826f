package io.streamwright.stub;

import org.apache.flink.api.common.io.OutputFormat;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.table.data.RowData;

/** An output that takes no rows: it stands in a plan and is never opened. */
final class NoOutput implements OutputFormat<RowData> {

    private static final long serialVersionUID = 1L;

    @Override
    public void configure(Configuration parameters) {
    }

    // 2.x asks for another open method; a plan calls neither.
    @Override
    public void open(int taskNumber, int numTasks) {
    }

    @Override
    public void writeRecord(RowData row) {
    }

    @Override
    public void close() {
    }
}
