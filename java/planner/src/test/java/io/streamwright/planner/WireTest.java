package io.streamwright.planner;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class WireTest {

    private static Wire over(String input) {
        return new Wire(new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8)), new ByteArrayOutputStream());
    }

    @Test
    void readsLinesAndSkipsEmptyOnes() throws IOException {
        Wire wire = over("{\"a\":1}\n\n{\"b\":\"ü\"}\nunfinished");
        assertEquals("{\"a\":1}", Wire.text(wire.read().bytes()));
        assertEquals("{\"b\":\"ü\"}", Wire.text(wire.read().bytes()));
        assertNull(wire.read());
    }

    @Test
    void skipsALineBeyondTheLimitWithoutKeepingIt() throws IOException {
        int length = Wire.LIMIT + 10;
        InputStream endless = new InputStream() {
            private int at;

            @Override
            public int read() {
                at++;
                return at <= length ? 'x' : at == length + 1 ? '\n' : at == length + 2 ? 'y' : at == length + 3 ? '\n' : -1;
            }
        };
        Wire wire = new Wire(endless, new ByteArrayOutputStream());
        assertTrue(wire.read().tooLong());
        assertEquals("y", Wire.text(wire.read().bytes()));
    }

    @Test
    void answersBadRequestsInsteadOfFailing() {
        Worker worker = new Worker("0");
        assertEquals("bad_request", worker.answer("no json".getBytes(StandardCharsets.UTF_8)).path("error").path("code").asText());
        assertEquals("bad_request", worker.answer("[]".getBytes(StandardCharsets.UTF_8)).path("error").path("code").asText());
        assertEquals("7", worker.answer("{\"id\":\"7\",\"op\":\"x\"}".getBytes(StandardCharsets.UTF_8)).path("id").asText());
    }
}
