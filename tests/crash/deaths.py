#!/usr/bin/env python3
"""The death table: deaths.py BUILD CASE

However a program ends: the file is there after `pmprof run` (or one `pmprof collect`), it holds every call completed before the
end (examples/crash keeps its own count), it says how each rank ended, and exit code and output are as without us.
"""
import json
import os
import signal
import struct
import subprocess
import sys
import time

from harness import Failure, Place, Ranks, check, counts, holds_every_call, normal, same, wait_for

RANKS = 4
VICTIM = 1


def mpirun(*program):
    return ["mpirun", "-np", str(RANKS), *program]


class Case:
    """One way to end, bare and with us. Subclass-free: what differs is given as data."""

    def __init__(self, way, state, code=None, words="", exact=(VICTIM,), act=None, others=None, extra=()):
        self.way, self.state, self.code, self.words = way, state, code, words
        self.exact, self.act, self.others, self.extra = exact, act, others, extra

    def command(self, place, name):
        return [place.crash, self.way, "--rank", str(VICTIM), "--counts", place.folder(name), *self.extra]

    def go(self, place, name, before, inside=(), **environment):
        def act(process):
            wait_for(lambda: has_reached(place.folder(name), 100), "the program to reach its end")
            time.sleep(0.3)
            self.act(process)

        argv = [*before, *mpirun(*inside, *self.command(place, name))]
        return place.run(argv, place.folder(name), act if self.act else None, **environment)


def has_reached(folder, count):
    try:
        return counts(folder, RANKS)[VICTIM] >= count
    except (FileNotFoundError, struct.error):
        return False


def to_group(number):
    return lambda process: os.killpg(process.pid, number)


def to_one(number):
    return lambda process: os.kill(process.pid, number)


KILLED = "vanished"
CASES = {
    "none": Case("none", "finalized", exact=range(RANKS)),
    "kill": Case("kill", KILLED, words="SIGKILL"),
    "kill_all": Case("kill-all", KILLED, words="SIGKILL"),
    "term": Case("term", "signaled", signal.SIGTERM, "SIGTERM"),
    "int_to_mpirun": Case("hang", None, act=to_group(signal.SIGINT), exact=()),
    "term_to_mpirun": Case("hang", None, act=to_one(signal.SIGTERM), exact=()),
    "abort": Case("abort", "signaled", signal.SIGABRT, "SIGABRT"),
    "segv": Case("segv", "signaled", signal.SIGSEGV, "SIGSEGV"),
    "overflow": Case("overflow", "signaled", signal.SIGSEGV, "SIGSEGV"),
    "mpi_abort": Case("mpi_abort", "aborted", 5, "MPI_Abort(5)", exact=()),
    "exit": Case("exit", "exited", 3, "exit status 3"),
    "_exit": Case("_exit", KILLED, words="exit status 4"),
    "return": Case("return", "exited", 6, "exit status 6"),
}


def ending_is_right(case, ranks):
    victims = range(RANKS) if case.way == "kill-all" else [VICTIM]
    if case.way == "kill-all":  # mpirun sends SIGTERM to those that are a moment late
        victims = [rank for rank in victims if ranks.states[rank] != "signaled" or ranks.codes[rank] != signal.SIGTERM]
        check(victims, "nobody was killed")
    for rank in victims if case.state else []:
        check(ranks.states[rank] == case.state, f"rank {rank} is said to be {ranks.states[rank]}, not {case.state}")
        check(case.code is None or ranks.codes[rank] == case.code, f"rank {rank} has code {ranks.codes[rank]}")
        check(case.words in ranks.endings[rank], f"rank {rank}: '{ranks.endings[rank]}' does not say {case.words}")
    for rank in range(RANKS):
        done = ranks.states[rank] == "finalized"
        check(done == (case.way == "none"), f"rank {rank} is said to be {ranks.states[rank]}")
        check(done or ranks.endings[rank], f"nothing is said of how rank {rank} ended")
    check(ranks.complete == (case.way == "none"), "complete is wrong")


def file_is_right(case, place, out, folder):
    ranks = Ranks(out)
    holds_every_call(ranks, counts(place.folder(folder), RANKS), case.exact)
    ending_is_right(case, ranks)
    check(not os.path.exists(out + ".part"), "a .part file is left")
    return ranks


def unmeasured_is_unknown(place, out, ranks):
    """Memory and CPU time are taken when a rank ends: of one that could not do it they are unknown, not 0."""
    report = json.loads(subprocess.run([place.pmprof, "report", "--format", "json", out], capture_output=True, check=True).stdout)
    for row in report["ranks"]:
        known = [row[key] for key in ("max_rss_bytes", "user_s", "system_s") if row[key] is not None]
        if ranks.states[row["rank"]] == KILLED:
            check(not known, f"of killed rank {row['rank']} are known {known}")
        if ranks.states[row["rank"]] == "finalized":
            check(len(known) == 3 and known[0] > 0, f"of rank {row['rank']} only {known} are known")


def bare_and_ours(go_bare, go_ours):
    """On its way down mpirun now and then loses its own messages (with us or without), hence the further tries."""
    for _ in range(8):
        bare, ours = go_bare(), go_ours()
        if normal(bare.err) == normal(ours.err):
            break
    same(bare, ours)
    return ours


def in_front(place, case):
    """pmprof run -- mpirun ./crash"""
    out = os.path.join(place.root, "death.pmprof.h5")
    ours = bare_and_ours(lambda: case.go(place, "bare", []),
                         lambda: case.go(place, "ours", [place.pmprof, "run", "--out", out, "--"]))
    check(len(ours.own_lines()) == 1, "not one line of ours: " + repr(ours.own_lines()))
    ranks = file_is_right(case, place, out, "ours")
    unmeasured_is_unknown(place, out, ranks)
    check(place.jobs() == [], "data are left behind")


# Behind the launcher each rank has a parent of ours, so that every end is known exactly.
BEHIND = {
    "none": CASES["none"],
    "kill": Case("kill", "signaled", signal.SIGKILL, "SIGKILL"),
    "kill_all": Case("kill-all", "signaled", signal.SIGKILL, "SIGKILL"),
    "segv": CASES["segv"],
    "exit": CASES["exit"],
    "_exit": Case("_exit", "exited", 4, "exit status 4"),
}


def behind(place, case):
    """mpirun pmprof run ./crash"""
    out = os.path.join(place.root, "death.pmprof.h5")
    bare_and_ours(lambda: case.go(place, "bare", []),
                  lambda: case.go(place, "ours", [], [place.pmprof, "run", "--out", out, "--"]))
    wait_for(lambda: os.path.exists(out), "the file")
    file_is_right(case, place, out, "ours")
    wait_for(lambda: place.jobs() == [], "the data to be removed")


def rank_script(place):
    """mpirun pmprof run ./script: the exit status of the script is not that of the program inside."""
    script = os.path.join(place.root, "script")
    out = os.path.join(place.root, "death.pmprof.h5")
    case = CASES["segv"]
    with open(script, "w") as f:
        f.write('#!/bin/sh\n"$@"\nexit 9\n')
    os.chmod(script, 0o755)
    ours = bare_and_ours(lambda: case.go(place, "bare", [], [script]),
                         lambda: case.go(place, "ours", [], [place.pmprof, "run", "--out", out, "--", script]))
    check(ours.code == 9, f"exit code {ours.code}")
    wait_for(lambda: os.path.exists(out), "the file")
    file_is_right(case, place, out, "ours")


def collect_after_preload(place):
    """LD_PRELOAD only, nobody of ours is there when it dies: one collect."""
    case = Case("kill", KILLED)
    out = os.path.join(place.root, "death.pmprof.h5")
    bare = case.go(place, "bare", [])
    ours = case.go(place, "ours", [], LD_PRELOAD=place.library)
    same(bare, ours)
    collect = place.run([place.pmprof, "collect", place.jobs()[0], "--out", out], place.root)
    check(collect.code == 0, collect.err)
    file_is_right(case, place, out, "ours")
    check(place.jobs() == [], "data are left behind")


MPI4PY = """
import mmap, os, sys
from mpi4py import MPI
comm = MPI.COMM_WORLD
rank = comm.Get_rank()
path = os.path.join(sys.argv[1], "count.%d" % rank)
with open(path, "wb") as f:
    f.write(bytes(8))
f = open(path, "r+b")
count = mmap.mmap(f.fileno(), 8)
base = 0
for i in range(1, 51):
    comm.allreduce(i)
    count[:] = i.to_bytes(8, "little")
    if rank == 1 and i == 40:
        raise RuntimeError("forty")
"""


def mpi4py_exception(place):
    script = os.path.join(place.root, "forty.py")
    out = os.path.join(place.root, "death.pmprof.h5")
    with open(script, "w") as f:
        f.write(MPI4PY)

    def go(name, *before):
        return place.run([*before, *mpirun("python3", "-m", "mpi4py", script, place.folder(name))], place.folder(name))

    ours = bare_and_ours(lambda: go("bare"), lambda: go("ours", place.pmprof, "run", "--out", out, "--"))
    check("RuntimeError: forty" in ours.err, "the exception is not shown")
    ranks = Ranks(out)
    check(ranks.states[VICTIM] == "aborted", f"rank {VICTIM} is said to be {ranks.states[VICTIM]}")
    for rank, own in enumerate(counts(place.folder("ours"), RANKS)):
        check(ranks.calls[rank] >= own, f"rank {rank} completed {own} Allreduce, the file has {ranks.calls[rank]} calls")


def kept_for_collect(place, out, say):
    """The file cannot be written at all; the data wait, and one collect to another place brings everything."""
    case = CASES["none"]
    better = os.path.join(place.root, "better.pmprof.h5")
    bare = case.go(place, "bare", [])
    ours = case.go(place, "ours", [place.pmprof, "run", "--out", out, "--"])
    same(bare, ours)
    check(not os.path.exists(out) and not os.path.exists(out + ".part"), "something of a file is left")
    check(any("pmprof collect" in line for line in ours.own_lines()), f"no advice: {ours.own_lines()}")
    check(any(word in " ".join(ours.own_lines()) for word in say), f"not said why: {ours.own_lines()}")
    check(len(place.jobs()) == 1, "the data are gone")
    collect = place.run([place.pmprof, "collect", place.jobs()[0], "--out", better], place.root)
    check(collect.code == 0, collect.err)
    file_is_right(case, place, better, "ours")
    check(place.jobs() == [], "data are left behind")


def full_output(place):
    folder = place.mount("full", "size=16k")
    kept_for_collect(place, os.path.join(folder, "death.pmprof.h5"), ["space", "full"])


def readonly_output(place):
    folder = place.mount("readonly", "size=1m,ro")
    kept_for_collect(place, os.path.join(folder, "death.pmprof.h5"), ["Read-only", "read-only", "write"])


def missing_output(place):
    kept_for_collect(place, os.path.join(place.root, "nowhere", "death.pmprof.h5"), ["No such", "exist", "write"])


def children(pid):
    result = []
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                with open(f"/proc/{entry}/stat") as f:
                    if int(f.read().rsplit(")", 1)[1].split()[1]) == pid:
                        result.append(int(entry))
            except (FileNotFoundError, ProcessLookupError):
                pass
    return result


def descendants(pid):
    found = children(pid)
    return found + [d for child in found for d in descendants(child)]


def ctrl_c(place):
    """Somebody at a terminal presses Ctrl-C: the signal reaches the launcher, and us in front of it, at the same time."""
    case = CASES["int_to_mpirun"]
    out = os.path.join(place.root, "death.pmprof.h5")

    def go(name, *before):
        def act(press):
            wait_for(lambda: has_reached(place.folder(name), 100), "the program to reach its end")
            time.sleep(0.3)
            press(b"\x03")

        return place.run_on_terminal([*before, *mpirun(*case.command(place, name))], place.folder(name), act)

    ours = bare_and_ours(lambda: go("bare"), lambda: go("ours", place.pmprof, "run", "--out", out, "--"))
    check(ours.code != 0, "Ctrl-C had no effect")
    file_is_right(case, place, out, "ours")
    check(place.jobs() == [], "data are left behind")


def death_while_writing(place):
    """All ranks are killed as soon as the unfinished file shows. Without us: when they have made all their calls."""
    case = CASES["none"]
    out = os.path.join(place.root, "death.pmprof.h5")
    caught = []

    def act(process):
        ranks = []
        while process.poll() is None:
            if len(ranks) < RANKS:
                ranks = [p for p in descendants(process.pid) if is_program(p, "crash")]
            if os.path.exists(out + ".part"):
                for pid in ranks:
                    os.kill(pid, signal.SIGKILL)
                caught.append(not os.path.exists(out))
                return

    argv = [place.pmprof, "run", "--out", out, "--", *mpirun(*case.command(place, "ours"))]
    for _ in range(10):
        if os.path.exists(out):
            os.unlink(out)
        ours = place.run(argv, place.folder("ours"), act)
        if caught and caught[-1] and ours.code:
            break
    check(caught and caught[-1] and ours.code, "the ranks were always faster")
    total = max(counts(place.folder("ours"), RANKS))
    for _ in range(8):
        bare = Case("kill-all", KILLED, extra=["--at", str(total)]).go(place, "bare", [])
        if normal(bare.err) == normal(ours.err):
            break
    bare.out = ours.out  # it names the way
    same(bare, ours)
    ranks = Ranks(out)
    holds_every_call(ranks, counts(place.folder("ours"), RANKS), range(RANKS))
    check(not os.path.exists(out + ".part"), "a .part file is left")
    check(place.jobs() == [], "data are left behind")


def is_program(pid, name):
    try:
        return os.path.basename(os.readlink(f"/proc/{pid}/exe")) == name
    except OSError:
        return False


SPECIAL = [rank_script, collect_after_preload, mpi4py_exception, full_output, readonly_output, missing_output,
           death_while_writing, ctrl_c]


def main():
    place = Place(os.path.abspath(sys.argv[1]))
    name = sys.argv[2]
    try:
        if name.startswith("rank_") and name != "rank_script":
            behind(place, BEHIND[name[len("rank_"):]])
        elif name in CASES:
            in_front(place, CASES[name])
        else:
            {function.__name__: function for function in SPECIAL}[name](place)
    except Failure as failure:
        print(f"{name}: {failure}", file=sys.stderr)
        return 1
    finally:
        place.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
