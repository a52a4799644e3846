#!/usr/bin/env python3
"""full_scratch.py BUILD CASE mount|shim

The scratch folder has no room. As long as another one has, nothing is lost: the file is there, holds every call that the program
counted itself (tests/crash/many_paths.c: every call by a path never seen before), says how each rank ended, and a line says what
happened. Exit code and output are as without us. mount: on a real small filesystem; shim: on folders that a preloaded library
declares full (tests/crash/small_disk.c), where nothing can be mounted.
"""
import os
import subprocess
import sys

import h5py

from harness import Failure, Place, Ranks, check, counts, same, wait_for

RANKS = 4
ROOM = 500 << 10  # for one rank's beginning, not for two


class Disk:
    """A scratch folder that is full from the start, for some ranks, or from a moment on."""

    def __init__(self, place, kind):
        self.place, self.is_real, self.variables = place, kind == "mount", {}
        self.root = place.root

    def shim(self, **more):
        self.variables = dict(LD_PRELOAD=os.path.join(self.place.build, "lib", "libsmall_disk.so"), **more)

    def full(self):
        if self.is_real:
            self.place.scratch = self.place.mount("small", "size=100k")
        else:
            self.shim(SMALL_DISK=self.place.scratch + "=1000")

    def full_for_some(self):
        if self.is_real:
            self.place.scratch = self.place.mount("small", f"size={2 * ROOM}")
        else:
            self.shim(SMALL_DISK=self.place.scratch + "=1000", SMALL_DISK_RANKS="1,2")

    def full_later(self):
        """The rest of it is taken by somebody else when self.fill is called."""
        if self.is_real:
            self.place.scratch = self.place.mount("small", "size=16m")
        else:
            self.shim(SMALL_DISK=self.place.scratch + "=1000", SMALL_DISK_SINCE=os.path.join(self.root, "full"))

    def fill(self):
        if self.is_real:
            fd = os.open(os.path.join(self.place.scratch, "somebody"), os.O_CREAT | os.O_WRONLY)
            try:
                while True:
                    os.write(fd, bytes(4096))
            except OSError:
                os.close(fd)
        else:
            open(os.path.join(self.root, "full"), "w", encoding="ascii").close()

    def all_full(self, **more):
        places = [f"{p}/pmprof-{os.getuid()}" for p in (self.place.scratch, "/dev/shm", "/tmp", self.root)]
        self.shim(SMALL_DISK=":".join(p + "=1000" for p in places), **more)


class Run:
    """The program bare, then under us."""

    def __init__(self, place, disk, *arguments, halfway=None):
        self.place, self.arguments = place, arguments
        self.out = os.path.join(place.root, "full.pmprof.h5")
        bare = self.go("bare", [], None)
        self.ours = self.go("ours", [place.pmprof, "run", "--out", self.out, "--"], halfway, **disk.variables)
        same(bare, self.ours)
        self.own = counts(place.folder("ours"), RANKS)

    def go(self, name, before, halfway, **variables):
        folder = self.place.folder(name)
        program = os.path.join(self.place.build, "tests", "crash", "many_paths")

        def act(_process):
            wait_for(lambda: all(os.path.exists(os.path.join(folder, f"half.{r}")) for r in range(RANKS)), "half of the calls")
            halfway()
            os.unlink(os.path.join(folder, "wait"))

        if halfway:
            open(os.path.join(folder, "wait"), "w", encoding="ascii").close()
        argv = [*before, "mpirun", "-np", str(RANKS), program, folder, *self.arguments]
        return self.place.run(argv, folder, act if halfway else None, **variables)

    def check_file(self, states, elsewhere):
        ranks = Ranks(self.out)
        check(ranks.calls == self.own, f"the program completed {self.own} calls, the file has {ranks.calls}")
        check(ranks.states == states, f"states are {ranks.states}")
        with h5py.File(self.out) as f:
            warnings = [w["text"].decode() for w in f["warnings"][:]]
        told = [w for w in warnings if "the next one was used" in w]
        check(len(told) == 1, f"the file does not say that a scratch folder was full: {warnings}")
        names = told[0].split(":")[0].replace("ranks", "").replace("rank", "")
        check(sorted(int(n) for n in names.split(",")) in elsewhere, f"{told[0]}: expected one of {elsewhere}")
        check(not any("lost" in w and "nothing is lost" not in w for w in warnings), f"something was lost: {warnings}")
        lines = self.ours.own_lines()
        check(sum("the next one was used" in line for line in lines) == 1, f"not said once: {lines}")

    def check_tidy(self):
        left = subprocess.run([self.place.pmprof, "collect", "--list"], env=self.place.environment(), capture_output=True, text=True,
                              check=True).stdout
        job = os.path.basename(left.split("  ")[0]) if left else ""
        mine = [line for line in left.splitlines() if self.place.root in line]
        check(not mine, f"data are left behind: {mine} {job}")


FINALIZED = ["finalized"] * RANKS
ALL = [[0, 1, 2, 3]]


def start_all(place, disk):
    """No rank finds room in the folder."""
    disk.full()
    run = Run(place, disk)
    run.check_file(FINALIZED, ALL)
    run.check_tidy()


def start_some(place, disk):
    """Two ranks find room, two do not, and all soon need more."""
    disk.full_for_some()
    run = Run(place, disk)
    run.check_file(FINALIZED, ALL if disk.is_real else [[1, 2]])
    run.check_tidy()


def midway(place, disk):
    """Somebody else fills the folder while the program runs."""
    disk.full_later()
    run = Run(place, disk, halfway=disk.fill)
    run.check_file(FINALIZED, ALL)
    run.check_tidy()


def midway_kill(place, disk):
    """The same, and a rank is killed: its record lies in two places, and `pmprof run` collects it from there."""
    disk.full_later()
    run = Run(place, disk, "kill", halfway=disk.fill)
    ranks = Ranks(run.out)
    check("SIGKILL" in ranks.endings[1], f"rank 1: {ranks.endings[1]}")
    run.check_file(ranks.states, ALL)
    run.check_tidy()


def collect(place, disk):
    """Killed without `pmprof run`; one collect, told one of several folders, finds the others."""
    disk.full_for_some()
    library = os.path.join(place.build, "lib", "libpmprof.so")
    variables = dict(disk.variables)
    variables["LD_PRELOAD"] = ":".join([library] + ([variables["LD_PRELOAD"]] if "LD_PRELOAD" in variables else []))
    run = Run.__new__(Run)
    run.place, run.arguments, run.out = place, ("kill",), os.path.join(place.root, "full.pmprof.h5")
    bare = run.go("bare", [], None)
    ours = run.go("ours", [], None, **variables)
    same(bare, ours)
    run.own = counts(place.folder("ours"), RANKS)
    job = os.path.join(place.scratch, f"pmprof-{os.getuid()}", place.jobs()[0])
    run.ours = place.run([place.pmprof, "collect", job, "--out", run.out], place.root)
    check(run.ours.code == 0, run.ours.err)
    run.check_file(["vanished" if r == 1 else Ranks(run.out).states[r] for r in range(RANKS)],
                   ALL if disk.is_real else [[1, 2]])
    check(place.jobs() == [], "data are left behind")
    run.check_tidy()


def everywhere(place, disk):
    """No place has room: the program must not notice, and one line says that nothing is recorded."""
    disk.all_full()
    run = Run(place, disk)
    lines = run.ours.own_lines()
    check(not os.path.exists(run.out), "a file of nothing")
    check(any("nothing is recorded" in line and place.scratch in line and "PMPROF_SCRATCH" in line for line in lines), f"said: {lines}")


def everywhere_for_one(place, disk):
    """One rank finds no place: the others' file is there and names it."""
    disk.all_full(SMALL_DISK_RANKS="1")
    run = Run(place, disk)
    ranks = Ranks(run.out)
    check(ranks.states == ["finalized", "missing", "finalized", "finalized"], f"{ranks.states}")
    check([c for r, c in enumerate(ranks.calls) if r != 1] == [c for r, c in enumerate(run.own) if r != 1], f"{ranks.calls}")
    check(any("no record of rank 1" in line for line in run.ours.own_lines()), f"said: {run.ours.own_lines()}")
    run.check_tidy()


def everywhere_midway(place, disk):
    """All places fill up: known keys go on, what is lost is counted and said."""
    disk.all_full(SMALL_DISK_SINCE=os.path.join(place.root, "full"))
    disk.is_real = False
    run = Run(place, disk, halfway=disk.fill)
    with h5py.File(run.out) as f:
        profile, states, told = f["profile"][:], [s.decode() for s in f["ranks"]["state"]], [int(n) for n in f["ranks"]["lost"]]
    check(states == FINALIZED, f"{states}")
    lost = [own - int(profile["count"][profile["rank"] == r].sum()) for r, own in enumerate(run.own)]
    check(lost == told, f"{lost} calls are missing, said to be lost are {told}")
    lines = " ".join(run.ours.own_lines())
    check(all(0 < n < run.own[0] // 2 + 1 for n in lost), f"{lost} calls lost of {run.own}")
    check(f"{sum(lost)} calls were not recorded" in lines and "all scratch folders were full" in lines, f"said: {lines}, lost {sum(lost)}")
    run.check_tidy()


CASES = [start_all, start_some, midway, midway_kill, collect, everywhere, everywhere_for_one, everywhere_midway]


def main():
    place = Place(os.path.abspath(sys.argv[1]))
    case = {function.__name__: function for function in CASES}[sys.argv[2]]
    try:
        case(place, Disk(place, sys.argv[3]))
    except Failure as failure:
        print(f"{sys.argv[2]}: {failure}", file=sys.stderr)
        return 1
    finally:
        place.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
