package io.streamwright.planner;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** What a check has found so far. */
final class Report {

    private final List<Verdict> verdicts = new ArrayList<>();
    private final List<Finding> findings = new ArrayList<>();
    private final Set<String> keys = new HashSet<>();
    private final Set<String> read = new TreeSet<>();
    private final Set<String> written = new TreeSet<>();

    /** What became of one statement. */
    static final class Verdict {
        private final int index;
        private String kind;
        private boolean ok = true;

        Verdict(int index, String kind) {
            this.index = index;
            this.kind = kind;
        }

        int index() {
            return index;
        }

        String kind() {
            return kind;
        }

        boolean ok() {
            return ok;
        }

        /** Names the operation that Flink made of the statement. */
        void kind(String operation) {
            kind = operation;
        }

        /** Marks the statement as faulty. */
        void fail() {
            ok = false;
        }
    }

    /** Opens the verdict of a statement. */
    Verdict verdict(Statement statement) {
        Verdict verdict = new Verdict(statement.index(), statement.kind());
        verdicts.add(verdict);
        return verdict;
    }

    /** Adds a finding; ten INSERTs into one broken table say it once. */
    void add(Finding finding) {
        if (keys.add(finding.key())) {
            findings.add(finding);
        }
    }

    /** Whether anything is said about this statement. */
    boolean notes(Statement statement) {
        for (Finding finding : findings) {
            if (finding.statement() == statement) {
                return true;
            }
        }
        return false;
    }

    /** Whether an error is placed in this statement. */
    boolean blames(Statement statement) {
        for (Finding finding : findings) {
            if (finding.isError() && finding.statement() == statement) {
                return true;
            }
        }
        return false;
    }

    List<Verdict> verdicts() {
        return verdicts;
    }

    List<Finding> findings() {
        return findings;
    }

    /** Full names of the tables that are read. */
    Set<String> read() {
        return read;
    }

    /** Full names of the tables that are written. */
    Set<String> written() {
        return written;
    }
}
