package io.streamwright.planner;

import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Paths;
import java.util.List;

/** The user jars of one check: a class loader of their own, which is also the thread's while the check runs. */
final class Jars implements AutoCloseable {

    private final URLClassLoader own;
    private final ClassLoader before;

    private Jars(URLClassLoader own, ClassLoader before) {
        this.own = own;
        this.before = before;
    }

    /** Opens the jars; without any, the application's loader serves. */
    static Jars open(List<String> paths) throws IOException {
        ClassLoader before = Thread.currentThread().getContextClassLoader();
        if (paths.isEmpty()) {
            return new Jars(null, before);
        }
        URL[] urls = new URL[paths.size()];
        for (int i = 0; i < urls.length; i++) {
            urls[i] = Paths.get(paths.get(i)).toUri().toURL();
        }
        URLClassLoader own = new URLClassLoader(urls, Planner.class.getClassLoader());
        Thread.currentThread().setContextClassLoader(own);
        return new Jars(own, before);
    }

    /** The loader that sees Flink and the jars. */
    ClassLoader loader() {
        return own != null ? own : Planner.class.getClassLoader();
    }

    @Override
    public void close() throws IOException {
        Thread.currentThread().setContextClassLoader(before);
        if (own != null) {
            own.close();
        }
    }
}
