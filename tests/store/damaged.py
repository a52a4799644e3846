"""damaged.py - damaged arenas and files by the thousand: FUZZ_ARENA TRIALS FUZZ_FILE TRIALS"""
import os
import subprocess
import sys

from store_harness import Scratch, check, finish, good

fuzz_arena, arena_trials, fuzz_file, file_trials = sys.argv[1:5]


def fuzz(*command):
    done = subprocess.run(command, capture_output=True, text=True)
    print(done.stdout, end="")
    check(done.returncode == 0, f"{os.path.basename(command[0])}: exit {done.returncode}: {done.stderr[-2000:]}")


with Scratch() as folder:
    job, file = os.path.join(folder, "job"), os.path.join(folder, "whole.pmprof.h5")
    good("make", job, 8, "lanes=2", "uneven=1", "host=node%d")
    good("write", file, job)
    fuzz(fuzz_arena, folder, arena_trials, "1")
    fuzz(fuzz_file, file, folder, file_trials, "1")
finish()
