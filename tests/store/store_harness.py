"""store_harness.py - runs store_tool and keeps a scratch folder; each test of tests/store begins with it"""
import os
import shutil
import subprocess
import sys
import tempfile

TOOL = os.environ["STORE_TOOL"]
failures = 0


def check(condition, text):
    global failures
    if not condition:
        failures += 1
        print("FAILED:", text)


def run(*words, ranks=0, environment=None, timeout=60, tool=TOOL, **more):
    """store_tool, under mpirun when ranks are given; returns (exit code, output, errors)"""
    command = [tool, *map(str, words)]
    if ranks:
        command = ["mpirun", "-np", str(ranks), *command]
        environment = {"ASAN_OPTIONS": "detect_leaks=0", **(environment or {})}  # Open MPI leaks; the serial runs watch us
    done = subprocess.run(command, capture_output=True, text=True, timeout=timeout,
                          env={**os.environ, **(environment or {})}, **more)
    return done.returncode, done.stdout, done.stderr


def good(*words, **more):
    code, out, err = run(*words, **more)
    check(code == 0, f"{words}: exit {code}: {err.strip()}")
    return out


class Scratch:
    """a folder that is gone afterwards; exit code of the test is set at its end"""

    def __enter__(self):
        self.path = tempfile.mkdtemp(prefix="pmprof-store-")
        return self.path

    def __exit__(self, *reason):
        shutil.rmtree(self.path, ignore_errors=True)


def finish():
    print("ok" if failures == 0 else f"{failures} failures")
    sys.exit(failures != 0)
