package io.streamwright.planner;

import java.io.File;
import java.io.IOException;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.net.URL;
import java.net.URLClassLoader;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Enumeration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.apache.flink.configuration.ConfigOption;

/** Finds the configuration keys that Flink's own classes declare. There is no list of them, so the jars are walked. */
final class ConfigurationKeys {

    private ConfigurationKeys() {
    }

    /** All options of the jars on the class path and of the user's jars, by key. */
    static Collection<ConfigOption<?>> all(ClassLoader loader) {
        Map<String, ConfigOption<?>> found = new TreeMap<>();
        for (String jar : jars(loader)) {
            try (ZipFile zip = new ZipFile(jar)) {
                Enumeration<? extends ZipEntry> entries = zip.entries();
                while (entries.hasMoreElements()) {
                    String name = entries.nextElement().getName();
                    if (declaresOptions(name)) {
                        read(name.substring(0, name.length() - ".class".length()).replace('/', '.'), loader, found);
                    }
                }
            } catch (IOException e) {
                // An entry of the class path that is no jar declares nothing.
                continue;
            }
        }
        return found.values();
    }

    private static List<String> jars(ClassLoader loader) {
        List<String> jars = new ArrayList<>(Arrays.asList(System.getProperty("java.class.path", "").split(File.pathSeparator)));
        if (loader instanceof URLClassLoader) {
            for (URL url : ((URLClassLoader) loader).getURLs()) {
                jars.add(new File(url.getPath()).getPath());
            }
        }
        return jars;
    }

    // Loading every class of the distribution would take minutes; option classes follow these names.
    private static boolean declaresOptions(String entry) {
        if (!entry.endsWith(".class") || !entry.startsWith("org/apache/flink/") || entry.contains("/shaded/")) {
            return false;
        }
        String simple = entry.substring(entry.lastIndexOf('/') + 1);
        return simple.contains("Option") || simple.contains("Config") || simple.contains("Factory");
    }

    private static void read(String className, ClassLoader loader, Map<String, ConfigOption<?>> into) {
        try {
            Class<?> type = Class.forName(className, false, loader);
            for (Field field : type.getDeclaredFields()) {
                if (field.getType() == ConfigOption.class && Modifier.isStatic(field.getModifiers())) {
                    field.setAccessible(true);
                    ConfigOption<?> option = (ConfigOption<?>) field.get(null);
                    if (option != null && isConfiguration(className, option.key())) {
                        into.putIfAbsent(option.key(), option);
                    }
                }
            }
        } catch (ReflectiveOperationException | LinkageError | RuntimeException e) {
            // A class whose own dependencies are missing cannot be used by a job either.
            return;
        }
    }

    // Options of table connectors and formats belong to WITH, not to the configuration.
    private static boolean isConfiguration(String className, String key) {
        boolean table = className.contains(".table.factories.") || className.contains(".connector.") && !className.contains(".configuration.")
                || className.contains(".formats.");
        return !table && key.indexOf('.') > 0;
    }
}
