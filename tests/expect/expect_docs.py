#!/usr/bin/env python3
"""expectations.def, pmprof-expect(5) and docs/METRICS.md have to say the same of every metric that something can be expected of.
With --write: make the two from the table."""
import os
import re
import sys

root = sys.argv[1]
PAGE = os.path.join(root, "docs/man/pmprof-expect.5")
METRICS = os.path.join(root, "docs/METRICS.md")
PLACES = {"RUN": "", "REGION": "region(NAME).", "ANY": "[region(NAME).]"}
ARGUMENTS = {"NOTHING": "[(RANKS)]", "CALL": "(CALL[, RANKS])", "KIND": "(KIND[, RANKS])"}
UNITS = {"RATIO": "ratio", "SECONDS": "seconds", "BYTES": "bytes", "COUNT": "count"}
WHEN = {"OWN": "by one run, or by the interval over several", "PAIR": "by the interval, from two runs of each on",
        "EACH": "in every run"}


def rows():
    with open(os.path.join(root, "src/metrics/expectations.def")) as file:
        source = re.sub(r"/\*.*?\*/", "", file.read(), flags=re.S)
    for row in re.findall(r'PMP_EXPECTATION\((\w+),\s*"(\w+)",\s*(\w+),\s*(\w+),\s*(\w+),\s*(\w+),\s*(\w+),\s*"([^"]*)"\)', source):
        _, name, place, argument, unit, nature, runs, meaning = row
        when = "in every run" if nature == "EXACT" else WHEN[runs]
        yield PLACES[place] + name + ARGUMENTS[argument], meaning, UNITS[unit], when


def page_text():
    return "".join(f".TP\n.B {usage}\n{meaning} ({unit}; {when})\n" for usage, meaning, unit, when in rows())


def table_text():
    head = "| metric | what | unit | judged |\n|---|---|---|---|\n"
    return head + "".join(f"| `{usage}` | {meaning} | {unit} | {when} |\n" for usage, meaning, unit, when in rows())


def between(text, begin, end):
    start = text.index(begin) + len(begin)
    return start, text.index(end, start)


def check(path, begin, end, wanted):
    with open(path) as file:
        text = file.read()
    start, stop = between(text, begin, end)
    if "--write" in sys.argv:
        with open(path, "w") as file:
            file.write(text[:start] + wanted + text[stop:])
    elif text[start:stop] != wanted:
        print(f"{path}: does not say what expectations.def says; expected between {begin!r} and {end!r}:\n{wanted}")
        return False
    return True


good = check(PAGE, "compares them\n", ".SS Verdicts", page_text())
good = check(METRICS, "### What can be expected\n\n", "\n\n", table_text().rstrip("\n")) and good
sys.exit(0 if good and len(list(rows())) >= 18 else 1)
