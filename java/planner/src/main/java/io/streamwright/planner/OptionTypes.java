package io.streamwright.planner;

import java.lang.reflect.Method;
import java.util.Locale;
import org.apache.flink.configuration.ConfigOption;

/** The type of an option in one word. Flink keeps the class in a method that is not public. */
final class OptionTypes {

    private OptionTypes() {
    }

    /** LONG, BOOLEAN, DURATION, MEMORY, ENUM, LIST, MAP, STRING …; null when it cannot be read. */
    static String of(ConfigOption<?> option) {
        Class<?> type = type(option);
        if (type == null) {
            return null;
        }
        if (isList(option)) {
            return "LIST";
        }
        if (type.isEnum()) {
            return "ENUM";
        }
        String name = type.getSimpleName();
        return name.equals("MemorySize") ? "MEMORY" : name.toUpperCase(Locale.ROOT);
    }

    /** The class of the values; null when it cannot be read. */
    static Class<?> type(ConfigOption<?> option) {
        return (Class<?>) hidden(option, "getClazz");
    }

    private static boolean isList(ConfigOption<?> option) {
        return Boolean.TRUE.equals(hidden(option, "isList"));
    }

    private static Object hidden(ConfigOption<?> option, String name) {
        try {
            Method method = ConfigOption.class.getDeclaredMethod(name);
            method.setAccessible(true);
            return method.invoke(option);
        } catch (ReflectiveOperationException | RuntimeException e) {
            return null;
        }
    }
}
