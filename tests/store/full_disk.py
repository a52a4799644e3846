"""full_disk.py - no room, no permission, failure in the middle: no file, no .part, an old file untouched, all arenas still there"""
import os
import shutil
import subprocess

from store_harness import Scratch, check, finish, good, run, TOOL

IO, FULL = 2, 7  # 10: mpirun gives the exit code of any rank, and the others say that a peer failed


def failing(name, out, job, codes, *words, options=(), **more):
    arenas = sorted(os.listdir(job))
    folder = os.path.dirname(out)
    with open(out, "w") as f:
        f.write("precious")
    code, said, err = run("write", out, job, *options, **more)
    check(code in codes, f"{name}: exit {code}: {err}")
    check(all(w in err for w in words), f"{name}: '{err.strip()}' lacks one of {words}")
    check(sorted(os.listdir(job)) == arenas, f"{name}: arenas stay")
    check(open(out).read() == "precious", f"{name}: the old file is as it was")
    check(os.listdir(folder) == [os.path.basename(out)], f"{name}: nothing else is left: {os.listdir(folder)}")
    os.unlink(out)


def mounted(folder):
    place = os.path.join(folder, "small")
    os.mkdir(place)
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", place], capture_output=True).returncode:
        return None
    return place


with Scratch() as folder:
    job = os.path.join(folder, "job")
    place = os.path.join(folder, "out")
    os.mkdir(place)
    good("make", job, 4, "paths=4000", "lanes=2", "events=8000", "ring=8192")

    # a limit that statvfs does not show, found when room is reserved
    for ranks in (0, 2):
        failing(f"limit, {ranks} processes", os.path.join(place, "a.h5"), job, (IO, FULL, 10), ranks=ranks,
                options=("limit=50000",))
    # one that strikes later: in each of the tables, in the small ones, when closing; the process must live on
    for ranks, steps in ((0, range(1, 8)), (2, (1, 3, 5, 7)), (3, (2, 6))):
        for after in steps:
            failing(f"limit at {after}, {ranks} processes", os.path.join(place, "a.h5"), job, (IO, FULL, 10),
                    ranks=ranks, options=("limit=50000", f"after={after}"))

    small = mounted(folder)
    if small is None:
        print("no tmpfs can be mounted: that part is left out")
    else:
        try:
            for ranks in (0, 3):
                failing(f"4 MB, {ranks} processes", os.path.join(small, "a.h5"), job, (FULL, 10), "no room", ranks=ranks)
        finally:
            subprocess.run(["umount", small])

    if os.geteuid() == 0:
        def drop():
            os.setgroups([])
            os.setgid(65534)
            os.setuid(65534)
        os.chmod(folder, 0o755)
        os.chmod(job, 0o777)
        for name in os.listdir(job):
            os.chmod(os.path.join(job, name), 0o666)
        tool = shutil.copy(TOOL, folder)  # the build may lie where nobody may go
        failing("no permission", os.path.join(place, "a.h5"), job, (IO,), "cannot write into", tool=tool, preexec_fn=drop)
    code, _, err = run("write", os.path.join(folder, "none", "a.h5"), job)
    check(code == IO and "cannot write into" in err, f"missing folder: exit {code}: {err}")
    # and after all that it still works
    good("write", os.path.join(place, "a.h5"), job, ranks=2)
finish()
