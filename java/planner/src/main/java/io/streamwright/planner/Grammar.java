package io.streamwright.planner;

import java.io.StringReader;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.util.Collection;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;

/** The grammar of the running version, which sits behind a private field of Flink's parser. */
final class Grammar {

    private static final String PARSER = "org.apache.flink.sql.parser.impl.FlinkSqlParserImpl";

    private final Object parser;
    private final Method parse;

    private Grammar(Object parser, Method parse) {
        this.parser = parser;
        this.parse = parse;
    }

    /** The grammar that a session uses. */
    static Grammar of(Session session) throws Throwable {
        Object flink = session.parser();
        Field field = flink.getClass().getDeclaredField("calciteParserSupplier");
        field.setAccessible(true);
        Object parser = ((Supplier<?>) field.get(flink)).get();
        return new Grammar(parser, parser.getClass().getMethod("parse", String.class));
    }

    /** Parses one statement without validating it; the syntax tree's class tells its kind. */
    Object parse(String text) throws Throwable {
        return Reflect.call(parse, parser, text);
    }

    /** Words that cannot be names without backticks. */
    Set<String> reserved() {
        return words("isReservedWord");
    }

    /** All words of the grammar. */
    Set<String> keywords() {
        return words("isKeyword");
    }

    private Set<String> words(String test) {
        Set<String> words = new TreeSet<>();
        try {
            Class<?> type = Class.forName(PARSER, true, parser.getClass().getClassLoader());
            Object factory = type.getField("FACTORY").get(null);
            Method make = Reflect.find(factory.getClass(), "getParser", java.io.Reader.class);
            Object metadata = Reflect.get(Reflect.call(make, factory, new StringReader("")), "getMetadata");
            Method is = Reflect.find(metadata.getClass(), test, String.class);
            for (Object token : (Collection<?>) Reflect.get(metadata, "getTokens")) {
                String word = String.valueOf(token);
                if (word.matches("[A-Z][A-Z_0-9]*") && Boolean.TRUE.equals(Reflect.call(is, metadata, word))) {
                    words.add(word);
                }
            }
        } catch (OutOfMemoryError e) {
            throw e;
        } catch (Throwable e) {
            // A grammar that does not tell its words leaves the list empty.
            words.clear();
        }
        return words;
    }
}
