#!/usr/bin/env python3
"""pmprof assert on real files: exit codes, formats, the JUnit file against its schema, and one clear line for whatever is wrong."""
import csv
import io
import json
import os
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "cli"))
from cli_harness import Tests, environment  # noqa: E402  (path first)

SCHEMA = os.path.join(os.path.dirname(os.path.abspath(__file__)), "junit.xsd")
FORCE = "--force-oversubscribed"  # the machine of the test may have one processor


class Folder:
    """A user's folder with runs in it."""

    def __init__(self, t, path):
        self.t, self.path = t, path
        self.env = environment(PMPROF_SCRATCH=path)
        self.record("one.h5", 1, "heat")
        self.record("two.h5", 2, "heat")
        self.record("again.h5", 2, "heat")
        self.record("other.h5", 2, "pi")
        self.record("crashed.h5", 2, "crash", "segv")

    def record(self, name, ranks, program, *arguments):
        self.run(["run", "-q", "--out", name, "--", "mpirun", "-np", str(ranks),
                  os.path.join(self.t.build, "examples", program), *arguments])
        self.t.check(os.path.exists(os.path.join(self.path, name)), f"{name} was not recorded")

    def run(self, arguments):
        return subprocess.run([self.t.pmprof, *arguments], cwd=self.path, env=self.env, capture_output=True, text=True,
                              timeout=60, check=False, stdin=subprocess.DEVNULL)

    def write(self, name, text, mode="w"):
        with open(os.path.join(self.path, name), mode) as f:
            f.write(text)

    def judge(self, expectations, *arguments):
        options = [word for e in expectations for word in ("--expect", e)]
        return self.run(["assert", *options, *arguments])

    def expect_exit(self, code, expectations, *arguments):
        done = self.judge(expectations, *arguments)
        self.t.check(done.returncode == code, f"{expectations} {arguments}: exit {done.returncode}, not {code}\n"
                     f"{done.stdout}{done.stderr}")
        self.t.check(done.stderr == "", f"{expectations}: says {done.stderr!r}")
        return done.stdout

    def expect_line(self, code, line, *arguments):
        done = self.run(["assert", *arguments])
        self.t.check(done.returncode == code, f"{arguments}: exit {done.returncode}, not {code}\n{done.stdout}{done.stderr}")
        self.t.check(done.stdout == "" and done.stderr == f"pmprof: {line}\n",
                     f"{arguments}: says {done.stdout!r} {done.stderr!r}, not {line!r}")


def exit_codes(f):
    passing, failing, open_one = "complete == 1", "count(MPI_Send) == 123456", "speedup(2) > 1"
    f.expect_exit(0, [passing], "two.h5")
    f.expect_exit(1, [failing], "two.h5")
    f.expect_exit(5, [open_one], "one.h5", "two.h5")
    f.expect_exit(5, [passing, open_one], "one.h5", "two.h5", "again.h5")
    f.expect_exit(1, [passing, open_one, failing], "one.h5", "two.h5")
    text = f.expect_exit(1, ["complete == 1"], "crashed.h5")
    f.t.check("FAIL" in text and "crashed.h5" in text, f"a crashed run: {text}")
    text = f.expect_exit(5, ["time < 1 h"], "crashed.h5")
    f.t.check("did not reach MPI_Finalize" in " ".join(text.split()), f"a crashed run: {text}")


def verdicts(f):
    """What is said in text, at 80 columns."""
    text = f.expect_exit(1, ["count(MPI_Waitall) == 1", "region(slove).time < 1s", "speedup(8) > 7"], "two.h5", FORCE)
    for words in ["FAIL: heat · 2 ranks, 1 run", "1 failed, 2 inconclusive", "did you mean 'solve'?",
                  "no run with 8 ranks", "MPI_Waitall in exchange_halo (heat.c:"]:
        f.t.check(words in " ".join(text.split()), f"'{words}' is missing in\n{text}")
    f.t.check(all(len(line) <= 80 for line in text.splitlines()), f"wider than 80 columns:\n{text}")


def formats(f):
    expectations = ["complete == 1", "count(MPI_Waitall) == 1", "speedup > 1"]
    root = json.loads(f.expect_exit(1, expectations, "two.h5", "--format", "json"))
    f.t.check(root["format"] == "pmprof-assert" and root["version"] == 1 and root["verdict"] == "FAIL", f"json: {root}")
    f.t.check([e["verdict"] for e in root["expectations"]] == ["PASS", "FAIL", "INCONCLUSIVE"], f"json: {root}")
    f.t.check(root["runs"][0]["ranks"] == 2 and root["runs"][0]["file"] == "two.h5", f"json: {root['runs']}")
    failed = root["expectations"][1]
    f.t.check(failed["value"] > 1 and failed["bound"] == 1 and failed["relation"] == "==" and failed["ranks"] == 2 and
              "heat.c" in failed["cause"], f"json: {failed}")
    rows = list(csv.DictReader(io.StringIO(f.expect_exit(1, expectations, "two.h5", "--format", "csv"))))
    f.t.check([r["verdict"] for r in rows] == ["PASS", "FAIL", "INCONCLUSIVE"] and rows[1]["expectation"] == expectations[1] and
              float(rows[1]["value"]) == failed["value"], f"csv: {rows}")
    markdown = f.expect_exit(1, expectations, "two.h5", "--format", "md")
    f.t.check(markdown.startswith("# FAIL: heat") and "| FAIL | count(MPI\\_Waitall) == 1 |" in markdown, f"md: {markdown}")


def junit_tree(f, name):
    path = os.path.join(f.path, name)
    done = subprocess.run(["xmllint", "--noout", "--schema", SCHEMA, path], capture_output=True, text=True, check=False)
    f.t.check(done.returncode == 0, f"{name}: {done.stderr}")
    return ET.parse(path).getroot().find("testsuite")


def junit(f):
    f.write("junit.expect", "# because & why <not>\ncomplete == 1\ncount(MPI_Waitall) == 1\nspeedup > 1\n"
            "region(\"a<b>&\x01'\ufffe\").time < 1 s\n")
    f.expect_exit(1, [], "--expect-file", "junit.expect", "--junit", "out.xml", "two.h5")
    suite = junit_tree(f, "out.xml")
    f.t.check((suite.get("tests"), suite.get("failures"), suite.get("skipped")) == ("4", "1", "2"), f"counts: {suite.attrib}")
    f.t.check(suite.get("name") == "heat" and suite.get("hostname") == os.uname().nodename, f"suite: {suite.attrib}")
    cases = suite.findall("testcase")
    f.t.check(cases[0].get("name") == "complete == 1" and len(cases[0]) == 0 and float(cases[1].get("time")) > 0, "cases")
    failure = cases[1].find("failure")
    f.t.check(all(words in failure.text for words in ["because & why <not>", "junit.expect:3", "heat.c:"]), failure.text)
    f.t.check("one run" in cases[2].find("skipped").get("message") or "no baseline" in cases[2].find("skipped").get("message"),
              "skipped")
    properties = {p.get("name"): p.get("value") for p in suite.find("properties")}
    f.t.check(properties["runs(2)"] == "1" and float(properties["time_s(2)"]) > 0 and "mpi" in properties, f"{properties}")
    f.expect_exit(0, ["complete == 1"], "--junit", "out.xml", "two.h5")
    f.t.check(junit_tree(f, "out.xml").get("tests") == "1", "an old JUnit file is replaced")


def expect_files(f):
    f.write("pmprof.expect", "count(MPI_Waitall) == 1  # two halves of a plate\n")
    text = f.expect_exit(1, [], "two.h5")
    f.t.check("expected because: two halves of a plate" in text and "pmprof.expect:1" in text, f"the default file: {text}")
    f.expect_exit(0, ["complete == 1"], "two.h5")  # conditions on the command line stand instead of the default file
    f.expect_exit(1, ["complete == 1"], "--expect-file", "pmprof.expect", "two.h5")  # and beside a file that is given
    os.unlink(os.path.join(f.path, "pmprof.expect"))


def bad_input(f):
    f.expect_line(2, "which file? pmprof assert FILE.pmprof.h5", "--expect", "complete == 1")
    f.expect_line(2, "nothing is expected: use --expect 'parallel_efficiency >= 0.8', or write a file pmprof.expect", "two.h5")
    f.expect_line(2, "--expect 'speedpu(4) >= 3', column 1: unknown metric 'speedpu', did you mean 'speedup'?",
                  "--expect", "speedpu(4) >= 3", "two.h5")
    f.expect_line(2, "--expect is empty, write for example 'speedup(4) >= 3.2'", "--expect", "", "two.h5")
    f.expect_line(2, "unknown option '--exepct', did you mean '--expect'?", "--exepct", "x", "two.h5")
    f.expect_line(2, "unknown format 'junit', known are text, json, csv, md", "--format", "junit", "two.h5")
    f.expect_line(3, "cannot read 'no.expect': No such file or directory", "--expect-file", "no.expect", "two.h5")
    f.expect_line(3, "cannot read '.': Is a directory", "--expect-file", ".", "two.h5")
    f.write("bad.expect", "complete == 1\n\n  tiem <= 3 s # too long\n")
    f.expect_line(3, "bad.expect:3:3: unknown metric 'tiem', did you mean 'time'?", "--expect-file", "bad.expect", "two.h5")
    f.write("binary.expect", b"\x7fELF\0\0\0", "wb")
    f.expect_line(3, "'binary.expect' is no text file with expectations, one a line", "--expect-file", "binary.expect", "two.h5")
    f.write("empty.expect", "# nothing yet\n")
    f.expect_line(3, "'empty.expect' has no expectation in it, write for example 'speedup(4) >= 3.2'",
                  "--expect-file", "empty.expect", "two.h5")
    f.expect_line(4, "cannot write 'no/junit.xml': No such file or directory", "--expect", "complete == 1", "--junit",
                  "no/junit.xml", "two.h5")
    for path in ["missing.h5", "bad.expect"]:
        done = f.judge(["complete == 1"], path)
        f.t.check(done.returncode == 3 and done.stderr.count("\n") == 1 and path in done.stderr, f"{path}: {done.stderr}")
    done = f.judge(["complete == 1"], "two.h5", "other.h5")
    f.t.check(done.returncode == 3 and done.stderr.count("\n") == 1 and "heat" in done.stderr and "pi" in done.stderr,
              f"mixed: {done.returncode} {done.stderr}")
    f.expect_exit(0, ["complete == 1"], "--mixed", "two.h5", "other.h5")
    f.t.check(not [n for n in os.listdir(f.path) if n.endswith(".part")], "a half-written file is left")


def main():
    t = Tests()
    with tempfile.TemporaryDirectory() as path:
        f = Folder(t, path)
        for test in [exit_codes, verdicts, formats, junit, expect_files, bad_input]:
            test(f)
    t.end()


if __name__ == "__main__":
    main()
