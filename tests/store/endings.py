"""endings.py - how ranks ended: state, code and words in the file, from what each process, its parent and the launcher know"""
import os
import shutil
import struct

import h5py

from store_harness import Scratch, check, finish, good, run

# offsets of fields of the arena header, by docs/FORMAT.md
HEADER = {}


def offsets():
    names = os.path.join(os.path.dirname(__file__), "..", "..", "docs", "FORMAT.md")
    for line in open(names):
        cells = [c.strip() for c in line.split("|")]
        if len(cells) > 4 and cells[1].isdigit() and cells[3].startswith("`"):
            HEADER.setdefault(cells[3].strip("`"), int(cells[1]))


def patch(job, rank, **fields):
    with open(os.path.join(job, f"rank-{rank}.arena"), "r+b") as f:
        for name, value in fields.items():
            f.seek(HEADER[name])
            f.write(struct.pack("<q" if name.endswith("_ticks") else "<i", value))


def endings(folder, job, *options):
    out = os.path.join(folder, "out.h5")
    good("write", out, job, "keep=1", *options)
    with h5py.File(out) as f:
        complete = int(f.attrs["complete"])
        return complete, [(r["state"].decode(), int(r["code"]), r["ending"].decode()) for r in f["ranks"][:]], \
            [w["text"].decode() for w in f["warnings"][:]], f["ranks"][:]


NONE, FINALIZED, ABORT, SIGNAL, EXIT = range(5)

with Scratch() as folder:
    offsets()
    job = os.path.join(folder, "job")
    good("make", job, 6)
    complete, ends, warnings, _ = endings(folder, job)
    check(complete == 1 and set(ends) == {("finalized", 0, "")} and not warnings, f"normal: {ends} {warnings}")

    patch(job, 1, end=ABORT, end_code=7)
    patch(job, 2, end=SIGNAL, end_code=11)
    patch(job, 3, end=EXIT, end_code=3)
    patch(job, 4, end=NONE, finalize_ticks=0)
    os.unlink(os.path.join(job, "rank-5.arena"))
    complete, ends, warnings, rows = endings(folder, job)
    check(complete == 0, "not complete")
    check(ends[0] == ("finalized", 0, ""), ends[0])
    check(ends[1] == ("aborted", 7, "called MPI_Abort(7)"), ends[1])
    check(ends[2] == ("signaled", 11, "killed by SIGSEGV"), ends[2])
    check(ends[3] == ("exited", 3, "left through exit without MPI_Finalize, exit status 3"), ends[3])
    check(ends[4][0] == "vanished" and "no end on record" in ends[4][2], ends[4])
    check(ends[5] == ("missing", 0, "no record of this rank"), ends[5])
    check(warnings == ["no record of rank 5"], warnings)
    row = rows[4]
    check(row["compute_ns"] + row["mpi_ns"] + row["io_ns"] + row["paused_ns"] + row["tool_ns"] == row["wall_ns"],
          "the time since the last call counts as computation")

    # the launcher's exit status explains the one that vanished
    _, ends, _, _ = endings(folder, job, f"launcher={137 << 8}")
    check(ends[4] == ("vanished", 9, "killed by SIGKILL (exit status 137 of mpirun)"), ends[4])
    _, ends, _, _ = endings(folder, job, f"launcher={5 << 8}")
    check(ends[4][2] == "left through _exit or similar without MPI_Finalize (exit status 5 of mpirun)", ends[4])
    # not two of them
    patch(job, 3, end=NONE, finalize_ticks=0)
    _, ends, _, _ = endings(folder, job, f"launcher={137 << 8}")
    check(ends[3] == ends[4] and "killed or lost" in ends[3][2] and "SIGKILL" in ends[3][2], ends[3])
    # what the parent saw is the truth
    patch(job, 4, parent_code_known=1, parent_wait_status=9)
    patch(job, 3, parent_code_known=1, parent_wait_status=4 << 8)
    patch(job, 2, parent_code_known=1, parent_wait_status=0)
    patch(job, 0, parent_code_known=1, parent_wait_status=11)
    _, ends, _, _ = endings(folder, job, f"launcher={137 << 8}")
    check(ends[4] == ("signaled", 9, "killed by SIGKILL"), ends[4])
    check(ends[3][:2] == ("exited", 4), ends[3])
    check(ends[2][:2] == ("exited", 0), "a signal that was survived")
    check(ends[0] == ("finalized", 0, "killed by SIGSEGV after MPI_Finalize"), ends[0])

    # a larger world than there are arenas; one record too many
    _, ends, warnings, _ = endings(folder, job, "ranks=8")
    check([e[0] for e in ends[5:]] == ["missing"] * 3, ends[5:])
    shutil.copyfile(os.path.join(job, "rank-1.arena"), os.path.join(job, "rank-1.2.arena"))
    out = os.path.join(folder, "out.h5")
    good("write", out, job)
    with h5py.File(out) as f:
        check(any("claim the rank" in w["text"].decode() for w in f["warnings"][:]), "two records of one rank")
    check(os.path.exists(os.path.join(job, "rank-1.2.arena")), "nothing is removed while a record was left out")
    code, _, err = run("write", out, os.path.join(folder, "nothing"))
    check(code == 3 and "no arenas" in err, f"no folder: {code} {err}")
finish()
