package lab;

import org.apache.flink.table.functions.ScalarFunction;

/** A function for scripts: the text in capitals, with a mark that tells one build of it from another. */
public class Shout extends ScalarFunction {

    private static final String MARK = "!";

    public String eval(String text) {
        return text == null ? null : text.toUpperCase() + MARK;
    }
}
