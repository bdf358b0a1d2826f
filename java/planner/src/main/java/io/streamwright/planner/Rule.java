package io.streamwright.planner;

import java.util.List;
import java.util.function.BiConsumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** One known text of Flink and what it means to the author of the script. */
final class Rule {

    private final Pattern pattern;
    private final BiConsumer<Case, Matcher> meaning;

    private Rule(Pattern pattern, BiConsumer<Case, Matcher> meaning) {
        this.pattern = pattern;
        this.meaning = meaning;
    }

    /** A rule for messages in which the expression is found. */
    static Rule of(String regex, BiConsumer<Case, Matcher> meaning) {
        return new Rule(Pattern.compile(regex, Pattern.DOTALL), meaning);
    }

    /** Tries the rule on every message, the innermost first; true when it explained the case. */
    boolean explain(Case c) {
        List<String> messages = c.failure().messages();
        for (int i = messages.size() - 1; i >= 0; i--) {
            Matcher matcher = pattern.matcher(messages.get(i));
            if (matcher.find()) {
                meaning.accept(c, matcher);
                if (c.isExplained()) {
                    return true;
                }
            }
        }
        return false;
    }
}
