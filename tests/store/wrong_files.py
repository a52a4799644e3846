"""wrong_files.py - files with one thing wrong: one line that says what, the right number, no crash"""
import os
import shutil

import h5py
import numpy

from store_harness import Scratch, check, finish, good, run

IO, NOTFOUND, FORMAT, VERSION, TRUNCATED = 2, 3, 4, 5, 6
NONE = 0xffffffff


def expect(file, code, *words, name=""):
    got, out, err = run("read", file)
    line = err.strip()
    check(got == code, f"{name}: exit {got}, not {code}: {line}")
    check("\n" not in line and os.path.basename(file) in line, f"{name}: one line with the file's name, not '{line}'")
    check(all(w in line for w in words), f"{name}: '{line}' lacks one of {words}")


def wrong_value(good_file, file, table, column, row, value, code=FORMAT):
    shutil.copyfile(good_file, file)
    with h5py.File(file, "r+") as f:
        if table == "run":
            f.attrs.modify(column, value)
        elif isinstance(f[table], h5py.Group):
            f[table][column][row] = value
        else:
            rows = f[table][:]
            rows[column][row] = value
            f[table][:] = rows
    expect(file, code, column, name=f"{table}.{column} = {value}")


def replaced(good_file, file, table, make):
    """the table again with another shape or type"""
    shutil.copyfile(good_file, file)
    with h5py.File(file, "r+") as f:
        rows = f[table][:]
        del f[table]
        make(f, rows)
    expect(file, FORMAT, table, name=f"{table} replaced")


def retyped(rows, column, kind):
    kinds = [(n, kind if n == column else rows.dtype[n]) for n in rows.dtype.names]
    other = numpy.zeros(len(rows), dtype=kinds)
    for n in rows.dtype.names:
        if n != column:
            other[n] = rows[n]
    return other


VALUES = [
    ("profile", "count", 3, -1), ("profile", "count", 0, 0), ("profile", "time_ns", 2, -5),
    ("profile", "time_ns", 1, 2**63 - 1), ("profile", "min_ns", 1, 10**9), ("profile", "max_ns", 0, 10**15),
    ("profile", "rank", 0, 99), ("profile", "rank", -1, 0), ("profile", "path", 4, 10**6), ("profile", "region", 0, 7),
    ("profile", "comm", 0, 77), ("profile", "call", 1, b"MPI_Nothing"), ("profile", "size_class", 0, 65),
    ("profile", "bytes_in", 0, -8), ("profile", "bytes_out", 0, -8), ("profile", "thread", 0, 10**8),
    ("compute", "from_path", 0, NONE), ("compute", "to_path", 0, 10**6), ("compute", "from_call", 0, 60000),
    ("compute", "count", 0, -3), ("compute", "max_ns", 0, -1),
    ("messages", "peer", 0, 1000), ("messages", "comm", 0, 1000), ("messages", "sent_count", 0, -1),
    ("messages", "recv_bytes", 0, -1),
    ("events", "path", 0, 10**6), ("events", "call", 0, 65535), ("events", "leave_ns", 0, -2), ("events", "rank", 0, 3),
    ("events", "enter_ns", 0, -2**63), ("events", "bytes", 0, -1),
    ("paths", "parent", 2, 2), ("paths", "parent", 1, 5), ("paths", "parent", 0, 0), ("paths", "address", 1, NONE),
    ("regions", "parent", 1, 1), ("regions", "parent", 0, 1),
    ("addresses", "module", 0, 9), ("addresses", "first_frame", 0, 10**6), ("addresses", "frame_count", 0, NONE),
    ("comms", "size", 0, NONE),
    ("ranks", "rank", 1, 0), ("ranks", "state", 0, b"sleeping"), ("ranks", "wall_ns", 0, -1),
    ("ranks", "last_path", 0, 10**6), ("ranks", "last_call", 0, b"MPI_Nothing"), ("ranks", "profile_count", 0, 2**40),
    ("ranks", "events_count", 1, 2**64 - 1), ("ranks", "pid", 0, -1), ("ranks", "in_call", 0, 2),
    ("run", "ranks", None, 5), ("run", "ranks", None, -4), ("run", "wall_ns", None, -1), ("run", "complete", None, 2),
]

with Scratch() as folder:
    job, whole = os.path.join(folder, "job"), os.path.join(folder, "whole.pmprof.h5")
    file = os.path.join(folder, "wrong.pmprof.h5")
    good("make", job, 4, "lanes=2")
    good("write", whole, job, "keep=1")
    good("read", whole)

    for table, column, row, value in VALUES:
        try:
            wrong_value(whole, file, table, column, row, value)
        except OverflowError:  # numpy keeps us from writing it
            pass
    replaced(whole, file, "profile", lambda f, r: f.create_dataset("profile", data=retyped(r, "count", "S16")))
    replaced(whole, file, "profile", lambda f, r: f.create_dataset("profile", data=retyped(r, "count", "f8")))
    replaced(whole, file, "profile", lambda f, r: f.create_dataset("profile", data=retyped(r, "call", "i4")))
    replaced(whole, file, "profile", lambda f, r: f.create_dataset("profile", data=r["count"]))
    replaced(whole, file, "profile", lambda f, r: f.create_dataset("profile", data=r.reshape(1, -1)))
    replaced(whole, file, "profile", lambda f, r: f.create_dataset("profile", shape=(2**39,), dtype=r.dtype,
                                                                   chunks=(65536,)))
    replaced(whole, file, "profile", lambda f, r: f.create_dataset("profile", shape=(10**9,), dtype=r.dtype,
                                                                   chunks=(10**9 // 50,), compression=1))
    replaced(whole, file, "profile", lambda f, r: f.create_group("profile"))
    replaced(whole, file, "profile", lambda f, r: None)
    replaced(whole, file, "profile", lambda f, r: f.__setitem__("profile", h5py.ExternalLink(whole, "/profile")))
    replaced(whole, file, "profile", lambda f, r: f.__setitem__("profile", h5py.SoftLink("/ranks")))
    replaced(whole, file, "profile", lambda f, r: f.create_dataset("profile", shape=r.shape, dtype=r.dtype,
                                                                   external=[("/etc/passwd", 0, 10**6)]))
    replaced(whole, file, "profile", lambda f, r: f.create_dataset("profile", data=r, compression="lzf"))
    replaced(whole, file, "modules", lambda f, r: f.create_dataset(
        "modules", data=numpy.array([("a", "b")], dtype=[("path", h5py.string_dtype()), ("build_id", "S40")])))
    replaced(whole, file, "paths", lambda f, r: f.create_dataset("paths", data=r[:0]))
    replaced(whole, file, "ranks", lambda f, r: f.create_dataset("ranks", data=r[["rank", "host"]]))
    # more than we know is no reason to refuse; neither is another byte order or width
    shutil.copyfile(whole, file)
    with h5py.File(file, "r+") as f:
        rows = f["messages"][:]
        del f["messages"]
        wider = numpy.zeros(len(rows), dtype=[("new", "f4")] + [(n, ">i8") for n in rows.dtype.names])
        for n in rows.dtype.names:
            wider[n] = rows[n]
        f.create_dataset("messages", data=wider)
        f.attrs.modify("minor", 9)
        f.create_group("future")
    check(good("read", file, "dump=1") == good("read", whole, "dump=1"), "a later minor version reads the same")

    shutil.copyfile(whole, file)
    with h5py.File(file, "r+") as f:
        f.attrs.modify("major", 2)
    expect(file, VERSION, "newer", name="newer")
    with h5py.File(file, "w") as f:
        f["x"] = 1
    expect(file, FORMAT, "not one of pmprof", name="foreign HDF5")
    for data, words in ((b"", ("empty",)), (b"hello\n" * 1000, ("not an HDF5 file",))):
        with open(file, "wb") as f:
            f.write(data)
        expect(file, FORMAT, *words, name="no HDF5")
    with open(whole, "rb") as f:
        data = f.read()
    for size in (1, 100, 4096, len(data) // 2, len(data) - 1):
        with open(file, "wb") as f:
            f.write(data[:size])
        code, _, err = run("read", file)
        check(code in (FORMAT, TRUNCATED) and err.count("\n") == 1, f"cut at {size}: exit {code}: {err}")
    expect(os.path.join(folder, "none.h5"), NOTFOUND, name="missing")
    expect(folder, FORMAT, "folder", name="folder")
    expect("/dev/zero", FORMAT, "regular", name="device")
    os.mkfifo(os.path.join(folder, "pipe"))
    expect(os.path.join(folder, "pipe"), FORMAT, "regular", name="pipe")
finish()
