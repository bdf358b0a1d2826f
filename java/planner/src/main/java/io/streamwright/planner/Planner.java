package io.streamwright.planner;

import java.io.ByteArrayInputStream;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;

/**
 * The checker worker: answers requests, one JSON line each, until its input ends. It keeps the process's own standard
 * streams for itself, because user classes that run while a script is planned may print or read.
 */
public final class Planner {

    private Planner() {
    }

    /** Runs the worker until the end of its input; the process then ends with code 0. */
    public static void main(String[] args) throws IOException {
        InputStream requests = new FileInputStream(FileDescriptor.in);
        Wire wire = new Wire(requests, new FileOutputStream(FileDescriptor.out));
        System.setIn(new ByteArrayInputStream(new byte[0]));
        System.setOut(System.err);
        String version = Versions.flink();
        wire.hello(version);
        Worker worker = new Worker(version);
        while (true) {
            Wire.Line line = wire.read();
            if (line == null) {
                break;
            }
            wire.write(line.tooLong() ? Answer.error(null, "too_long", "a request must not be longer than " + Wire.LIMIT + " bytes")
                    : worker.answer(line.bytes()));
        }
        // Returning ends the process with code 0; threads that user classes have left behind must not keep it.
        if (hasOtherThreads()) {
            System.exit(0);
        }
    }

    private static boolean hasOtherThreads() {
        for (Thread thread : Thread.getAllStackTraces().keySet()) {
            if (!thread.isDaemon() && thread != Thread.currentThread() && !thread.getName().equals("DestroyJavaVM")) {
                return true;
            }
        }
        return false;
    }
}
