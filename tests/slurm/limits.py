#!/usr/bin/env python3
"""limits.py BUILD: the file before the time limit, as the batch systems that cannot be run here would tell it.

Their commands are replaced by scripts that print what the vendors' manuals show. The ranks hang, so the only file is that of before
the limit; a run without any batch system, or with one that does not answer, has none and says why if it was asked to.
"""
import os
import signal
import stat
import subprocess
import sys
import tempfile
import time

import h5py

CLEAN = ("SLURM_", "PBS_", "LSB_", "LS_", "FLUX_", "PMPROF", "SGE_")

CASES = {
    # name: (environment, command, what it prints)
    "Slurm": ({"SLURM_JOB_ID": "42"}, "squeue", "echo $(($(date +%s) + 3))"),
    "Slurm_env": ({"SLURM_JOB_ID": "42", "SLURM_JOB_END_TIME": "{soon}"}, "squeue", "exit 1"),
    "PBS": ({"PBS_JOBID": "1234[7].head"}, "qstat",
            "echo 'Job Id: 1234[7].head'; echo '    Job_Name = x'; echo '    resources_used.walltime = 00:29:57';"
            "echo '    Resource_List.walltime = 00:30:00'"),
    "Flux": ({"FLUX_ENCLOSING_ID": "fzfSNrKj"}, "flux", "[ $1 = job ] && [ $2 = timeleft ] && echo 3"),
    "LSF": ({"LSB_JOBID": "77"}, "bjobs", "echo '0:0 L'"),
}

REFUSALS = {
    "none": ({}, "squeue", "exit 1", "no batch system"),
    "unlimited": ({"SLURM_JOB_ID": "42"}, "squeue", "echo NONE", "no time limit"),
    "silent": ({"SLURM_JOB_ID": "42"}, "squeue", "echo 'slurm_load_jobs error: Invalid job id' >&2; exit 1", "Invalid job id"),
    "strange": ({"LSB_JOBID": "77"}, "bjobs", "echo 'soon'", "cannot make a time of what LSF says: soon"),
}


class Run:
    def __init__(self, build, top, name, variables, command, body):
        self.folder = os.path.join(top, name)
        os.makedirs(os.path.join(self.folder, "bin"))
        path = os.path.join(self.folder, "bin", command)
        with open(path, "w") as f:
            f.write(f"#!/bin/sh\n{body}\n")
        os.chmod(path, os.stat(path).st_mode | stat.S_IXUSR)
        env = {k: v for k, v in os.environ.items() if not k.startswith(CLEAN)}
        env.update({k: v.format(soon=int(time.time()) + 3) for k, v in variables.items()})
        env.update(PATH=os.path.join(self.folder, "bin") + ":" + env["PATH"], PMPROF_SCRATCH=self.folder)
        self.out = os.path.join(self.folder, "early.h5")
        self.process = subprocess.Popen(
            [os.path.join(build, "bin", "pmprof"), "run", "--before-limit", "60", "--out", self.out, "--", "mpirun", "-np", "2",
             os.path.join(build, "examples", "crash"), "hang", "--counts", self.folder], cwd=self.folder, env=env,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, start_new_session=True)

    def is_early(self, seconds):
        end = time.monotonic() + seconds
        while not os.path.exists(self.out) and time.monotonic() < end:
            time.sleep(0.1)
        return os.path.exists(self.out) and self.process.poll() is None

    def end(self):
        """What it said."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.communicate(timeout=30)[1]


def main():
    build, failed = os.path.abspath(sys.argv[1]), 0
    with tempfile.TemporaryDirectory(prefix="pmprof-limits.") as top:
        for name, case in CASES.items():
            run = Run(build, top, name, *case)
            ranks = h5py.File(run.out)["ranks"][:] if run.is_early(30) else []
            said = run.end()
            if len(ranks) != 2 or not all(b"still running" in r["ending"] and r["calls"] >= 99 for r in ranks):
                failed += 1
                print(f"{name}: no file before the limit: {said}")
        for name, case in REFUSALS.items():
            run = Run(build, top, name, *case[:3])
            early = run.is_early(3)
            said = run.end()
            if early or case[3] not in said or said.count("pmprof: no file will be written") != 1:
                failed += 1
                print(f"{name}: {said}")
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())
