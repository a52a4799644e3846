"""report_damaged.py PMPROF TRIALS [FIRST] - `pmprof report` and `info` over damaged files

A trial is a function of its number alone. Every other one damages bytes, which checksums notice; the others put wrong values
into tables through h5py, so that what reads, sums up and prints is reached too. Whatever happens: a report and nothing on
stderr, or exit 3, nothing on stdout and one line. A sanitizer's complaint is neither.
"""
import collections
import concurrent.futures
import os
import random
import shutil
import subprocess
import sys
import threading

import h5py
import numpy

from store_harness import Scratch, check, finish, good

INTERESTING = (0, 1, 2, 3, 7, 64, 65, 255, 10**6, 10**12, 2**31 - 1, 2**31, 2**32 - 1, 2**62, 2**63 - 1, 2**63, 2**64 - 1,
               -1, -2, -2**31, -2**63)
TEXTS = (b"", b"x", b"MPI_Send", b"MPI_Nothing", b"ended", b"killed", b"\xff\xfe", b"a\nb", b"%s%n", b"\x1b[31m", b"../x", b"1e9")
VIEWS = (["report"], ["report", "--format", "json"], ["report", "--format", "csv"], ["report", "--format", "md"],
         ["report", "--flat", "--all"], ["report", "--sort", "imbalance", "--rank", "0-3"],
         ["report", "--format", "json", "--per-rank"], ["report", "--format", "csv", "--table", "ranks"], ["info"])

hdf5 = threading.Lock()  # h5py is one thread at a time


def damage_bytes(path, rng):
    with open(path, "rb") as f:
        data = bytearray(f.read())
    for _ in range(rng.randint(1, 3)):
        at, way = rng.randrange(len(data)), rng.randrange(4)
        if way == 0:
            data[at] ^= 1 << rng.randrange(8)
        elif way == 1:
            size = rng.choice((1, 2, 4, 8))
            data[at:at + size] = (rng.choice(INTERESTING) % 2**(8 * size)).to_bytes(size, "little")
        elif way == 2:
            size = rng.randrange(4096)
            data[at:at + size] = bytes([rng.choice((0, 255, rng.randrange(256)))]) * size
        elif at:
            del data[at:]
    with open(path, "wb") as f:
        f.write(data)


def wrong_cell(values, rng):
    """another value in some places of an array of numbers or texts"""
    if not len(values):
        return
    for _ in range(rng.choice((1, 1, 2, len(values)))):
        row = rng.randrange(len(values))
        if values.dtype.kind == "S":
            values[row] = rng.choice(TEXTS)
        elif values.dtype.kind in "iu":
            limits, value = numpy.iinfo(values.dtype), rng.choice(INTERESTING)
            # a value near the right one passes more checks than a wild one
            value = value if rng.random() < 0.5 else int(values[row]) + rng.choice((-1, 1, 2))
            values[row] = (value - limits.min) % (limits.max - limits.min + 1) + limits.min
        else:
            values[row] = rng.choice((0, -1, 1e300))


def other_rows(rows, rng):
    way, count = rng.randrange(4), len(rows)
    if way == 0:
        return rows[:rng.randrange(count + 1)]
    if way == 1:
        return numpy.concatenate([rows, rows[rng.randrange(count + 1):]])
    if way == 2:
        return rows[::-1]
    return rows[[rng.randrange(count) for _ in range(count)]] if count else rows


def damage_table(file, name, rng):
    table = file[name]
    if isinstance(table, h5py.Group):
        column = table[rng.choice(sorted(table))]
        values = column[:]
        wrong_cell(values, rng)
        column[:] = values
        return
    rows = table[:]
    if rng.random() < 0.8:
        wrong_cell(rows[rng.choice(rows.dtype.names)], rng)
        table[:] = rows
        return
    del file[name]
    file.create_dataset(name, data=other_rows(rows, rng))


def damage_values(path, rng):
    with hdf5, h5py.File(path, "r+") as file:
        for _ in range(rng.choice((1, 1, 2, 5))):
            if rng.random() < 0.1:
                name = rng.choice(sorted(file.attrs))
                value = rng.choice(INTERESTING)
                file.attrs.create(name, value if rng.random() < 0.8 else "12", dtype=None)
            else:
                damage_table(file, rng.choice(sorted(file)), rng)


def trial(pmprof, whole, folder, number):
    """(what went wrong or None, the exit code)"""
    rng = random.Random(number)
    path = os.path.join(folder, f"trial-{number}.pmprof.h5")
    shutil.copyfile(whole, path)
    try:
        (damage_values if number % 2 else damage_bytes)(path, rng)
    except OverflowError:  # 2**64 - 1 and -1 are attributes of different types
        pass
    view = rng.choice(VIEWS)
    try:
        done = subprocess.run([pmprof, *view, path], capture_output=True, timeout=120, check=False)
    except subprocess.TimeoutExpired:
        return f"trial {number}: {' '.join(view)} does not end", -1
    finally:
        os.unlink(path)
    lines = done.stderr.count(b"\n")
    if (done.returncode, lines) == (0, 0) and done.stdout:
        return None, 0
    if (done.returncode, lines) == (3, 1) and not done.stdout and os.path.basename(path).encode() in done.stderr:
        return None, 3
    return f"trial {number}: {' '.join(view)}: exit {done.returncode}: {done.stderr.decode(errors='replace')[-3000:]}", done.returncode


def main():
    pmprof, trials = sys.argv[1], int(sys.argv[2])
    first = int(sys.argv[3]) if len(sys.argv) > 3 else 0
    codes = collections.Counter()
    with Scratch() as folder, concurrent.futures.ThreadPoolExecutor(max_workers=2) as pool:
        job, whole = os.path.join(folder, "job"), os.path.join(folder, "whole.pmprof.h5")
        good("make", job, 8, "lanes=2", "uneven=1", "host=node%d")
        good("write", whole, job)
        for complaint, code in pool.map(lambda n: trial(pmprof, whole, folder, n), range(first, first + trials)):
            codes[code] += 1
            check(complaint is None, complaint)
    print(f"{trials} files: {codes[0]} reports, {codes[3]} refused")
    check(codes[3] > 0 and (trials < 100 or codes[0] > 0), "one of both ends is never reached")
    finish()


main()
