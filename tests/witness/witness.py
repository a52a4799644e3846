#!/usr/bin/env python3
"""Run a program whose verdict is known beforehand, and compare: witness.py PMPROF PROGRAM CASE RANKS...

Checked for every case are the identities: the parts of a rank make up its wall time, listed losses make up no more than what was
lost, and no call path is charged with more time than was spent in it.
"""
import json
import os
import re
import subprocess
import sys
import tempfile
import time

SKIPPED = 77
BUSY = 0.1  # of all processors
SOURCE = os.path.dirname(os.path.abspath(__file__))
problems = []


def check(condition, text):
    if not condition:
        problems.append(text)
        print("WRONG:", text)


def near(value, expected, tolerance, what):
    check(value is not None and abs(value - expected) <= tolerance * abs(expected), f"{what}: {value}, should be {expected}")


def line_of(mark, file="witness.c"):
    """The line of the statement that ends with the comment WITNESS(mark)"""
    with open(os.path.join(SOURCE, file), encoding="utf-8") as source:
        lines = source.read().split("\n")
    at = next(i for i, line in enumerate(lines) if f"WITNESS({mark})" in line)
    while not re.search(r"\bMPI_[A-Z][a-z_]+\(|PMPROF_REGION\(|pmprof_\w+\(", lines[at]):
        at -= 1
    return at + 1


class Run:
    def __init__(self, pmprof, program, ranks, *arguments):
        self.ranks, self.name = ranks, f"{' '.join(arguments)}, {ranks} ranks"
        with tempfile.TemporaryDirectory(prefix="pmprof-witness-") as folder:
            out = os.path.join(folder, "run.pmprof.h5")
            environment = dict(os.environ, WITNESS_FILE=os.path.join(folder, "data"), TMPDIR=folder, COLUMNS="80",
                               LC_ALL="C.UTF-8")
            command = [pmprof, "run", "--out", out, "--", "mpirun", "-np", str(ranks), program, *arguments]
            done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=100, check=False)
            self.exit, self.output = done.returncode, done.stdout + done.stderr
            worked = re.findall(r"^worked (\d+) ([\d.]+)$", done.stdout, re.MULTILINE)
            self.worked = [seconds for _, seconds in sorted((int(rank), float(seconds)) for rank, seconds in worked)]
            if not os.path.exists(out):
                sys.exit(f"no file: exit {done.returncode}\n{self.output}")
            report = [pmprof, "report", "--width", "80", out]
            self.text = subprocess.run(report, env=environment, capture_output=True, text=True, check=True).stdout
            report = [pmprof, "report", "--format", "json", "--all", out]
            self.json = json.loads(subprocess.run(report, env=environment, capture_output=True, check=True).stdout)
        self.losses = self.json["losses"]
        self.verdict = self.text.split("\n\n")[0]
        print(f"--- {self.name}\n{self.verdict}")
        self.check_identities()

    def check_identities(self):
        run, name = self.json["run"], self.name
        for row in self.json["ranks"]:
            parts = sum(row[key] for key in ("compute_s", "mpi_s", "io_s", "paused_s", "tool_s"))
            near(parts, row["wall_s"], 0.01, f"{name}: parts of rank {row['rank']}")
            contains = row["compute_s"] + row["mpi_s"] + row["io_s"]
            check(row["tool_hidden_s"] <= contains * (1 + 1e-6), f"{name}: tool cost above the time of rank {row['rank']}")
        compute = sum(row["compute_s"] for row in self.json["ranks"])
        near(run["lost_s"], run["core_s"] - compute, 1e-6, f"{name}: core-seconds less computation")
        listed = sum(loss["seconds"] for loss in self.losses if loss["seconds"] is not None)
        check(listed <= run["lost_s"] * (1 + 1e-6), f"{name}: {listed} s are listed, {run['lost_s']} s were lost")
        for loss in self.losses:
            if loss["cause"] == "communication" and loss["call"]:
                key = [loss[part] for part in ("call", "function", "file", "line")]
                own = sum(path["time_s"] for path in self.json["paths"] if path["call"] == key[0] and
                          [path["frames"][0][part] for part in ("function", "file", "line")] == key[1:])
                check(loss["seconds"] <= own * 1.001, f"{name}: {loss['text']} is charged {loss['seconds']} s of {own} s")
            if loss["seconds"] is not None:
                near(loss["share"], loss["seconds"] / run["core_s"], 1e-6, f"{name}: share of {loss['text']}")
        check(not re.search(r"pmprof\.h\b", self.text + json.dumps(self.losses)), f"{name}: names pmprof.h")
        places = [tuple(str(loss[part]) for part in ("call", "function", "file", "line", "region", "to")) for loss in self.losses
                  if loss["line"] and loss["seconds"] is not None]
        check(len(places) == len(set(places)), f"{name}: one place twice: {places}")
        for line in self.text.split("\n"):
            check(len(line) <= 80, f"{name}: {len(line)} columns: {line}")

    def first(self, cause):
        """The first loss, which has to be of that cause."""
        check(self.losses and self.losses[0]["cause"] == cause, f"{self.name}: the first loss is no {cause}")
        for loss in self.losses:
            if loss["cause"] == cause:
                return loss
        return None

    def says(self, pattern):
        words = re.sub(r"\s+", " ", self.verdict)
        check(re.search(pattern, words), f"{self.name}: the verdict does not say '{pattern}'")

    def blames_nobody(self):
        check(not [loss for loss in self.losses if loss["cause"] == "load imbalance"], f"{self.name}: imbalance")
        if self.json["efficiency"]["parallel"] >= 0.95:
            check(not self.losses, f"{self.name}: a complaint at a high efficiency")
            self.says("Nothing to complain about")

    def path(self, call, line, file="witness.c"):
        for path in self.json["paths"]:
            where = path["frames"][0]
            if path["call"] == call and where["line"] == line and os.path.basename(where["file"] or "") == file:
                return path
        check(False, f"{self.name}: no call path {call} at line {line}")
        return None


def spread(worked):
    """max/mean - 1, and lost core-seconds"""
    return max(worked) * len(worked) / sum(worked) - 1, max(worked) * len(worked) - sum(worked)


def check_slow(run, rank, factor, mark):
    normal = [seconds for other, seconds in enumerate(run.worked) if other != rank]
    for seconds in normal:  # by its own clock: the machine may be busy
        near(run.worked[rank] / seconds, factor, 0.05, f"{run.name}: the program did not do what it should")
    imbalance, lost = spread(run.worked)
    if run.ranks == 1:
        run.blames_nobody()
        return None
    loss = run.first("load imbalance")
    if loss is None:
        return None
    check(loss["ranks"] == [rank], f"{run.name}: ranks {loss['ranks']} are named")
    near(loss["imbalance"], imbalance, 0.05, f"{run.name}: imbalance")
    near(loss["seconds"], lost, 0.05, f"{run.name}: lost seconds")
    check(loss["line"] == line_of(mark), f"{run.name}: line {loss['line']} instead of {line_of(mark)}")
    check(os.path.basename(loss["file"]) in ("witness.c", "regions.cc"), f"{run.name}: file {loss['file']}")
    return loss


def case_slow(start):
    for ranks in start.ranks:
        for rank, factor in ((0, 2), (ranks - 1, 3)):
            run = start("slow", rank, factor, ranks=ranks)
            loss = check_slow(run, rank, factor, "solve")
            if loss:
                check(loss["region"] == "solve", f"{run.name}: region {loss['region']}")
                run.says(rf"rank {rank} computes \d+ % longer than the mean in solve \(witness.c:{line_of('solve')}\)")


def case_plain(start):
    for ranks in start.ranks:
        run = start("plain", ranks - 1, 3, ranks=ranks)
        loss = check_slow(run, ranks - 1, 3, "from")
        if loss:
            check(loss["region"] is None, f"{run.name}: region {loss['region']}")
            sides = [(loss["from"], "MPI_Barrier", "from"), (loss["to"], "MPI_Allreduce", "to")]
            for side, call, mark in sides:
                check((side["call"], side["function"], side["line"]) == (call, "from_barrier_to_reduce", line_of(mark)),
                      f"{run.name}: {side} is not {call} at {line_of(mark)}")
            run.says(rf"in from_barrier_to_reduce, between MPI_Barrier \(witness.c:{line_of('from')}\) and MPI_Allreduce "
                     rf"\(witness.c:{line_of('to')}\)")


def case_even(start):
    for ranks in start.ranks:
        for scene in ("even", "even_regions"):
            start(scene, ranks=ranks).blames_nobody()
    if os.cpu_count() >= 2:
        start("spinning", ranks=2).blames_nobody()


def case_once(start):
    for ranks in start.ranks:
        rank = min(2, ranks - 1)
        run = start("once", rank, ranks=ranks)
        if ranks == 1:
            run.blames_nobody()
            continue
        loss = run.first("load imbalance")
        if loss is None:
            continue
        check(loss["ranks"] == [rank] and loss["region"] == "solve", f"{run.name}: {loss['text']}")
        check(loss["line"] == line_of("once"), f"{run.name}: line {loss['line']}")
        imbalance, lost = spread(run.worked)
        near(loss["imbalance"], imbalance, 0.05, f"{run.name}: imbalance")
        near(loss["seconds"], lost, 0.05, f"{run.name}: seconds")
        run.says(r"mostly in one of 20 passes \(3\d\d ms\)")


def case_late(start):
    for ranks in start.ranks:
        run = start("late", ranks=ranks)
        loss = run.first("load imbalance")
        if loss:
            check(loss["ranks"] == [0] and loss["to"]["call"] == "MPI_Send" and loss["to"]["line"] == line_of("send"),
                  f"{run.name}: {loss['text']}")
            lost = sum(row["seconds"] for row in run.losses if row["cause"] == "load imbalance")
            near(lost, run.worked[0] * (ranks - 1), 0.05, f"{run.name}: seconds")
        path = run.path("MPI_Recv", line_of("receive"))
        if path:
            check(path["frames"][0]["function"] == "receive", f"{run.name}: in {path['frames'][0]['function']}")
            check(path["count"] == 10, f"{run.name}: {path['count']} receives")
            near(path["time_s"], run.worked[0], 0.05, f"{run.name}: time in MPI_Recv")
            check(0.045 < path["max_s"] < 0.1, f"{run.name}: the longest receive lasts {path['max_s']} s")


def case_chain(start):
    run = start("turns", ranks=2)
    loss = run.first("communication")
    if loss:
        check(loss["call"] == "MPI_Recv" and loss["line"] == line_of("turn"), f"{run.name}: {loss['text']}")
        near(loss["seconds"], sum(run.worked), 0.1, f"{run.name}: seconds")
    for ranks in start.ranks:
        run = start("chain", ranks=ranks)
        check(not [loss for loss in run.losses if loss["cause"] == "load imbalance"], f"{run.name}: imbalance")
        near(run.json["efficiency"]["parallel"], 8 / (8 * ranks), 0.1, f"{run.name}: efficiency")
        loss = run.first("communication")
        if loss:
            check(loss["call"] == "MPI_Recv" and loss["line"] == line_of("chain"), f"{run.name}: {loss['text']}")


def case_parts(start):
    for ranks in start.ranks:
        run = start("paused", ranks=ranks)
        for row in run.json["ranks"]:
            near(row["compute_s"], run.worked[row["rank"]], 0.05, f"{run.name}: computation of rank {row['rank']}")
            near(row["paused_s"], 0.2, 0.1, f"{run.name}: pause of rank {row['rank']}")
        run.blames_nobody()
        run = start("one_phase", ranks=ranks)
        for row in run.json["ranks"]:
            near(row["compute_s"], run.worked[row["rank"]], 0.02, f"{run.name}: computation of rank {row['rank']}")
        run = start("silent", ranks=ranks)
        for row in run.json["ranks"]:
            near(row["compute_s"], run.worked[row["rank"]], 0.02, f"{run.name}: computation of rank {row['rank']}")
            check(row["calls"] == 0, f"{run.name}: {row['calls']} calls of rank {row['rank']}")
        start("threads", ranks=ranks).blames_nobody()
        start("chatter", ranks=ranks)


def case_store(start):
    for ranks in start.ranks:
        run = start("store", 0, ranks=ranks)
        loss = [row for row in run.losses if row["cause"] == "I/O" and row["call"] == "MPI_File_write_at"]
        check(loss, f"{run.name}: MPI_File_write_at is not named")
        if loss:
            loss = loss[0]
            check( loss["line"] == line_of("one"), f"{run.name}: {loss['text']}")
            check(loss["count"] == 20 and loss["bytes"] == 20 * (4 << 20), f"{run.name}: {loss['count']}, {loss['bytes']}")
        if ranks > 1:
            run.says("only rank 0: MPI_File_write_at .* while the others wait")
        run = start("store", 1, ranks=ranks)
        loss = run.first("I/O")
        if loss:
            check(loss["call"] == "MPI_File_write_at_all" and loss["line"] == line_of("all"), f"{run.name}: {loss['text']}")
            check(loss["count"] == 20 * ranks, f"{run.name}: {loss['count']} calls")


def case_deep(start):
    run = start("deep", ranks=2)
    frames = [path["frames"] for path in run.json["paths"] if path["call"] == "MPI_Barrier"][0]
    check(frames[0]["function"] == "dive" and frames[-1]["function"] == "(deeper frames left out)",
          f"{run.name}: {len(frames)} frames, {frames[0]} to {frames[-1]}")
    check("(deeper frames left out)" in run.text, f"{run.name}: the text does not say that frames are left out")


def case_lines(start):
    """Programs of other compilers and options: a region is where the user's line is, not in pmprof.h."""
    run = start("slow", 1, 3, ranks=2)
    check_slow(run, 1, 3, "solve")
    run = start("plain", 1, 3, ranks=2)
    check_slow(run, 1, 3, "from")


def case_cxx(start):
    for line, scene in (("block", "block"), ("pair", "pair")):
        run = start(scene, ranks=2)
        loss = run.first("load imbalance")
        if loss:
            check(loss["line"] == line_of(line, "regions.cc") and os.path.basename(loss["file"]) == "regions.cc",
                  f"{run.name}: {loss['file']}:{loss['line']}")
            check(loss["region"] == scene and loss["ranks"] == [1], f"{run.name}: {loss['text']}")


def case_examples(start):
    """What examples/README.md promises"""
    run = start(program="heat", ranks=4)
    if os.cpu_count() < 4:
        loss = run.first("communication")
        check(loss and loss["function"] == "exchange_halo", f"{run.name}: {loss}")
    run = start(program="ring", ranks=4)
    run.first("communication")
    check(run.json["efficiency"]["parallel"] < 0.2, f"{run.name}: an efficient ring")
    check({loss["call"] for loss in run.losses if loss["cause"] == "communication"} <= {"MPI_Send", "MPI_Recv", None},
          f"{run.name}: calls that the ring does not make")
    start(program="pi", ranks=2).blames_nobody()
    for ranks, slow, factor in ((4, 1, 3.0), (3, 2, 5.0), (2, 0, 2.0)):
        run = start("--slow", slow, "--factor", factor, program="imbalance", ranks=ranks)
        loss = run.first("load imbalance")
        work = [factor if rank == slow else 1 for rank in range(ranks)]
        imbalance = spread([1 + seconds for seconds in work])[0]  # of the whole: assemble is even
        near(run.json["efficiency"]["imbalance"], imbalance, 0.05, f"{run.name}: imbalance of the run")
        if loss:
            near(loss["imbalance"], spread(work)[0], 0.05, f"{run.name}: imbalance")
            check(loss["ranks"] == [slow] and loss["region"] == "solve", f"{run.name}: {loss['text']}")
    run = start("--no-regions", program="imbalance", ranks=4)
    loss = run.first("load imbalance")
    check(loss and loss["from"]["function"] == "assemble" and loss["to"]["function"] == "solve", f"{run.name}: {loss}")
    for scene in ((), ("--no-regions",)):
        start("--balanced", *scene, program="imbalance", ranks=4).blames_nobody()
    run = start("segv", program="crash", ranks=4)
    check(run.exit == 139, f"{run.name}: exit {run.exit}")
    check(run.losses[0]["cause"] == "crash" and run.losses[0]["ranks"] == [1], f"{run.name}: {run.losses[0]}")
    check(run.losses[0]["function"] and run.losses[0]["line"], f"{run.name}: {run.losses[0]}")


class Start:
    def __init__(self, pmprof, program, ranks):
        self.pmprof, self.program, self.ranks = pmprof, program, [int(count) for count in ranks]

    def __call__(self, *arguments, ranks, program=None):
        path = os.path.join(self.program, program) if program else self.program
        return Run(self.pmprof, path, ranks, *[str(a) for a in arguments])


def foreign_seconds():
    """Processor time that everybody but this test has had, and what a host has taken away from this machine"""
    with open("/proc/stat", encoding="ascii") as stat:
        user, nice, system, _, _, irq, softirq, steal = map(int, stat.readline().split()[1:9])
    own = os.times()
    return (user + nice + system + irq + softirq + steal) / os.sysconf("SC_CLK_TCK") - sum(own[:4])


def main():
    pmprof, program, case = sys.argv[1:4]
    calm = 0
    for _ in range(3):  # other work on the machine disturbs a run now and then; what is wrong is wrong every time
        problems.clear()
        begin, foreign = time.monotonic(), foreign_seconds()
        globals()["case_" + case](Start(pmprof, program, sys.argv[4:]))
        share = (foreign_seconds() - foreign) / (time.monotonic() - begin) / os.cpu_count()
        calm += share < BUSY
        print(f"{len(problems)} problems; others had {share:.0%} of the processors")
        if not problems:
            return 0
    for problem in problems:
        print(" ", problem)
    if not calm:
        print("no attempt had the machine to itself: times say nothing about pmprof")
    return 1 if calm else SKIPPED


if __name__ == "__main__":
    sys.exit(main())
