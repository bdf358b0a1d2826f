#!/usr/bin/env python3
"""Runs the SQL corpus through a planner worker and compares the verdicts.

  corpus.py FLINK_HOME [--corpus DIR] [--version 2.2.1] [--show ID] [--all] [--time N] [--jvm FLAG]...

The splitter is only good enough for the corpus; the product has its own lexer.
"""
import argparse, glob, json, os, re, statistics, subprocess, sys, time

HERE = os.path.dirname(os.path.abspath(__file__))
FLAGS = ["-XX:+UseSerialGC", "-Xmx256m", "-XX:MaxMetaspaceSize=200m", "-Xshare:auto"] + ["--add-opens=java.base/java.%s=ALL-UNNAMED" % p for p in ("lang", "util", "time")]


def split(text):
    """Statements as (offset, text): semicolons outside quotes, comments and statement sets."""
    out, start, i, block, words = [], 0, 0, False, []
    while i <= len(text):
        c = text[i:i + 1]
        if c == "" or (c == ";" and not (block and not words[-1:] == ["END!"])):
            body = text[start:i]
            lead = len(body) - len(body.lstrip())
            if re.sub(r"--[^\n]*|/\*(?!\+).*?\*/", "", body, flags=re.S).strip():
                out.append((start + lead, body.strip()))
            start, block, words, i = i + 1, False, [], i + 1
        elif c in "'`":
            j = text.find(c, i + 1)
            i = len(text) if j < 0 else j + 1
        elif text.startswith("--", i):
            j = text.find("\n", i)
            i = len(text) if j < 0 else j
        elif text.startswith("/*", i):
            j = text.find("*/", i)
            i = len(text) if j < 0 else j + 2
        elif c.isalpha() or c == "_":
            word = re.match(r"\w+", text[i:]).group().upper()
            words.append("END!" if word == "END" and block and words[-1:] == [";"] else word)
            block = block or words[-3:] == ["STATEMENT", "SET", "BEGIN"]
            i += len(word)
        else:
            if c == ";":
                words.append(";")
            i += 1
    return out


def kind(text):
    words = re.findall(r"\w+", re.sub(r"--[^\n]*|/\*(?!\+).*?\*/", " ", text, flags=re.S).upper())[:6] + [""] * 6
    first = words[0]
    if words[:3] == ["BEGIN", "STATEMENT", "SET"]: return "set_begin"
    if first == "END": return "set_end"
    if first in ("SET", "RESET"): return first.lower()
    if words[:3] == ["EXECUTE", "STATEMENT", "SET"]: return "statement_set"
    if first == "INSERT": return "insert"
    if first in ("SELECT", "WITH", "VALUES"): return "query"
    if first == "COMPILE": return "compile_plan"
    if words[:2] == ["EXECUTE", "PLAN"]: return "execute_plan"
    if first in ("CREATE", "REPLACE") and "TABLE" in words[:4] and re.search(r"\bAS\s+(SELECT|WITH)\b", text, re.I): return "ctas"
    if first in ("CREATE", "DROP", "ALTER", "USE", "LOAD", "UNLOAD"): return "ddl"
    return "other"


def statements(text):
    out = []
    for index, (offset, body) in enumerate(split(text)):
        before = text[:offset]
        out.append({"index": index, "line": before.count("\n") + 1, "column": offset - (before.rfind("\n") + 1) + 1, "kind": kind(body), "text": body})
    return out


class Worker:
    def __init__(self, home, jvm, unpacked=None):
        jars = [j for j in sorted(glob.glob(home + "/lib/*.jar")) if not re.search(r"flink-table_2\.1|log4j", j)]
        if unpacked:
            jars = [j for j in jars if "planner-loader" not in j] + [unpacked]
        cp = ":".join([HERE + "/target/planner.jar"] + jars)
        java = os.path.join(os.environ["JAVA_HOME"], "bin/java") if os.environ.get("JAVA_HOME") else "java"
        self.p = subprocess.Popen([java] + jvm + ["-cp", cp, "io.streamwright.planner.Planner"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.hello = json.loads(self.p.stdout.readline())["hello"]
        self.n = 0

    def ask(self, **request):
        self.n += 1
        self.p.stdin.write(json.dumps(dict(request, id=str(self.n))).encode() + b"\n")
        self.p.stdin.flush()
        line = self.p.stdout.readline()
        if not line:
            raise SystemExit("the worker ended with %s" % self.p.wait())
        return json.loads(line)

    def check(self, text, tier="deep", jars=()):
        return self.ask(op="check", tier=tier, statements=statements(text), configuration={}, jars=list(jars))

    def close(self):
        self.p.stdin.close()
        return self.p.wait()


def show(name, answer):
    if "error" in answer:
        print("  %s ERROR %s" % (name, answer["error"]))
    for f in answer.get("findings", []):
        print("  %s [%s] %s:%s-%s:%s %s/%s %s%s | %s%s" % (name, f["severity"], f["line"], f["column"], f["endLine"], f["endColumn"], f["stage"], f["positioned"],
              f["code"], " cascade" if f["cascade"] else "", f["message"], " | " + f["suggestion"] if f.get("suggestion") else ""))


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("home")
    ap.add_argument("--corpus", default=os.path.join(HERE, "../../corpus"))
    ap.add_argument("--version")
    ap.add_argument("--stub", action="store_true", help="give the stand-in connectors to every check")
    ap.add_argument("--show", action="append", default=[])
    ap.add_argument("--all", action="store_true")
    ap.add_argument("--detail", action="store_true")
    ap.add_argument("--time", type=int, default=0)
    ap.add_argument("--unpacked", metavar="JAR", help="the planner jar taken out of flink-table-planner-loader, used in its place")
    ap.add_argument("--jvm", action="append", default=[])
    a = ap.parse_args()
    w = Worker(a.home, a.jvm or FLAGS, a.unpacked)
    version = a.version or w.hello["flinkVersion"]
    jars = [os.path.abspath(HERE + "/../stub/target/stub.jar")] if a.stub else []
    bad = json.load(open(a.corpus + "/invalid/expected.json"))
    good = json.load(open(a.corpus + "/valid/verdicts.json"))
    tally = dict(expected=0, caught=0, line=0, column=0, exact=0, placed=0)
    for name, e in sorted(bad.items()):
        if a.show and name not in a.show:
            continue
        answer = w.check(open("%s/invalid/%s.sql" % (a.corpus, name)).read(), jars=jars)
        faults = [f for f in answer.get("findings", []) if f["severity"] != "info" and not f["cascade"]]
        expected = e["caught_by"].get(version, "?") != "none"
        tally["expected"] += expected
        problem = None
        if expected and not faults:
            problem = "MISSED"
        elif not expected and faults:
            problem = "EXTRA (expected none)"
        elif expected:
            tally["caught"] += 1
            if e["culprit"]:
                tally["placed"] += 1
                line, column, end_line, end_column = e["culprit"]
                on_line = [f for f in faults if f["line"] == line]
                at = [f for f in on_line if f["column"] == column]
                tally["line"] += bool(on_line)
                tally["column"] += bool(at)
                tally["exact"] += any(f["endLine"] == end_line and f["endColumn"] == end_column + 1 for f in at)
                problem = None if at else "PLACE %s" % e["culprit"]
        if problem or a.all or a.show:
            print("%s %s (%s) ideal: %s" % (problem or "ok", name, e["category"], e["ideal"]))
            show(name, answer)
            if a.detail:
                for f in answer.get("findings", []):
                    print("      " + f.get("detail", "").replace("\n", "\n      "))
    alarms = valid = 0
    for name, e in sorted(good.items()):
        if a.show and name not in a.show:
            continue
        answer = w.check(open("%s/valid/%s.sql" % (a.corpus, name)).read(), jars=jars)
        faults = [f for f in answer.get("findings", []) if f["severity"] != "info"]
        if e.get(version) == "ok":
            valid += 1
            alarms += bool(faults) or "error" in answer
        if bool(faults) == (e.get(version) == "ok") or a.show or "error" in answer:
            print("%s %s" % (e.get(version), name))
            show(name, answer)
    print("%s: %s; valid %d, false alarms %d" % (version, tally, valid, alarms))
    if a.time:
        text = open(a.corpus + "/valid/01_basic.sql").read()
        for tier in ("deep", "parse"):
            times = []
            for _ in range(a.time):
                start = time.time()
                w.check(text, tier)
                times.append((time.time() - start) * 1000)
            half = sorted(times[len(times) // 2:])
            print("%s: first %.0f ms, second half p50 %.1f p95 %.1f ms" % (tier, times[0], statistics.median(half), half[int(len(half) * .95)]))
    print("exit code %s" % w.close())


if __name__ == "__main__":
    main()
