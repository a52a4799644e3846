#!/usr/bin/env python3
"""Run a program that knows its counts, bytes and messages, and compare with what was recorded: exact.py LIBRARY PROGRAM RANKS [ARGUMENT...]

Compared are the arenas themselves, left in place because no writer is found. With --pmprof, the file is written as well, in a
second run; its tables, read by h5py, and the numbers of `pmprof report --format json --per-rank` are compared with the same
expectation.
"""
import argparse
import glob
import json
import os
import subprocess
import sys
import tempfile

import h5py

from arena_reader import Arena


def run(options, folder, **variables):
    environment = dict(os.environ, PMPROF_SCRATCH=folder, PMPROF_JOB="test", **variables)
    environment["TMPDIR"] = folder
    preload = ["env", f"LD_PRELOAD={options.library}"]
    command = ["timeout", "100", "mpirun", "-np", str(options.ranks), *preload, options.program, folder, *options.arguments]
    result = subprocess.run(command, env=environment, capture_output=True, text=True)
    if result.returncode != 0:
        sys.exit(f"{options.program} ended with {result.returncode}\n{result.stdout}{result.stderr}")
    return result.stderr


def expectations(folder, ranks):
    """Per rank: calls and peers, in the form of Arena.calls() and Arena.peers()"""
    found = []
    for rank in range(ranks):
        with open(os.path.join(folder, f"expected.{rank}.json"), encoding="utf-8") as file:
            data = json.load(file)
        calls = {c["call"]: [c["count"], c["bytes_out"], c["bytes_in"]] for c in data["calls"]}
        peers = {p["peer"]: [p["sent"], p["sent_bytes"], p["received"], p["received_bytes"]] for p in data["peers"]}
        found.append((calls, peers))
    return found


def compare(where, what, expected, recorded):
    """Both ways: nothing missing, nothing added. Return: number of differences, each printed."""
    differences = 0
    for key in sorted(set(expected) | set(recorded), key=str):
        if expected.get(key) != recorded.get(key):
            print(f"{where}: {what} {key}: expected {expected.get(key)}, recorded {recorded.get(key)}")
            differences += 1
    return differences


def check_comms(arenas):
    """A communicator has one number, on all its members and on nobody else."""
    members, differences = {}, 0
    for arena in arenas:
        for comm in arena.of_all_lanes("comm")[1:]:
            members.setdefault(comm.uid, []).append(comm)
    for uid, comms in members.items():
        sizes = {comm.size + comm.remote_size for comm in comms}
        if sizes != {len(comms)}:
            print(f"communicator {uid:#x}: {len(comms)} ranks know it, it has {sizes}")
            differences += 1
    return differences


def check_arenas(options, folder):
    run(options, folder, PMPROF_PLUGIN="/nonexistent", PMPROF_QUIET="1")
    paths = glob.glob(os.path.join(folder, "pmprof-*", "*", "rank-*.arena"))
    arenas = [Arena(path) for path in sorted(paths)]
    if len(arenas) != options.ranks:
        print(f"{len(arenas)} arenas of {options.ranks} ranks in {folder}")
        return 1
    differences = check_comms(arenas)
    expected = expectations(folder, options.ranks)
    for arena in arenas:
        rank = arena.header.rank
        differences += compare(f"rank {rank}", "calls", expected[rank][0], arena.calls())
        differences += compare(f"rank {rank}", "messages with", expected[rank][1], arena.peers())
        print(f"rank {rank}: {sum(row[0] for row in expected[rank][0].values())} calls of "
              f"{len(expected[rank][0])} kinds, messages with {len(expected[rank][1])} ranks")
        wall, parts = arena.interval()
        if abs(wall - parts) > 0.01 * wall:
            print(f"rank {rank}: compute, MPI, pauses and tool are {parts / wall:.4f} of the wall time")
            differences += 1
        if arena.header.warnings:
            print(f"rank {rank}: warnings {arena.header.warnings:#x}")
            differences += 1
    return differences


def check_file(path, expected):
    """The tables as a stranger reads them"""
    differences = 0
    with h5py.File(path) as file:
        profile, messages = file["profile"][:], file["messages"][:]
    for rank, (calls, peers) in enumerate(expected):
        found = {}
        for row in profile[profile["rank"] == rank]:
            add(found, row["call"].decode(), row, ("count", "bytes_out", "bytes_in"))
        differences += compare(f"file, rank {rank}", "calls", calls, found)
        found = {}
        for row in messages[messages["rank"] == rank]:
            add(found, int(row["peer"]), row, ("sent_count", "sent_bytes", "recv_count", "recv_bytes"))
        differences += compare(f"file, rank {rank}", "messages with", peers, found)
    return differences


def add(found, key, row, columns):
    old = found.get(key, [0] * len(columns))
    found[key] = [total + int(row[column]) for total, column in zip(old, columns)]


def report_of(options, out):
    """(calls per rank, messages, ranks) of the report, in the form of the expectations"""
    command = [options.pmprof, "report", out, "--format", "json", "--per-rank"]
    report = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    calls = [{} for _ in range(options.ranks)]
    for call in report["calls"]:
        for row in call["per_rank"]:
            if row["count"]:
                calls[row["rank"]][call["call"]] = [row["count"], row["bytes_out"], row["bytes_in"]]
    sent = {(m["src"], m["dst"]): [m["count"], m["bytes"]] for m in report["messages"]}
    return calls, sent, report["ranks"]


def check_report(options, folder):
    out = os.path.join(folder, "run.pmprof.h5")
    said = run(options, folder, PMPROF_OUT=out)
    if not os.path.exists(out):
        sys.exit(f"no file was written: {said}")
    calls, sent, ranks = report_of(options, out)
    expected = expectations(folder, options.ranks)
    differences = check_file(out, expected)
    expected_sent = {}
    for rank in range(options.ranks):
        differences += compare(f"report, rank {rank}", "calls", expected[rank][0], calls[rank])
        for peer, row in expected[rank][1].items():
            if row[0]:
                expected_sent[rank, peer] = row[:2]
    differences += compare("report", "messages", expected_sent, sent)
    for row in ranks:
        if row["state"] != "finalized":
            print(f"report, rank {row['rank']}: {row['state']}")
            differences += 1
        parts = sum(row[k] or 0 for k in ("compute_s", "mpi_s", "io_s", "paused_s", "tool_s") if k in row)
        if abs(parts - row["wall_s"]) > 0.01 * row["wall_s"]:
            print(f"report, rank {row['rank']}: parts {parts} of wall {row['wall_s']}")
            differences += 1
    return differences


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("library")
    parser.add_argument("program")
    parser.add_argument("ranks", type=int)
    parser.add_argument("arguments", nargs="*", help="of the program, behind the folder that it gets first")
    parser.add_argument("--pmprof", help="the command; compare its report as well")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="pmprof-exact-") as folder:
        differences = check_arenas(options, folder)
    if options.pmprof:
        with tempfile.TemporaryDirectory(prefix="pmprof-exact-") as folder:
            differences += check_report(options, folder)
    print(f"{differences} differences")
    sys.exit(1 if differences else 0)


if __name__ == "__main__":
    main()
