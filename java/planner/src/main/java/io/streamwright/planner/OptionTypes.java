package io.streamwright.planner;

import java.lang.reflect.Method;
import java.time.Duration;
import java.util.Collection;
import java.util.Locale;
import java.util.stream.Collectors;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.description.HtmlFormatter;
import org.apache.flink.util.TimeUtils;

/** The type, default and description of an option in plain words. Flink keeps the class in a method that is not public. */
final class OptionTypes {

    private OptionTypes() {
    }

    /** LONG, BOOLEAN, DURATION, MEMORY, ENUM, LIST, MAP, STRING …; null when it cannot be read. */
    static String of(ConfigOption<?> option) {
        Class<?> type = type(option);
        if (type == null) {
            return null;
        }
        if (Boolean.TRUE.equals(hidden(option, "isList"))) {
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

    private static Object hidden(ConfigOption<?> option, String name) {
        try {
            Method method = ConfigOption.class.getDeclaredMethod(name);
            method.setAccessible(true);
            return method.invoke(option);
        } catch (ReflectiveOperationException | RuntimeException e) {
            return null;
        }
    }

    /** A default value as it would be written. */
    static String text(Object value) {
        if (value instanceof Duration) {
            return TimeUtils.formatWithHighestUnit((Duration) value);
        }
        if (value instanceof Collection) {
            return ((Collection<?>) value).stream().map(OptionTypes::text).collect(Collectors.joining(";"));
        }
        return String.valueOf(value);
    }

    /** The description without markup. */
    static String description(ConfigOption<?> option) {
        try {
            String html = new HtmlFormatter().format(option.description());
            return html.replaceAll("<br\\s*/?>|</li>|</p>", " ").replaceAll("<[^>]*>", "").replace("&lt;", "<").replace("&gt;", ">").replace("&nbsp;", " ")
                    .replace("&amp;", "&").replaceAll("\\s+", " ").trim();
        } catch (RuntimeException | LinkageError e) {
            return "";
        }
    }
}
