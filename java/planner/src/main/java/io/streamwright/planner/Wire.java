package io.streamwright.planner;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.ObjectMapper;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.node.ObjectNode;

/** The two ends of the protocol: lines of JSON, each at most {@link #LIMIT} bytes long. */
final class Wire {

    /** The longest line that is read or written. */
    static final int LIMIT = 32 * 1024 * 1024;
    /** The version of the protocol. */
    static final int PROTOCOL = 1;

    private final InputStream in;
    private final OutputStream out;
    private final ObjectMapper json = new ObjectMapper();

    Wire(InputStream in, OutputStream out) {
        this.in = new BufferedInputStream(in, 64 * 1024);
        this.out = out;
    }

    /** One line of input. */
    static final class Line {
        private final byte[] bytes;

        Line(byte[] bytes) {
            this.bytes = bytes;
        }

        boolean tooLong() {
            return bytes == null;
        }

        byte[] bytes() {
            return bytes;
        }
    }

    /** The first line: what this process speaks and which Flink it has. */
    void hello(String flinkVersion) throws IOException {
        ObjectNode hello = json.createObjectNode();
        hello.putObject("hello").put("protocol", PROTOCOL).put("flinkVersion", flinkVersion);
        write(hello);
    }

    /** The next line that is not empty; null at the end of the input. A line beyond the limit is skipped, not kept. */
    Line read() throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream(4096);
        boolean tooLong = false;
        while (true) {
            int c = in.read();
            if (c < 0) {
                return null;
            }
            if (c == '\n') {
                if (tooLong) {
                    return new Line(null);
                }
                if (line.size() > 0) {
                    return new Line(line.toByteArray());
                }
            } else if (line.size() >= LIMIT) {
                tooLong = true;
            } else {
                line.write(c);
            }
        }
    }

    /** Writes one line. */
    void write(ObjectNode answer) throws IOException {
        byte[] bytes = json.writeValueAsBytes(answer);
        if (bytes.length >= LIMIT) {
            String id = answer.path("id").asText(null);
            bytes = json.writeValueAsBytes(Answer.error(id, "too_long", "the answer is longer than " + LIMIT + " bytes"));
        }
        byte[] line = java.util.Arrays.copyOf(bytes, bytes.length + 1);
        line[bytes.length] = '\n';
        out.write(line);
        out.flush();
    }

    /** The bytes as text, for messages. */
    static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.UTF_8);
    }
}
