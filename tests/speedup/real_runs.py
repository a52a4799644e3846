#!/usr/bin/env python3
"""Programs whose missing speedup has a known cause, really run on 1, 2 and 4 ranks: real_runs.py BUILD CASE

Compared are parts of one report with each other, no absolute times. Where other processes had the processors, which the reports say
themselves, a case is tried again, and skipped in the end.
"""
import json
import os
import re
import subprocess
import sys
import tempfile

SKIPPED = 77
TRIES = 3
build, case = os.path.abspath(sys.argv[1]), sys.argv[2]
SOURCE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "examples")
pmprof = os.path.join(build, "bin", "pmprof")


class Disturbed(Exception):
    pass


def require(condition, text):
    """Not met: perhaps the machine's fault."""
    if not condition:
        raise Disturbed(text)


def line_of(program, pattern):
    with open(os.path.join(SOURCE, program + ".c"), encoding="utf-8") as file:
        return [number for number, line in enumerate(file, 1) if re.search(pattern, line)]


def sweep(folder, program, *arguments, ranks="1,2", repeat=3, options=()):
    out = tempfile.mkdtemp(dir=folder)
    done = subprocess.run([pmprof, "scale", "--ranks", ranks, "--repeat", str(repeat), "--out", out, "--format", "json", *options, "--",
                           os.path.join(build, "examples", program), *arguments],
                          cwd=folder, capture_output=True, text=True, timeout=200, check=False)
    if done.returncode not in (0, 1, 5):
        sys.exit(f"pmprof scale: {done.returncode}\n{done.stderr}")
    report = json.loads(done.stdout)
    for point in report["points"]:
        total = sum(part["ranks"] for part in point["parts"])
        if abs(total - point["missing_ranks"]) > 1e-9 * (len(point["parts"]) + 1):  # each printed with nine places
            sys.exit(f"parts sum up to {total} of {point['missing_ranks']}")
    return report


def point(report, ranks):
    return next(p for p in report["points"] if p["ranks"] == ranks)


def part(report, ranks, *causes):
    parts = [p for p in point(report, ranks)["parts"] if p["cause"] in causes]
    return parts[0] if parts else {"ranks": 0.0, "places": []}


def undisturbed(report, ranks=2):
    shared = part(report, ranks, "shared processors")["ranks"]
    require(shared < 0.03 * ranks, f"{shared} ranks' worth had no processor")


def largest_but_start(report, ranks):
    return next(p for p in point(report, ranks)["parts"] if p["cause"] != "start-up")


def processors():
    return len(os.sched_getaffinity(0))


def amdahl(folder):
    report = sweep(folder, "amdahl", "--serial-fraction", "0.2", "--work", "800")
    found = largest_but_start(report, 2)
    undisturbed(report)
    require(part(report, 2, "serial part")["places"], "no serial part")
    place = part(report, 2, "serial part")["places"][0]
    require(abs(point(report, 2)["karp_flatt"] - 0.2) <= 0.02, f"Karp-Flatt {point(report, 2)['karp_flatt']}")
    require(found["cause"] == "serial part", f"named is {found['cause']}")
    require(place["region"] == "serial" and place["line"] in line_of("amdahl", r'PMPROF_REGION\("serial"\)|serial_part\(o'),
            f"place {place}")
    require(place["rank"] == 0, f"rank {place['rank']}")


def repeated(folder):
    report = sweep(folder, "amdahl", "--serial-fraction", "0.3", "--work", "800", "--repeat-all")
    found = largest_but_start(report, 2)
    undisturbed(report)
    require(found["cause"] == "repeated work" and found["places"][0]["region"] == "serial", f"named is {found}")


def chatty(folder):
    report = sweep(folder, "chatty", "--messages", "200000", "--work", "400")
    found = largest_but_start(report, 2)
    undisturbed(report)
    require(found["cause"] in ("communication", "transfer"), f"named is {found['cause']}")
    require(found["places"][0]["call"] == "MPI_Sendrecv" and found["places"][0]["line"] in line_of("chatty", "MPI_Sendrecv"),
            f"place {found['places'][0]}")


def imbalance(folder):
    report = sweep(folder, "imbalance", "--factor", "4")  # sleeps: needs no processor of its own
    found = largest_but_start(report, 2)
    require(found["cause"] == "load imbalance" and found["places"][0]["region"] == "solve", f"named is {found}")


def bandwidth(folder):
    report = sweep(folder, "bandwidth", "--table", "24", "--passes", "150")
    alone = sum(point(report, 1)["times_s"]) / 3
    copies = [c for c in report["copies"] if c["copies"] == 2]
    found = largest_but_start(report, 2)
    undisturbed(report)
    if not copies or max(copies[0]["computes_s"]) < 1.15 * alone:
        print("two copies do not slow each other down on this machine")
        sys.exit(SKIPPED)
    require(found["cause"] == "slower computation", f"named is {found['cause']}")


def false_sharing(folder):
    """A cache line that processors take from each other, which they do on every machine; and the same program without sharing."""
    counters = os.path.join(folder, "counters")
    report = sweep(folder, "bandwidth", "--counters", counters, "--passes", "40")
    found = largest_but_start(report, 2)
    undisturbed(report)
    require(found["cause"] == "slower computation", f"named is {found['cause']}")
    require(found["places"][0]["region"] == "count" and found["places"][0]["line"] in line_of("bandwidth", r'PMPROF_REGION\("count"\)'),
            f"place {found['places'][0]}")
    apart = sweep(folder, "bandwidth", "--counters", counters, "--apart", "--passes", "100")
    undisturbed(apart)
    slower = part(apart, 2, "slower computation", "more computation", "longer computation")
    require(slower["ranks"] < 0.2, f"nothing is shared, but {slower}")


def pi(folder):
    report = sweep(folder, "pi", options=["--expect", "speedup(2) >= 1.8"])
    undisturbed(report)
    require(report["expectations"][0]["verdict"] == "PASS", f"{report['expectations'][0]['found']}")


def crowded(folder):
    """More ranks than processors: marked, no verdict, no fit, unless forced."""
    ranks = 2 * processors()
    report = sweep(folder, "amdahl", "--work", "50", ranks=f"1,{ranks}", repeat=2, options=["--expect", f"speedup({ranks}) >= 0.01"])
    forced = sweep(folder, "amdahl", "--work", "50", ranks=f"1,{ranks}", repeat=2,
                   options=["--expect", f"speedup({ranks}) >= 0.01", "--force-oversubscribed"])

    if not point(report, ranks)["oversubscribed"] or "oversubscribed" not in report["verdict"]:
        sys.exit(f"not said to be oversubscribed: {report['verdict']}")
    if report["expectations"][0]["verdict"] != "INCONCLUSIVE" or forced["expectations"][0]["verdict"] == "INCONCLUSIVE":
        sys.exit("verdicts on oversubscribed runs")
    if not all(fit["refusal"] for fit in report["fits"]):
        sys.exit("fits")


def main():
    needs = 1 if case in ("crowded", "imbalance") else 2
    if processors() < needs:
        print("needs 2 processors")
        sys.exit(SKIPPED)
    for _ in range(TRIES):
        try:
            with tempfile.TemporaryDirectory(prefix="pmprof-speedup-") as folder:
                globals()[case](folder)
            sys.exit(0)
        except Disturbed as reason:
            print("again:", reason)
            last = str(reason)
    if "had no processor" in last:
        print("other processes had the processors")
        sys.exit(SKIPPED)
    sys.exit(1)


if __name__ == "__main__":
    main()
