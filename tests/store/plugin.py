"""plugin.py - libpmprof-hdf5.so: exports one function, writes with all ranks, keeps away from a foreign HDF5: PLUGIN CALLER CLASH"""
import os
import re
import subprocess
import sys

import h5py

from store_harness import Scratch, check, finish, good

plugin, caller, clash = sys.argv[1:4]


def mpirun(ranks, program, *words):
    done = subprocess.run(["mpirun", "-np", str(ranks), program, plugin, *words], capture_output=True, text=True,
                          timeout=60)
    return done.returncode, done.stdout, done.stderr


names = subprocess.run(["nm", "-D", "--defined-only", plugin], capture_output=True, text=True).stdout
check(re.findall(r" \w (\S+)", names) == ["pmprof_hdf5_write"], f"exports: {names}")

with Scratch() as folder:
    job, out = os.path.join(folder, "job"), os.path.join(folder, "out.pmprof.h5")
    good("make", job, 4)
    code, text, err = mpirun(4, caller, job, out)
    check(code == 0 and text == "rc 0 ranks 4 complete 1 text ''\n", f"{code} {text} {err}")
    with h5py.File(out) as f:
        check(len(f["ranks"]) == 4, "ranks")
    check(len(os.listdir(job)) == 4, "arenas are the caller's")
    os.unlink(out)

    # one rank cannot read its own arena: all give up together, nothing is written
    os.truncate(os.path.join(job, "rank-2.arena"), 100)
    code, text, err = mpirun(4, caller, job, out)
    check(code == 0 and text.startswith("rc -10 ") and "rank-2.arena' ends inside" in text, f"{code} {text} {err}")
    check(os.listdir(folder) == ["job"], os.listdir(folder))

    code, text, err = mpirun(2, clash, job, out)
    check(code == 0 and text.startswith("rc -12 ") and "stands in the way" in text, f"{code} {text} {err}")
    check(os.listdir(folder) == ["job"], os.listdir(folder))
finish()
