#!/usr/bin/env python3
"""pmprof scale: what is wrong with a command line is said in one line, before anything runs: BUILD SOURCE"""
import os

from scale_harness import Sweeps

USAGE, INPUT = 2, 3

WRONG = [
    ([], USAGE, "no program given"),
    (["--ranks", "1,2,x", "--", "./pi"], USAGE, "'x' in '--ranks 1,2,x'"),
    (["--ranks", "1,,2", "--", "./pi"], USAGE, "''"),
    (["--ranks", "", "--", "./pi"], USAGE, "''"),
    (["--ranks", "1,2,", "--", "./pi"], USAGE, "''"),
    (["--ranks", "0,2", "--", "./pi"], USAGE, "'0'"),
    (["--ranks", "-1", "--", "./pi"], USAGE, "'-1'"),
    (["--ranks", "1-4", "--", "./pi"], USAGE, "'1-4'"),
    (["--ranks", "99999999999", "--", "./pi"], USAGE, "'99999999999'"),
    (["--ranks", "2,1,2", "--", "./pi"], USAGE, "2 stands twice"),
    (["--repeat", "0", "--", "./pi"], USAGE, "--repeat"),
    (["--warm-up", "x", "--", "./pi"], USAGE, "--warm-up"),
    (["--precision", "2", "--", "./pi"], USAGE, "--precision 1%"),
    (["--precision", "-1%", "--", "./pi"], USAGE, "no precision"),
    (["--copies", "maybe", "--", "./pi"], USAGE, "auto, yes, no"),
    (["--launch", "mpirun -np 4", "--", "./pi"], USAGE, "has no {n}"),
    (["--launch", "mpirun -np {N}", "--", "./pi"], USAGE, "has no {n}"),
    (["--launch", "", "--", "./pi"], USAGE, "--launch is empty"),
    (["--launch", "mpirun -np {n} | cat", "--", "./pi"], USAGE, "sh -c"),
    (["--launch", "mpirun '-np {n}", "--", "./pi"], USAGE, "not closed"),
    (["--launch", "nompirun {n}", "--", "./pi"], INPUT, "no launcher 'nompirun'"),
    (["--serial", "./serial 'x", "--", "./pi"], USAGE, "--serial"),
    (["--serial", "./serial", "--", "./pi"], INPUT, "no program './serial'"),
    (["--mode", "profil", "--", "./pi"], USAGE, "profil"),
    (["--format", "jsn", "--", "./pi"], USAGE, "json"),
    (["--repat", "3", "--", "./pi"], USAGE, "did you mean '--repeat'"),
    (["--", "./nopi"], INPUT, "no program './nopi'"),
    (["--", "mpirun", "-np", "2", "./pi"], USAGE, "--launch 'mpirun -np {n}'"),
    (["--out", "file", "--", "./pi"], INPUT, "not a folder"),
    (["--out", "no/such/place", "--", "./pi"], INPUT, "no/such/place"),
    (["--resume", "nowhere"], INPUT, "nowhere"),
    (["--resume", "empty"], INPUT, "scale.json"),
    (["--resume", "broken"], INPUT, "not valid JSON"),
    (["--resume", "foreign"], INPUT, "file must be the name of a file in the folder"),
    (["--resume", "empty", "--", "./pi"], USAGE, "leave './pi' out"),
    (["--resume", "empty", "--launch", "mpirun -np {n}"], USAGE, "--launch"),
    (["--resume", "empty", "--fresh"], USAGE, "--fresh"),
    (["--resume", "empty", "--weak"], USAGE, "--weak"),
    (["--ranks", "1,2", "--", "./pi", "{n*9223372036854775807}"], USAGE, "too large"),
]

FOREIGN = """{"format": "pmprof-scale", "version": 1, "command": ["./pi"], "launch": "mpirun -np {n}", "mode": null,
"scaling": "strong", "serial_command": null, "program_hash": null, "serial_hash": null, "ranks": [1, 2], "repeat": 1,
"warm_up": 0, "precision": 0.0, "copies": "no", "seed": 1, "processors": 2, "runs": [{"kind": "run", "ranks": 1,
"repeat": 1, "copies": 0, "file": "../../x.pmprof.h5", "wall_s": 1, "cpu_s": 1, "status": 0, "started": ""}]}"""


def main():
    t = Sweeps("pi")
    for name in ("empty", "broken", "foreign"):
        os.mkdir(t.path(name))
    for name, text in (("file", ""), ("broken/scale.json", "{,}"), ("foreign/scale.json", FOREIGN)):
        with open(t.path(name), "w") as f:
            f.write(text)
    before = sorted(os.listdir(t.folder))
    for argv, code, part in WRONG:
        out, err = t.scale(*argv, code=code)
        lines = [line for line in err.splitlines() if "oversubscribed" not in line and " each, to '" not in line]
        t.check(part in err and len(lines) == 1 and not out, f"{argv}: {err!r}")
    made = [name for name in os.listdir(t.folder) if name not in before]
    t.check(made in ([], ["pi.scale"]), f"left behind: {made}")
    t.end()


if __name__ == "__main__":
    main()
