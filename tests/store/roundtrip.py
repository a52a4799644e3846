"""roundtrip.py - known numbers through arenas, writer, h5py and pandas, and our reader: equal at each end"""
import os

import h5py
import pandas

from store_harness import Scratch, check, finish, good

RANKS, PATHS, LANES = 5, 7, 2


def expected(rank):
    """rows of /profile of one rank and lane as (call, count, time, out, in), by mkarena.h"""
    rows = []
    for p in range(PATHS):
        count = 100 + rank + p
        rows.append(("MPI_Allreduce", count, count * 1000, count * 8, count * 8))
        if rank + 1 < RANKS:
            rows.append(("MPI_Send", 1, 2000, 64, 0))
        if rank > 0:
            rows.append(("MPI_Recv", 1, 2000, 0, 64))
    return rows


def check_profile(file):
    # the sentence of the documentation, word for word
    table = pandas.DataFrame(h5py.File(file)["profile"][:])
    table["call"] = table["call"].str.decode("ascii")
    for rank in range(RANKS):
        for lane in range(LANES):
            rows = table[(table["rank"] == rank) & (table["thread"] == lane)]
            got = sorted(zip(rows.call, rows["count"], rows.time_ns, rows.bytes_out, rows.bytes_in))
            check(got == sorted(expected(rank)), f"profile of rank {rank}, thread {lane}")
    check((table.min_ns <= table.max_ns).all() and (table.max_ns <= table.time_ns).all(), "min, max, time")
    check(table["rank"].is_monotonic_increasing, "profile is sorted by rank")


def check_others(file):
    f = h5py.File(file)
    compute = pandas.DataFrame(f["compute"][:])
    for rank in range(RANKS):
        rows = compute[compute["rank"] == rank]
        counts = sum(100 + rank + p for p in range(PATHS)) * LANES
        check(rows["count"].sum() == counts, f"gaps of rank {rank}")
        check(rows.time_ns.sum() == counts * 10000 * (rank + 1), f"computation of rank {rank}")
    messages = pandas.DataFrame(f["messages"][:])
    sent = {(r.rank, r.peer): (r.sent_count, r.sent_bytes) for r in messages.itertuples() if r.sent_count}
    check(sent == {(r, r + 1): (PATHS * LANES, 64 * PATHS * LANES) for r in range(RANKS - 1)}, "messages sent")
    got = {(r.rank, r.peer): (r.recv_count, r.recv_bytes) for r in messages.itertuples() if r.recv_count}
    check(got == {(r, r - 1): (PATHS * LANES, 64 * PATHS * LANES) for r in range(1, RANKS)}, "messages received")
    events = pandas.DataFrame({k: v[:] for k, v in f["events"].items()})
    # a ring of 16 with 40 events: the last 16 are left
    check((events.groupby(["rank", "thread"]).size() == 16).all(), "events kept")
    check((events.leave_ns - events.enter_ns == 1000).all(), "length of events")
    check(events.enter_ns.min() == 1000000 + 24 * 20000, "first event kept, on the common clock")
    ranks = pandas.DataFrame(f["ranks"][:])
    for name in ("profile", "compute", "messages"):
        for r in ranks.itertuples():
            first, count = getattr(r, name + "_first"), getattr(r, name + "_count")
            check((f[name][first:first + count]["rank"] == r.rank).all(), f"slice of rank {r.rank} in {name}")
    check((ranks.state == b"finalized").all() and (ranks.wall_ns == 10**9).all(), "ranks")
    check(f.attrs["format"] == b"pmprof" and f.attrs["ranks"] == RANKS and f.attrs["complete"] == 1, "attributes")
    check([r["name"] for r in f["regions"][:]] == [b"", b"solve"], "regions")
    # root, three shared frames, one leaf per path
    check(len(f["paths"]) == 1 + 3 + PATHS, "paths are merged over ranks and threads")
    parents = f["paths"][:]["parent"]
    check(all(parents[i] < i for i in range(1, len(parents))), "parents come first")


def check_reader(file):
    lines = good("read", file, "dump=1").splitlines()
    with h5py.File(file) as f:
        for row, line in zip(f["profile"][:], [x for x in lines if x.startswith("stat ")]):
            want = (f"stat {row['rank']} {row['thread']} path {row['path']} region {row['region']} comm {row['comm']} "
                    f"{row['call'].decode()} size {row['size_class']} count {row['count']} time {row['time_ns']} "
                    f"min {row['min_ns']} max {row['max_ns']} out {row['bytes_out']} in {row['bytes_in']}")
            check(line == want, f"'{line}' is not '{want}'")
        for table, word in (("profile", "stat"), ("compute", "gap"), ("messages", "message"), ("paths", "path")):
            check(len(f[table]) == sum(x.startswith(word + " ") for x in lines), f"rows of {table}")


with Scratch() as folder:
    jobs, file = os.path.join(folder, "job"), os.path.join(folder, "out.pmprof.h5")
    good("make", jobs, RANKS, f"paths={PATHS}", f"lanes={LANES}", "events=40", "ring=16")
    said = good("write", file, jobs)
    check(said.startswith(f"ranks {RANKS} complete 1 wall 1.000000000"), said)
    check(not os.path.exists(jobs), "arenas and folder are gone after success")
    check(not os.path.exists(file + ".part"), "no .part is left")
    check_profile(file)
    check_others(file)
    check_reader(file)
finish()
