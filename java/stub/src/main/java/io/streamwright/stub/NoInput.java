package io.streamwright.stub;

import org.apache.flink.api.common.io.GenericInputFormat;
import org.apache.flink.table.data.RowData;

/** An input without rows: it stands in a plan and is never opened. */
final class NoInput extends GenericInputFormat<RowData> {

    private static final long serialVersionUID = 1L;

    @Override
    public boolean reachedEnd() {
        return true;
    }

    @Override
    public RowData nextRecord(RowData reuse) {
        return null;
    }
}
