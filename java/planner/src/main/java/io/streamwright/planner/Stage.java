package io.streamwright.planner;

/** How far the check of a statement has come, so that an error can say it. */
final class Stage {

    static final String VALIDATE = "validate";
    static final String DDL = "ddl";
    static final String PLAN = "plan";
    static final String PROBE = "probe";
    static final String PARSE = "parse";

    private String name = VALIDATE;

    /** The stage that is running. */
    String name() {
        return name;
    }

    /** Enters a stage. */
    void enter(String stage) {
        name = stage;
    }
}
