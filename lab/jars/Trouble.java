package lab;

import java.util.ArrayList;
import java.util.List;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.functions.MapFunction;
import org.apache.flink.api.connector.source.lib.NumberSequenceSource;
import org.apache.flink.runtime.state.FunctionInitializationContext;
import org.apache.flink.runtime.state.FunctionSnapshotContext;
import org.apache.flink.streaming.api.checkpoint.CheckpointedFunction;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;

/**
 * A program that comes to a bad end, for recordings of what Flink says of it: {@code WHAT} is {@code throws}, {@code empty},
 * {@code memory}, {@code class}, {@code declined}, {@code expired}, {@code main}, or {@code runs}.
 */
public class Trouble {

    public static void main(String[] args) throws Exception {
        if (args[0].equals("main")) {
            throw new IllegalArgumentException("--topic is missing", new NumberFormatException("For input string: \"x\""));
        }
        StreamExecutionEnvironment environment = StreamExecutionEnvironment.getExecutionEnvironment();
        environment.fromSource(new NumberSequenceSource(1, Long.MAX_VALUE - 1), WatermarkStrategy.<Long>noWatermarks(), "numbers")
                .map(new Bad(args[0])).name("enrich")
                .print().name("out");
        environment.execute("trouble");
    }

    /** Does what it is told after a moment. */
    public static class Bad implements MapFunction<Long, Long>, CheckpointedFunction {

        private final String what;

        public Bad(String what) {
            this.what = what;
        }

        @Override
        public Long map(Long value) throws Exception {
            Thread.sleep(100);
            if (value > 20) {
                go();
            }
            return value;
        }

        private void go() throws Exception {
            switch (what) {
                case "throws":
                    throw new IllegalStateException("order 42 has no customer", new RuntimeException("lookup of customer 7 failed"));
                case "empty":
                    throw new NullPointerException();
                case "memory":
                    List<byte[]> kept = new ArrayList<>();
                    while (true) {
                        kept.add(new byte[16 << 20]);
                    }
                case "class":
                    Class.forName("com.acme.Missing");
                    return;
                default:
            }
        }

        @Override
        public void snapshotState(FunctionSnapshotContext context) throws Exception {
            if (what.equals("declined")) {
                throw new java.io.IOException("the state cannot be written: disk quota exceeded");
            }
            if (what.equals("expired")) {
                Thread.sleep(60_000);
            }
        }

        @Override
        public void initializeState(FunctionInitializationContext context) {}
    }
}
