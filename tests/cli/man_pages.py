#!/usr/bin/env python3
"""Every verb has a man page; every page has the sections, every option of --help, and every variable is explained."""
import os
import re

from cli_harness import Tests, run

SECTIONS = ["NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "ENVIRONMENT", "EXIT STATUS", "EXAMPLES"]


def page(t, name):
    path = os.path.join(t.source, "docs", "man", name + ".1")
    if not os.path.exists(path):
        t.check(False, f"no man page '{name}'")
        return ""
    with open(path) as f:
        return f.read().replace("\\-", "-")


def main():
    t = Tests()
    with open(os.path.join(t.source, "src", "cli", "commands.def")) as f:
        verbs = re.findall(r"^PMP_COMMAND\((\w+),", f.read(), re.M)
    for verb in verbs:
        text = page(t, "pmprof-" + verb)
        for section in SECTIONS:
            t.check(re.search(rf'^\.SH "?{section}"?$', text, re.M), f"pmprof-{verb}: no section {section}")
        for option in re.findall(r"--[a-z-]+", run([t.pmprof, verb, "--help"]).stdout):
            t.check(option in text, f"pmprof-{verb}: '{option}' is missing")
    text = page(t, "pmprof")
    with open(os.path.join(t.source, "src", "base", "environment.def")) as f:
        for variable in re.findall(r"^PMP_VARIABLE\((\w+),", f.read(), re.M):
            t.check(variable in text, f"pmprof: variable {variable} is missing")
    for verb in verbs:
        t.check(f"pmprof-{verb}" in text, f"pmprof: does not mention pmprof-{verb}")
    t.end()


if __name__ == "__main__":
    main()
