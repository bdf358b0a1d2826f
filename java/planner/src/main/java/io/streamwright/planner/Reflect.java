package io.streamwright.planner;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;

/**
 * Calls methods whose signature or class differs between Flink versions, or whose class lives in the planner's own
 * class loader. What the called method throws comes out as it is.
 */
final class Reflect {

    private Reflect() {
    }

    /** The public method of that name that takes these arguments; null when there is none. */
    static Method find(Class<?> type, String name, Class<?>... parameters) {
        try {
            return type.getMethod(name, parameters);
        } catch (NoSuchMethodException e) {
            return null;
        }
    }

    /** Calls a public method without parameters; null when the object has none of that name. */
    static Object get(Object target, String name) throws Throwable {
        Method method = find(target.getClass(), name);
        return method == null ? null : call(method, target);
    }

    /** Calls the method. */
    static Object call(Method method, Object target, Object... arguments) throws Throwable {
        try {
            method.setAccessible(true);
            return method.invoke(target, arguments);
        } catch (InvocationTargetException e) {
            throw e.getCause();
        }
    }

    /** Reads a number by a getter; 0 when that fails. */
    static int number(Object target, String getter) {
        try {
            Object value = get(target, getter);
            return value instanceof Number ? ((Number) value).intValue() : 0;
        } catch (Throwable e) {
            return 0;
        }
    }
}
