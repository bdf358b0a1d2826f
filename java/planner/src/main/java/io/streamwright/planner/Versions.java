package io.streamwright.planner;

/** What the Flink on the class path can do, asked of its classes and not of its version number. */
final class Versions {

    private static final boolean STATEMENT_SET_BLOCK = has("org.apache.flink.table.operations.StatementSetOperation");

    private static final boolean FUNCTION_JARS = has("org.apache.flink.table.resource.ResourceUri");

    private Versions() {
    }

    /** Whether Flink itself takes EXECUTE STATEMENT SET BEGIN … END. */
    static boolean hasStatementSetBlock() {
        return STATEMENT_SET_BLOCK;
    }

    /** Whether CREATE FUNCTION takes USING JAR. */
    static boolean hasFunctionJars() {
        return FUNCTION_JARS;
    }

    /** The version of Flink, as its own build says; "unknown" when it does not. */
    static String flink() {
        try {
            // The class has moved between artifacts, but never to another package.
            Class<?> information = Class.forName("org.apache.flink.runtime.util.EnvironmentInformation");
            return String.valueOf(information.getMethod("getVersion").invoke(null));
        } catch (ReflectiveOperationException | LinkageError e) {
            return "unknown";
        }
    }

    private static boolean has(String className) {
        try {
            Class.forName(className, false, Versions.class.getClassLoader());
            return true;
        } catch (ClassNotFoundException | LinkageError e) {
            return false;
        }
    }
}
