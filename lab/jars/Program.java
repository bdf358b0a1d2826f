package lab;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Paths;
import java.util.Arrays;
import java.util.Base64;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.functions.MapFunction;
import org.apache.flink.api.connector.source.lib.NumberSequenceSource;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;

/**
 * A program for tests, of the API that is the same from Flink 1.13 to 2.x. {@code PATH WHAT ...}: writes all its arguments
 * to PATH, each a line of base64, and then does WHAT: {@code run}, {@code finish}, {@code throw}, {@code nothing},
 * {@code twice}, {@code async}, {@code wait}.
 */
public class Program {

    public static void main(String[] args) throws Exception {
        StringBuilder lines = new StringBuilder();
        for (String arg : args) {
            lines.append(Base64.getEncoder().encodeToString(arg.getBytes(StandardCharsets.UTF_8))).append('\n');
        }
        Files.write(Paths.get(args[0]), lines.toString().getBytes(StandardCharsets.UTF_8));
        switch (args[1]) {
            case "throw":
                throw new IllegalArgumentException("--topic is missing in " + Arrays.asList(args).size() + " arguments");
            case "nothing":
                return;
            case "twice":
                StreamExecutionEnvironment both = job(false);
                both.execute("first");
                build(both, false);
                both.execute("second");
                return;
            case "async":
                job(false).executeAsync("async");
                return;
            case "wait":
                job(false).executeAsync("wait").getJobExecutionResult().get();
                return;
            default:
                job(args[1].equals("finish")).execute();
        }
    }

    private static StreamExecutionEnvironment job(boolean ends) {
        StreamExecutionEnvironment environment = StreamExecutionEnvironment.getExecutionEnvironment();
        build(environment, ends);
        return environment;
    }

    private static void build(StreamExecutionEnvironment environment, boolean ends) {
        environment.fromSource(new NumberSequenceSource(1, ends ? 10 : Long.MAX_VALUE - 1), WatermarkStrategy.<Long>noWatermarks(), "numbers").uid("numbers")
                .map(new Slow(ends)).name("slow").uid("slow")
                .print().name("out").uid("out");
    }

    /** Keeps an endless job from writing an endless file. */
    public static class Slow implements MapFunction<Long, Long> {

        private final boolean ends;

        public Slow(boolean ends) {
            this.ends = ends;
        }

        @Override
        public Long map(Long value) throws Exception {
            if (!ends) {
                Thread.sleep(100);
            }
            return value;
        }
    }
}
