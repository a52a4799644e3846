#!/usr/bin/env python3
"""pmprof scale, ended at random moments and resumed at once: what is on record is whole, nothing is left over: BUILD SOURCE"""
import json
import os
import random
import signal
import subprocess
import time

from scale_harness import Sweeps

SWEEP = ["--ranks", "1,2", "--repeat", "3", "--precision", "0", "--warm-up", "0", "--copies", "no", "--out", "s"]
COMMAND = ["--", "./pi", "100000000"]


def check_record(t):
    """the manifest is valid at any moment, its files are whole"""
    if not os.path.exists(t.path("s", "scale.json")):
        return 0
    json.loads(t.read("s", "scale.json"))
    t.check_files("s")
    return len(t.runs("s", "run"))


def ended_by(t, number, to_group):
    """one sweep that a signal ends after some time; it dies of it, and says how to go on"""
    process = t.start("--resume", "s") if check_record(t) else t.start(*SWEEP, *COMMAND)
    try:
        process.wait(timeout=random.uniform(0.05, 1.5))
    except subprocess.TimeoutExpired:
        (os.killpg if to_group else os.kill)(process.pid, number)
    _, err = process.communicate(timeout=60)
    t.check(process.returncode in (0, -number), f"{number}: exit code {process.returncode}: {err}")
    if "ended by" in err:
        t.check("pmprof scale --resume s" in err and err.count(" done and kept") == 1, f"{number}: {err}")


def waits_for_quiet(t):
    """who lost its sweep ends within seconds"""
    for _ in range(100):
        if not t.left_over():
            return
        time.sleep(0.1)
    t.check(False, f"left over: {t.left_over()}")


def main():
    t = Sweeps("pi")
    seed = int(time.time())
    print(f"seed {seed}")
    random.seed(seed)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL, signal.SIGHUP, signal.SIGKILL, signal.SIGINT):
        ended_by(t, number, to_group=random.random() < 0.5 and number != signal.SIGKILL)
    waits_for_quiet(t)
    before = check_record(t)
    t.scale(*SWEEP, *COMMAND)  # the same command line goes on
    orders = [(row["ranks"], row["repeat"]) for row in t.runs("s", "run")]
    t.check(sorted(orders) == [(n, r) for n in (1, 2) for r in (1, 2, 3)], f"after {before} runs: {orders}")
    check_record(t)
    # two at once
    first = t.start(*SWEEP[:-1], "two", "--", "./pi", "90000000000")
    while not os.path.exists(t.path("two", "scale.json")):
        time.sleep(0.05)
    _, err = t.scale(*SWEEP[:-1], "two", *COMMAND, code=2)
    t.check("in use" in err and "waiting" in err, f"two sweeps in one folder: {err}")
    first.terminate()
    first.communicate(timeout=60)
    waits_for_quiet(t)
    t.end()


if __name__ == "__main__":
    main()
