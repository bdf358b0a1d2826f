package io.streamwright.planner;

import java.util.Arrays;
import java.util.Collections;
import java.util.Set;
import java.util.TreeSet;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.node.ArrayNode;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.node.ObjectNode;
import org.apache.flink.table.factories.Factory;

/** What the class path and the user's jars offer: factories with their options, functions, words, configuration keys. */
final class Catalogue {

    private static final String[][] KINDS = {
        {"DynamicTableSourceFactory", "source"}, {"DynamicTableSinkFactory", "sink"}, {"DeserializationFormatFactory", "decoding_format"},
        {"SerializationFormatFactory", "encoding_format"}, {"BulkReaderFormatFactory", "decoding_format"}, {"BulkWriterFormatFactory", "encoding_format"},
        {"CatalogFactory", "catalog"}, {"ModuleFactory", "module"}, {"CatalogStoreFactory", "catalog_store"}, {"ModelProviderFactory", "model_provider"}};

    private Catalogue() {
    }

    /** The whole catalogue. Reading the configuration keys loads many classes: a worker of its own should be asked. */
    static ObjectNode answer(String id, ClassLoader loader, CheckRequest scope) throws Throwable {
        ObjectNode answer = Answer.to(id);
        ObjectNode catalogue = answer.putObject("catalogue");
        catalogue.put("flinkVersion", Versions.flink());
        Session session = Session.open(false, Collections.emptyMap(), loader);
        factories(session, catalogue.putArray("factories"));
        ArrayNode functions = catalogue.putArray("functions");
        new TreeSet<>(Arrays.asList(session.tables().listFunctions())).forEach(functions::add);
        Grammar grammar = Grammar.of(session);
        grammar.reserved().forEach(catalogue.putArray("reservedWords")::add);
        grammar.keywords().forEach(catalogue.putArray("keywords")::add);
        ArrayNode options = catalogue.putArray("configuration");
        for (ConfigOption<?> option : ConfigurationKeys.all(loader)) {
            write(option, options.addObject());
        }
        return answer;
    }

    private static void factories(Session session, ArrayNode into) {
        for (Factory factory : new Names(session).factories()) {
            Set<String> kinds = kinds(factory.getClass());
            if (kinds.isEmpty()) {
                continue;
            }
            try {
                Set<ConfigOption<?>> required = factory.requiredOptions();
                Set<ConfigOption<?>> optional = factory.optionalOptions();
                ObjectNode node = into.addObject();
                node.put("identifier", factory.factoryIdentifier());
                kinds.forEach(node.putArray("kinds")::add);
                ArrayNode must = node.putArray("required");
                required.forEach(option -> write(option, must.addObject()));
                ArrayNode may = node.putArray("optional");
                optional.forEach(option -> write(option, may.addObject()));
            } catch (RuntimeException | LinkageError e) {
                // A factory that cannot tell its options is left out.
                continue;
            }
        }
    }

    private static Set<String> kinds(Class<?> type) {
        Set<String> names = new TreeSet<>();
        collect(type, names);
        Set<String> kinds = new TreeSet<>();
        for (String[] kind : KINDS) {
            if (names.contains(kind[0])) {
                kinds.add(kind[1]);
            }
        }
        return kinds;
    }

    private static void collect(Class<?> type, Set<String> names) {
        for (Class<?> t = type; t != null; t = t.getSuperclass()) {
            names.add(t.getSimpleName());
            for (Class<?> i : t.getInterfaces()) {
                collect(i, names);
            }
        }
    }

    private static void write(ConfigOption<?> option, ObjectNode node) {
        node.put("key", option.key());
        String type = OptionTypes.of(option);
        node.put("type", type == null ? "STRING" : type);
        Class<?> values = OptionTypes.type(option);
        if (values != null && values.isEnum()) {
            ArrayNode names = node.putArray("values");
            for (Object value : values.getEnumConstants()) {
                names.add(value.toString());
            }
        }
        if (option.hasDefaultValue()) {
            node.put("default", OptionTypes.text(option.defaultValue()));
        }
        String description = OptionTypes.description(option);
        if (!description.isEmpty()) {
            node.put("description", description);
        }
    }
}
