package io.streamwright.planner;

import java.util.Collection;
import java.util.Locale;

/** Finds the name that was probably meant, by edit distance. */
final class Nearest {

    private Nearest() {
    }

    /** The candidate nearest to the word; null when none is near enough to be worth saying. */
    static String of(String word, Collection<String> candidates) {
        if (word == null || word.isEmpty()) {
            return null;
        }
        String lower = word.toLowerCase(Locale.ROOT);
        // Any two names of one letter are one edit apart: short names match only but for their case.
        int limit = lower.length() < 3 ? 0 : Math.max(1, lower.length() / 3);
        String best = null;
        int least = limit + 1;
        for (String candidate : candidates) {
            String other = candidate.toLowerCase(Locale.ROOT);
            if (candidate.equals(word) || Math.abs(other.length() - lower.length()) > limit) {
                continue;
            }
            int distance = distance(lower, other);
            if (distance < least || distance == least && best != null && candidate.compareTo(best) < 0) {
                least = distance;
                best = candidate;
            }
        }
        return least <= limit ? best : null;
    }

    /** "Did you mean …?" for the nearest candidate; null without one. */
    static String suggest(String word, Collection<String> candidates) {
        String nearest = of(word, candidates);
        return nearest == null ? null : "Did you mean '" + nearest + "'?";
    }

    /** Edit distance in which swapping two neighbours counts as one edit. */
    static int distance(String a, String b) {
        int[][] d = new int[a.length() + 1][b.length() + 1];
        for (int i = 0; i <= a.length(); i++) {
            d[i][0] = i;
        }
        for (int j = 0; j <= b.length(); j++) {
            d[0][j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            for (int j = 1; j <= b.length(); j++) {
                int change = a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1;
                d[i][j] = Math.min(Math.min(d[i - 1][j] + 1, d[i][j - 1] + 1), d[i - 1][j - 1] + change);
                if (i > 1 && j > 1 && a.charAt(i - 1) == b.charAt(j - 2) && a.charAt(i - 2) == b.charAt(j - 1)) {
                    d[i][j] = Math.min(d[i][j], d[i - 2][j - 2] + 1);
                }
            }
        }
        return d[a.length()][b.length()];
    }
}
