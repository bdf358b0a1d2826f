package io.streamwright.runner;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ScriptTest {

    private static final byte[] JSON = ("{\"name\":\"j\",\"configuration\":{\"a\":\"b\"},\"statements\":[{\"line\":3,\"kind\":\"insert\",\"text\":\"ü\"}]}")
            .getBytes(StandardCharsets.UTF_8);

    @Test
    void readsThePackedArgument() throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(bytes)) {
            gzip.write(JSON);
        }
        Script script = Script.fromArguments("--script", Base64.getEncoder().encodeToString(bytes.toByteArray()));
        assertEquals("j", script.name());
        assertEquals("b", script.configuration().get("a"));
        assertEquals("ü", script.statements().get(0).text());
        assertEquals(3, script.statements().get(0).line());
    }

    @Test
    void readsTheFile(@TempDir Path folder) throws IOException {
        Path file = folder.resolve("script.json");
        Files.write(file, JSON);
        assertEquals(1, Script.fromArguments("--script-file", file.toString()).statements().size());
    }

    @Test
    void refusesOtherArguments() {
        assertThrows(IllegalArgumentException.class, () -> Script.fromArguments());
        assertThrows(IllegalArgumentException.class, () -> Script.fromArguments("--x", "y"));
    }
}
