package io.streamwright.planner;

import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** What the statements so far have made, failed to make, or left open. Names are compared by their last part. */
final class Scope {

    private final Map<String, Statement> definitions = new LinkedHashMap<>();
    private final Map<String, String> tables = new LinkedHashMap<>();
    private final Map<String, Statement> functions = new LinkedHashMap<>();
    private final Set<String> failed = new HashSet<>();
    private final Set<String> openCatalogs = new HashSet<>();
    private final Map<String, Statement> openFunctions = new HashMap<>();
    private final Set<String> openClasses = new HashSet<>();
    private final Set<String> standIns = new HashSet<>();
    private final Set<String> openObjects = new HashSet<>();
    private final Set<String> used = new HashSet<>();
    private boolean jarsMissing;

    /** The last part of a possibly qualified name. */
    static String last(String name) {
        int dot = name.lastIndexOf('.');
        return name.substring(dot + 1).replace("`", "");
    }

    /** A statement has created this object. */
    void defined(String name, Statement statement) {
        definitions.put(last(name), statement);
    }

    /** The statement that created an object; null when none did. */
    Statement definition(String name) {
        return definitions.get(last(name));
    }

    /** A statement has registered a function, whose class Flink only looks up on use. */
    void function(String name, Statement statement) {
        functions.put(last(name), statement);
    }

    /** The statement that registered a function with this text literal; null when none did. */
    Statement functionWith(String className) {
        for (Statement statement : functions.values()) {
            if (Anchor.string(statement, className) != null) {
                return statement;
            }
        }
        return null;
    }

    /** A table was created and can be probed; by its full name. */
    void table(String full, String shown) {
        tables.put(full, shown);
    }

    /** A table is gone. */
    void dropped(String name) {
        tables.values().removeIf(shown -> last(shown).equals(last(name)));
        definitions.remove(last(name));
    }

    /** The tables of the script, by full name. */
    Map<String, String> tables() {
        return tables;
    }

    /** A statement that should have created this object failed. */
    void failed(String name) {
        failed.add(last(name).toLowerCase(Locale.ROOT));
    }

    /** Whether the creation of this object failed. */
    boolean isFailed(String name) {
        return failed.contains(last(name).toLowerCase(Locale.ROOT));
    }

    /** An object could not be created because something it needs is not known to a check. */
    void open(String name) {
        openObjects.add(last(name));
    }

    /** Whether nothing can be said about an object. */
    boolean isOpen(String name) {
        return openObjects.contains(last(name));
    }

    /** A catalog was not opened: what is below it is unknown. */
    void openCatalog(String name) {
        openCatalogs.add(name);
    }

    /** The catalogs that were not opened. */
    Set<String> openCatalogs() {
        return openCatalogs;
    }

    /** A function's jar was not fetched. */
    void openFunction(String name, String className, Statement statement) {
        openFunctions.put(last(name).toLowerCase(Locale.ROOT), statement);
        openClasses.add(className);
    }

    /** Functions whose jar was not fetched, in lower case. */
    Set<String> openFunctions() {
        return openFunctions.keySet();
    }

    /** Their classes. */
    Set<String> openClasses() {
        return openClasses;
    }

    /** An ADD JAR was not followed: any class may be in it. */
    void jarMissing() {
        jarsMissing = true;
    }

    /** Whether an ADD JAR was not followed. */
    boolean jarsMissing() {
        return jarsMissing;
    }

    /** An object of that name stands in for one that a check does not create. */
    void standIn(String name) {
        standIns.add(last(name));
    }

    /** Whether an object only stands in for the real one. */
    boolean isStandIn(String name) {
        return standIns.contains(last(name));
    }

    /** A statement has used this table, rightly or not. */
    void use(String full) {
        used.add(full);
    }

    /** Whether a statement has used this table. */
    boolean isUsed(String full) {
        return used.contains(full);
    }
}
