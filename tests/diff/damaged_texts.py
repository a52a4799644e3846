#!/usr/bin/env python3
"""Texts that users keep and edit - baselines, histories, expectations - damaged in every way: damaged_texts.py PMPROF STENCIL COUNT

Each command ends with a verdict or with one line that names the file, never by a signal. The seed is fixed; the last bad text is kept.
"""
import json
import os
import random
import subprocess
import sys
import tempfile

PMPROF, STENCIL, COUNT = sys.argv[1], sys.argv[2], int(sys.argv[3])
VERDICTS = (0, 1, 3, 5)
ODD = (None, -1, 1e308, "", [], {}, 2**63 - 1, -2**63, True, "x" * 5000, 0.5)
EXPECTATIONS = """speedup(2) >= 0.1  # documented
parallel_efficiency >= 0.01
region(solve).imbalance < 500 %
bytes(MPI_Allreduce) <= 1MiB
"""


def run(*command, folder):
    return subprocess.run(command, cwd=folder, capture_output=True, timeout=60, check=False)


def spoil_bytes(rng, text):
    for _ in range(rng.randrange(1, 6)):
        text[rng.randrange(len(text))] = rng.randrange(256)


def cut(rng, text):
    del text[rng.randrange(len(text)):]


def leave_out(rng, text):
    first, end = sorted(rng.randrange(len(text)) for _ in range(2))
    del text[first:end]


def repeat(rng, text):
    first, end = sorted(rng.randrange(len(text)) for _ in range(2))
    text[first:first] = text[first:end]


def spoil_value(rng, value):
    """One value somewhere inside becomes another one"""
    keys = list(value) if isinstance(value, dict) else list(range(len(value))) if isinstance(value, list) else []
    if not keys:
        return
    key = rng.choice(keys)
    if rng.random() < 0.4:
        value[key] = rng.choice(ODD)
    else:
        spoil_value(rng, value[key])


def spoil_json(rng, text):
    try:
        value = json.loads(text)
    except ValueError:
        return
    for _ in range(rng.randrange(1, 4)):
        spoil_value(rng, value)
    text[:] = json.dumps(value).encode()


DAMAGES = (spoil_bytes, cut, leave_out, repeat, spoil_json, spoil_json)


def check(folder, path, commands, rng):
    with open(path, "rb") as f:
        good = f.read()
    bad = 0
    for _ in range(COUNT):
        text = bytearray(good)
        rng.choice(DAMAGES)(rng, text)
        with open(path, "wb") as f:
            f.write(text)
        command = rng.choice(commands)
        done = run(PMPROF, *command, folder=folder)
        lines = done.stderr.decode(errors="replace").splitlines()
        if done.returncode not in VERDICTS or (done.returncode == 3 and len(lines) != 1):
            bad += 1
            print(f"{command} on {text[:2000]!r}: exit {done.returncode}, {lines[:5]}")
    with open(path, "wb") as f:
        f.write(good)
    return bad


def main():
    rng, bad = random.Random(7), 0
    with tempfile.TemporaryDirectory(prefix="pmprof-texts-") as folder:
        for n in range(3):
            done = run(PMPROF, "run", "-q", "--out", f"{n}.h5", "--", "mpirun", "-np", "2", STENCIL, folder=folder)
            if done.returncode:
                sys.exit(f"no run to compare: {done.stderr}")
        files = [f"{n}.h5" for n in range(3)]
        for words in (("save", "base"), ("record",)):
            run(PMPROF, "baseline", *words, *files, folder=folder)
        with open(os.path.join(folder, "pmprof.expect"), "w", encoding="utf-8") as f:
            f.write(EXPECTATIONS)
        history = os.path.join(folder, ".pmprof", "history")
        bad += check(folder, os.path.join(folder, ".pmprof", "baselines", "base.json"),
                     [("diff", "--baseline", "base", "0.h5"), ("baseline", "show", "base"), ("baseline", "list")], rng)
        bad += check(folder, os.path.join(history, os.listdir(history)[0]), [("diff", "--baseline", "base", *files)], rng)
        bad += check(folder, os.path.join(folder, "pmprof.expect"), [("assert", "0.h5")], rng)
    sys.exit(bad > 0)


if __name__ == "__main__":
    main()
