"""jobs_left.py - job folders left behind are found; what still runs is not taken unless asked for; nobody takes the same arena twice"""
import fcntl
import mmap
import os
import socket
import struct

import h5py

from store_harness import Scratch, check, finish, good, run

PID, HOST, END = 24, 80, 3084  # offsets in the header, docs/FORMAT.md


with Scratch() as folder:
    mine = os.path.join(folder, f"pmprof-{os.geteuid()}")
    os.makedirs(os.path.join(mine, "empty"))
    for name, ranks in (("one", 1), ("three", 3)):
        good("make", os.path.join(mine, name), ranks)
    environment = {"PMPROF_SCRATCH": folder}
    found = [x for x in good("jobs", environment=environment).splitlines() if x.startswith(folder)]
    check(sorted(found) == [f"{mine}/one arenas 1 alive 0", f"{mine}/three arenas 3 alive 0"], found)

    # a process that has its arena mapped runs still
    job, out = os.path.join(mine, "three"), os.path.join(folder, "out.h5")
    with open(os.path.join(job, "rank-1.arena"), "r+b") as f:
        f.seek(PID)
        f.write(struct.pack("<i", os.getpid()))
        f.seek(HOST)
        f.write(socket.gethostname().encode()[:63] + b"\0")
        f.seek(END)
        f.write(struct.pack("<i", 0))  # none on record
        f.flush()
        arena = mmap.mmap(f.fileno(), 0)
    found = good("jobs", environment=environment)
    check(f"{job} arenas 3 alive 1" in found, found)
    code, _, err = run("write", out, job)
    check(code == 8 and "still running" in err and not os.path.exists(out), f"{code} {err}")
    good("write", out, job, "alive=1")
    check(os.listdir(job) == ["rank-1.arena"], "the living one keeps its arena")
    with h5py.File(out) as f:
        check(b"still running" in f["ranks"][1]["ending"], f["ranks"][1]["ending"])
    # its process has ended
    arena.close()
    good("write", out, job)
    check(not os.path.exists(job), "taken when it is dead")

    # somebody else is at it
    job = os.path.join(mine, "one")
    with open(os.path.join(job, "rank-0.arena")) as f:
        fcntl.flock(f, fcntl.LOCK_EX)
        code, _, err = run("write", out, job)
        check(code == 3 and "another process" in err, f"{code} {err}")
    # two collect at once: one of them gets all
    good("write", out, job, ranks=2)
    check(not os.path.exists(job), "taken")
finish()
