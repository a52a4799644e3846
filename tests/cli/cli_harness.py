"""Runs the command in an empty folder; used by the tests of this folder."""
import os
import subprocess
import sys
import tempfile


def environment(**more):
    env = {name: value for name, value in os.environ.items() if not name.startswith(("PMPROF", "LD_PRELOAD"))}
    env.update(more)
    return env


def run(argv, stdin=None, **more):
    with tempfile.TemporaryDirectory() as scratch:
        return subprocess.run(argv, input=stdin, capture_output=True, text=True, timeout=60, check=False,
                              env=environment(**{"PMPROF_SCRATCH": scratch, **more}))


class Tests:
    """Collects complaints, so that one run shows all of them."""

    def __init__(self):
        self.failed = 0
        self.build = os.path.abspath(sys.argv[1])
        self.source = os.path.abspath(sys.argv[2])
        self.pmprof = os.path.join(self.build, "bin", "pmprof")

    def check(self, condition, text):
        if not condition:
            self.failed += 1
            print("FAILED: " + text, file=sys.stderr)

    def end(self):
        sys.exit(1 if self.failed else 0)
