package io.streamwright.planner;

import io.streamwright.text.Token;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.table.factories.Factory;

/** The names that exist, to suggest one in place of a name that does not. A list that cannot be had is empty. */
final class Names {

    private final Session session;

    Names(Session session) {
        this.session = session;
    }

    private static <T> T orElse(Callable<T> call, T otherwise) {
        try {
            return call.call();
        } catch (Exception | LinkageError | AssertionError e) {
            return otherwise;
        }
    }

    private static Collection<String> list(Callable<String[]> call) {
        return Arrays.asList(orElse(call, new String[0]));
    }

    /** Tables and views of the current database. */
    Collection<String> tables() {
        Set<String> all = new LinkedHashSet<>(list(() -> session.tables().listTables()));
        all.addAll(list(() -> session.tables().listTemporaryTables()));
        return all;
    }

    /** Functions. */
    Collection<String> functions() {
        return list(() -> session.tables().listFunctions());
    }

    /** Catalogs. */
    Collection<String> catalogs() {
        return list(() -> session.tables().listCatalogs());
    }

    /** Databases of the current catalog. */
    Collection<String> databases() {
        return list(() -> session.tables().listDatabases());
    }

    /** The current catalog. */
    String currentCatalog() {
        return orElse(() -> session.tables().getCurrentCatalog(), "");
    }

    /** The columns of a table; empty when there is no such table. */
    List<String> columns(String table) {
        return orElse(() -> session.tables().from("`" + table.replace("`", "``") + "`").getResolvedSchema().getColumnNames(), new ArrayList<>());
    }

    /** The columns of every table that the statement reads, by table. */
    Map<String, List<String>> columnsOf(Statement statement) {
        Map<String, List<String>> found = new LinkedHashMap<>();
        Set<String> known = new LinkedHashSet<>(tables());
        Token written = statement.starts("INSERT") ? Anchor.subject(statement) : null;
        for (Token token : statement.tokens()) {
            if (token != written && token.isName() && known.contains(token.value()) && !found.containsKey(token.value())) {
                found.put(token.value(), columns(token.value()));
            }
        }
        return found;
    }

    /** All columns that the statement could mean. */
    Collection<String> allColumns(Statement statement) {
        Set<String> all = new LinkedHashSet<>();
        columnsOf(statement).values().forEach(all::addAll);
        return all;
    }

    /** Identifiers of the formats on the class path. */
    Collection<String> formats() {
        Set<String> all = new TreeSet<>();
        for (Factory factory : factories()) {
            if (isFormat(factory.getClass())) {
                all.add(factory.factoryIdentifier());
            }
        }
        return all;
    }

    private static boolean isFormat(Class<?> type) {
        for (Class<?> t = type; t != null; t = t.getSuperclass()) {
            for (Class<?> i : t.getInterfaces()) {
                if (i.getSimpleName().endsWith("FormatFactory")) {
                    return true;
                }
            }
        }
        return false;
    }

    /** The type of an option, of whichever connector or format has it: LONG, DURATION, …; null when unknown. */
    String optionType(String connector, String key) {
        for (Factory factory : factories()) {
            String rest = rest(factory, connector, key);
            if (rest == null) {
                continue;
            }
            Set<ConfigOption<?>> options = new LinkedHashSet<>(orElse(factory::requiredOptions, new LinkedHashSet<>()));
            options.addAll(orElse(factory::optionalOptions, new LinkedHashSet<>()));
            for (ConfigOption<?> option : options) {
                if (option.key().equals(rest)) {
                    return OptionTypes.of(option);
                }
            }
        }
        return null;
    }

    // A format's options carry its name in front: json.…, value.json.…
    private static String rest(Factory factory, String connector, String key) {
        String name = factory.factoryIdentifier();
        if (name.equals(connector)) {
            return key;
        }
        int at = isFormat(factory.getClass()) ? ("." + key).indexOf("." + name + ".") : -1;
        return at < 0 ? null : key.substring(at + name.length() + 1);
    }

    /** All factories on the class path and in the user's jars; a broken one hides only itself. */
    List<Factory> factories() {
        List<Factory> all = new ArrayList<>();
        java.util.Iterator<Factory> services = ServiceLoader.load(Factory.class, session.loader()).iterator();
        for (int guard = 0; guard < 10_000; guard++) {
            try {
                if (!services.hasNext()) {
                    break;
                }
                all.add(services.next());
            } catch (java.util.ServiceConfigurationError | LinkageError e) {
                // A broken factory hides only itself.
                continue;
            }
        }
        return all;
    }
}
