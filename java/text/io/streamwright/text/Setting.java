package io.streamwright.text;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A SET or RESET statement: {@code SET 'key' = 'value'}, {@code SET key = value}, {@code RESET 'key'}, {@code RESET}. */
public final class Setting {

    // Leading comments belong to the statement's text, so they are skipped here.
    private static final String SPACE = "(?:\\s|--[^\\n]*(?:\\n|$)|/\\*.*?\\*/)";
    private static final String QUOTED = "'((?:[^']|'')*)'";
    private static final int FLAGS = Pattern.CASE_INSENSITIVE | Pattern.DOTALL;
    private static final Pattern SET = Pattern.compile("^" + SPACE + "*SET" + SPACE + "+(?:" + QUOTED + "|([^'=\\s][^=\\s]*))"
            + SPACE + "*=" + SPACE + "*(?:" + QUOTED + "|([^']*?))" + SPACE + "*;?\\s*$", FLAGS);
    private static final Pattern RESET = Pattern.compile(
            "^" + SPACE + "*RESET(?:" + SPACE + "+(?:" + QUOTED + "|([^'=\\s]+)))?" + SPACE + "*;?\\s*$", FLAGS);
    private static final Pattern SHOW = Pattern.compile("^" + SPACE + "*SET" + SPACE + "*;?\\s*$", FLAGS);

    private final boolean set;
    private final String key;
    private final String value;

    private Setting(boolean set, String key, String value) {
        this.set = set;
        this.key = key;
        this.value = value;
    }

    /** Reads the statement; null when it is neither SET nor RESET, or malformed. */
    public static Setting parse(String text) {
        Matcher m = SET.matcher(text);
        if (m.matches()) {
            return new Setting(true, pick(m, 1), pick(m, 3));
        }
        m = RESET.matcher(text);
        if (m.matches()) {
            return new Setting(false, pick(m, 1), null);
        }
        return SHOW.matcher(text).matches() ? new Setting(true, null, null) : null;
    }

    private static String pick(Matcher m, int quoted) {
        String inner = m.group(quoted);
        return inner != null ? inner.replace("''", "'") : m.group(quoted + 1);
    }

    /** True for SET, false for RESET. */
    public boolean isSet() {
        return set;
    }

    /** The key; null when all keys are meant. */
    public String key() {
        return key;
    }

    /** The value of a SET with a key; otherwise null. */
    public String value() {
        return value;
    }
}
