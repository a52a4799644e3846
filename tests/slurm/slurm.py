#!/usr/bin/env python3
"""slurm.py BUILD SOURCE CASE: the scripts of scripts/slurm under a real Slurm of two nodes (cluster.py)

launch      every way to start ranks, over both nodes: the ranks, their nodes and the job are in the file
sweep       sweep.sh and sweep-array.sh: one file per run, and a speedup from them
limit       the file is there before the time limit comes; what came later is collected
limit_long  the same, and Slurm ends the job itself (it looks every 30 s)
cancel      after scancel every call of every rank is collected from the nodes
"""
import csv
import glob
import os
import re
import struct
import subprocess
import sys
import time

import cluster

cluster.enter()

import h5py  # noqa: E402 (after the namespaces: what is skipped needs none of it)


class Failure(Exception):
    pass


def check(condition, text):
    if not condition:
        raise Failure(text)


class File:
    def __init__(self, path):
        check(os.path.exists(path), f"no file {path}")
        with h5py.File(path, "r") as f:
            ranks = f["ranks"][:]
            self.job = f["job"][:]
            self.complete = int(f.attrs["complete"])
        self.hosts = [h.decode() for h in ranks["host"]]
        self.states = [s.decode() for s in ranks["state"]]
        self.calls = [int(c) for c in ranks["calls"]]

    def check_job(self, number, name):
        check(len(self.job) == 1, "no row in /job")
        row = self.job[0]
        got = [row[c].decode() for c in ("scheduler", "id", "name", "queue", "cluster")]
        check(got == ["Slurm", str(number), name, "debug", "pmprof"], f"/job says {got}")
        check(row["nodes"] == b"pmpA,pmpB" and row["node_count"] == 2, f"/job: nodes {row['nodes']}, {row['node_count']}")


class Place:
    def __init__(self, build, source):
        self.build, self.source = build, source
        self.cluster = cluster.Cluster()
        self.folder = os.path.join(self.cluster.root, "work")
        os.makedirs(self.folder)
        self.heat = os.path.join(build, "examples", "heat") + " 64 20"
        self.counts = 0

    def path(self, name):
        return os.path.join(self.folder, name)

    def script(self, template, *edits, slots=2):
        """A template as a user edits it: (pattern, replacement) for its lines."""
        with open(os.path.join(self.source, "scripts", "slurm", template)) as f:
            text = f.read()
        edits = [(r"^module load pmprof.*", f"export PATH={self.build}/bin:$PATH"),
                 (r"^#SBATCH --ntasks-per-node=4", f"#SBATCH --ntasks-per-node={slots}"), *edits]
        for pattern, replacement in edits:
            text, hits = re.subn(pattern, lambda _, r=replacement: r, text, flags=re.M)
            check(hits or "SBATCH --ntasks" in pattern, f"{template} has no line {pattern}")
        path = self.path(template)
        with open(path, "w") as f:
            f.write(text)
        return path

    def inline(self, text):
        path = self.path("inline.sh")
        with open(path, "w") as f:
            f.write("#!/bin/bash\nexport PATH=%s/bin:$PATH\n%s\n" % (self.build, text))
        return path

    def run(self, *command):
        done = subprocess.run(command, cwd=self.folder, capture_output=True, text=True, timeout=90, check=False)
        check(done.returncode == 0, f"{command}: {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout

    def submit(self, *words):
        return int(self.run("sbatch", "--parsable", "--output=out.%A.%a", *words).split(";")[0])

    def output(self, job):
        text = ""
        for path in glob.glob(self.path(f"out.{job}.*")):
            with open(path, errors="replace") as f:
                text += f.read()
        return text

    def state(self, job):
        return self.run("squeue", "-h", "-o", "%T", "-t", "all", "-j", str(job)).split()

    def wait_for(self, condition, what, seconds=40, job=None):
        end = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > end:
                raise Failure(f"waited in vain for {what}\n{self.output(job)}")
            time.sleep(0.1)

    def wait(self, job, *wanted, seconds=60):
        over = ("COMPLETED", "FAILED", "CANCELLED", "TIMEOUT", "NODE_FAIL")
        self.wait_for(lambda: all(s in over for s in self.state(job)), f"the end of job {job}", seconds, job)
        got = set(self.state(job))
        check(got <= set(wanted or ("COMPLETED",)), f"job {job}: {got}\n{self.output(job)}")

    def wait_until_running(self, job):
        self.wait_for(lambda: "RUNNING" in self.state(job), f"job {job} to run")

    def crash(self):
        """A program that stops after some calls and never ends; its folder of counts."""
        self.counts += 1
        folder = self.path(f"counts.{self.counts}")
        os.makedirs(folder)
        return os.path.join(self.build, "examples", "crash") + f" hang --counts {folder}", folder

    def settled(self, folder):
        """The counts of the ranks once none of them moves any more."""
        last = []

        def is_settled():
            nonlocal last
            now = []
            for rank in range(4):
                path = os.path.join(folder, f"count.{rank}")
                data = open(path, "rb").read(8) if os.path.exists(path) else b""
                now.append(struct.unpack("<Q", data)[0] if len(data) == 8 else 0)
            same, last = now == last and all(now), now
            if not same:
                time.sleep(0.3)
            return same
        self.wait_for(is_settled, "the ranks to come to their halt")
        return last

    def collect(self, job):
        """collect.sh on both nodes; the file it makes"""
        before = set(glob.glob(self.path("*.pmprof.h5")))
        script = self.script("collect.sh", (r'^per_node="srun.*', 'per_node="srun --mpi=pmix --ntasks-per-node=1"'))
        self.wait(self.submit("--nodelist=pmpA,pmpB", script, str(job)))
        made = set(glob.glob(self.path("*.pmprof.h5"))) - before
        check(len(made) == 1, f"collect.sh made {made}")
        return File(made.pop())


def holds(file, own):
    check(file.hosts == ["pmpA", "pmpA", "pmpB", "pmpB"], f"hosts {file.hosts}")
    for rank, calls in enumerate(own):
        check(calls <= file.calls[rank] <= calls + 1, f"rank {rank} completed {calls} calls, the file has {file.calls[rank]}")


def launch(place):
    for number, line in enumerate(("srun --mpi=pmix", "mpirun"), 1):
        script = place.script("profile.sh", (r"^launch=.*", f'launch="{line}"'), (r"^program=.*", f'program="{place.heat}"'))
        place.wait(place.submit("-J", "heat", script))
        found = glob.glob(place.path(f"heat.{number}-*.pmprof.h5"))
        check(len(found) == 1, f"{line}: files {found}\n{place.output(number)}")
        file = File(found[0])
        check(file.hosts == ["pmpA", "pmpA", "pmpB", "pmpB"] and file.complete, f"{line}: {file.hosts} {file.states}")
        file.check_job(number, "heat")
    report = place.run(os.path.join(place.build, "bin", "pmprof"), "report", found[0])
    check("\nSlurm job 2 (heat), partition debug, cluster pmprof\n" in report, report[:400])
    check("\npmpA, pmpB: 2 ranks on each" in report, report[:400])
    library = os.path.join(place.build, "lib", "libpmprof.so")
    lines = [f"mpirun -np 4 pmprof run --out a.h5 {place.heat}",
             f"srun -n 4 --mpi=pmix pmprof run --out b.h5 {place.heat}",
             f"PMPROF_OUT=c.h5 srun -n 4 --mpi=pmix --export=ALL,LD_PRELOAD={library} {place.heat}"]
    job = place.submit("-N2", "--ntasks-per-node=2", "-J", "ways", place.inline("\n".join(lines)))
    place.wait(job)
    for name in "abc":
        file = File(place.path(name + ".h5"))
        check(file.hosts == ["pmpA", "pmpA", "pmpB", "pmpB"] and file.complete, f"{name}: {file.hosts} {file.states}")
        file.check_job(job, "ways")


def sweep(place):
    program = (r"^program=.*", f'program="{place.heat}"')
    script = place.script("sweep.sh", (r"^launch=.*", 'launch="mpirun -np {n}"'), program, (r"^ranks=.*", "ranks=1,2,4"),
                          (r"^repeat=.*", "repeat=2"))
    job = place.submit("-J", "sweep", script)
    place.wait(job, "COMPLETED", "FAILED")  # FAILED: exit codes 1 and 5 of a judgement
    files = sorted(glob.glob(place.path("heat.scale/*.pmprof.h5")))
    check(len(files) >= 6, f"{files}\n{place.output(job)}")
    sizes = {}
    for path in files:
        file = File(path)
        file.check_job(job, "sweep")
        check(file.complete, f"{path}: {file.states}")
        sizes.setdefault(len(file.hosts), []).append(set(file.hosts))
    check({1, 2, 4} <= set(sizes) and {"pmpA", "pmpB"} in sizes[4], f"ranks and nodes {sizes}")
    check("peedup" in place.output(job), place.output(job))
    script = place.script("sweep-array.sh", (r"^launch=.*", 'launch="srun --mpi=pmix"'), program, (r"^counts=.*", "counts=(2 4)"),
                          (r"^#SBATCH --array.*", "#SBATCH --array=0-3"))
    job = place.submit("-J", "array", script)
    place.wait(job, seconds=90)
    for n in (2, 4):
        for repeat in (1, 2):
            file = File(place.path(f"sweep.n{n}.r{repeat}.pmprof.h5"))
            row = file.job[0]
            check(len(file.hosts) == n and row["array_id"] == str(job).encode() and row["array_task"] != b"", f"{n}: {row}")
    speedup = subprocess.run([os.path.join(place.build, "bin", "pmprof"), "speedup", "--format", "csv",
                              *glob.glob(place.path("sweep.*.h5"))], capture_output=True, text=True, timeout=60, check=False)
    rows = list(csv.DictReader(speedup.stdout.splitlines()))
    check([row["ranks"] for row in rows] == ["2", "4"], f"{speedup.returncode}\n{speedup.stdout}{speedup.stderr}")


def limit(place, is_long=False):
    program, counts = place.crash()
    script = place.script("profile.sh", (r"^launch=.*", 'launch="mpirun"'), (r"^program=.*", f'program="{program}"'),
                          (r"^pmprof run ", "while [ ! -e go ]; do sleep 0.1; done\npmprof run --before-limit 60 "))
    job = place.submit("-J", "limit", script)
    place.wait_until_running(job)
    place.run("scontrol", "update", f"jobid={job}", "EndTime=now+%d" % (8 if is_long else 14))
    open(place.path("go"), "w").close()
    own = place.settled(counts)
    place.wait_for(lambda: glob.glob(place.path(f"crash.{job}-*.pmprof.h5")), "a file before the limit", 30, job)
    path = glob.glob(place.path(f"crash.{job}-*.pmprof.h5"))[0]
    check(place.state(job) == ["RUNNING"], f"the file came when the job was {place.state(job)}")
    holds(File(path), own)
    if is_long:
        place.wait(job, "TIMEOUT", seconds=80)
    else:
        place.run("scancel", str(job))
        place.wait(job, "CANCELLED")
    file = File(path)
    holds(file, own)
    file.check_job(job, "limit")
    os.unlink(path)
    holds(place.collect(job), own)


def cancel(place):
    program, counts = place.crash()
    script = place.script("profile.sh", (r"^launch=.*", 'launch="mpirun"'), (r"^program=.*", f'program="{program}"'))
    job = place.submit("-J", "cancelled", script)
    own = place.settled(counts)
    place.run("scancel", str(job))
    place.wait(job, "CANCELLED")
    file = place.collect(job)
    holds(file, own)
    check("missing" not in file.states and not file.complete, f"{file.states}")
    file.check_job(job, "cancelled")
    # one pmprof per rank: nobody starts a job over the nodes, the janitors leave the records to us
    program, counts = place.crash()
    job = place.submit("-N2", "--ntasks-per-node=2", place.inline(f"srun -n 4 --mpi=pmix pmprof run {program}"))
    own = place.settled(counts)
    place.run("scancel", str(job))
    place.wait(job, "CANCELLED")
    holds(place.collect(job), own)
    left = place.run("srun", "-Q", "-N2", "--ntasks-per-node=1", "find", "/dev/shm", "-name", "*.arena")
    check(left == "", f"left behind: {left}")


CASES = {"launch": launch, "sweep": sweep, "limit": limit, "limit_long": lambda place: limit(place, True), "cancel": cancel}


def main():
    try:
        CASES[sys.argv[3]](Place(os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])))
    except Failure as failure:
        print(failure, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
