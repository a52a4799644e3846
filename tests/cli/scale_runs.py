#!/usr/bin/env python3
"""pmprof scale on real programs: what it runs, in which order, what it keeps, what it takes for a failure: BUILD SOURCE"""
import json
import os
import pty
import re
import select
import shutil
import sys

from scale_harness import Sweeps

STRIPES = "2000000"


def script(t, name, text):
    with open(t.path(name), "w") as f:
        f.write("#!/bin/sh\n" + text + "\n")
    os.chmod(t.path(name), 0o755)


def rounds(t):
    """1, 2 and 3 ranks (and 4, one run), every round complete, files as they are on record; the same seed, the same order"""
    orders = []
    for name in ("a", "b"):
        out, err = t.scale("--ranks", "3,1,2", "--repeat", "2", "--precision", "0", "--seed", "7", "--copies", "no",
                           "--out", name, "--", "./pi", STRIPES)
        runs = t.runs(name, "run")
        orders.append([(row["ranks"], row["repeat"]) for row in runs])
        for i in (0, 3):
            t.check(sorted(orders[-1][i:i + 3]) == [(n, i // 3 + 1) for n in (1, 2, 3)], f"round {i}: {orders[-1]}")
        t.check(len(t.runs(name, "warmup")) == 1 and t.runs(name)[0]["ranks"] == 3, f"warm-up: {t.runs(name)[0]}")
        t.check("run 6 of 6" in err and re.search(r"Speedup +relative to 1 rank", out), f"{err}\n{out}")
        if len(os.sched_getaffinity(0)) == 2:
            t.check("3 ranks on 2 processors: oversubscribed, no verdict for 3" in err, err)
    t.check(orders[0] == orders[1], f"the same seed, another order: {orders}")
    t.check_files("a")
    for row in t.runs("a", "run"):
        text = t.read("a", row["file"].replace(".pmprof.h5", ".out"))
        t.check(f"{row['ranks']} ranks, {STRIPES} stripes" in text, f"{row['file']}: {text}")


def going_on(t):
    """what is there is not run again, more can be asked for, other runs are refused"""
    t.scale("--ranks", "1,2", "--repeat", "1", "--warm-up", "0", "--copies", "no", "--out", "r", "--", "./pi", STRIPES)
    before = t.runs("r")
    _, err = t.scale("--resume", "r")
    t.check(t.runs("r") == before and "all runs are there" in err, f"nothing to do: {err}")
    t.scale("--resume", "r", "--ranks", "1,2,3", "--format", "json")
    t.check([row["ranks"] for row in t.runs("r", "run")][2:] == [3], f"one more number: {t.runs('r')}")
    os.unlink(t.path("r", "pi.n2.r1.pmprof.h5"))
    _, err = t.scale("--resume", "r", "--ranks", "1,2")
    t.check("does not count" in err and t.runs("r", "run")[-1]["ranks"] == 2, f"a lost file: {err}")
    for argv, what in ((["--", "./pi", "7"], "arguments"), (["--weak", "--", "./pi", STRIPES], "scaling"),
                       (["--launch", "mpirun --tag-output -np {n}", "--", "./pi", STRIPES], "launcher"),
                       (["--mode", "off", "--", "./pi", STRIPES], "mode"),
                       (["--serial", "/bin/true", "--", "./pi", STRIPES], "serial")):
        _, err = t.scale("--ranks", "1,2", "--out", "r", *argv, code=2)
        t.check(what in err and "--fresh" in err and err.count("\n") == 1, f"{argv}: {err}")
    shutil.copy(t.path("ring"), t.path("pi"))
    _, err = t.scale("--ranks", "1,2", "--out", "r", "--", "./pi", STRIPES, code=2)
    t.check("another build" in err, f"another build: {err}")
    shutil.copy(os.path.join(t.build, "examples", "pi"), t.path("pi"))
    t.scale("--ranks", "1", "--repeat", "1", "--warm-up", "0", "--out", "r", "--fresh", "--", "./pi", "7")
    t.check(sorted(os.listdir(t.path("r"))) == ["pi.n1.r1.out", "pi.n1.r1.pmprof.h5", "scale.json"],
            f"--fresh: {os.listdir(t.path('r'))}")


def serial(t):
    script(t, "serial", 'sleep 0.3; echo "serial $1"')
    out, _ = t.scale("--ranks", "1,2", "--repeat", "2", "--serial", "./serial 'a  b'", "--copies", "no", "--out", "s",
                     "--format", "json", "--", "./pi", STRIPES)
    rows = t.runs("s", "serial")
    t.check(len(rows) == 2 and all(row["wall_s"] >= 0.3 and not row["file"] for row in rows), f"serial: {rows}")
    t.check(t.read("s", "pi.serial.r1.out") == "serial a  b\n", "output of the serial program")
    t.check("serial" in json.dumps(json.loads(out)), "the report does not know the serial program")
    script(t, "serial", "echo broken; exit 3")
    _, err = t.scale("--ranks", "1,2", "--serial", "./serial", "--out", "s2", "--warm-up", "0", "--seed", "1", "--copies",
                     "no", "--", "./pi", STRIPES, code=1)
    t.check("serial program" in err and "exit code 3" in err and "  broken" in err, f"failing serial program: {err}")


def weak(t):
    out, _ = t.scale("--ranks", "1,2,4", "--repeat", "1", "--warm-up", "0", "--weak", "--out", "w", "--format", "json",
                     "--", "./pi", "{n*1000000}")
    for n in (1, 2, 4):
        t.check(f"{n} ranks, {n}000000 stripes" in t.read("w", f"pi.n{n}.r1.out"), f"weak scaling, {n} ranks")
    t.check(json.loads(out)["scaling"] == "weak", "the report takes it for strong scaling")


def failures(t):
    _, err = t.scale("--ranks", "1,2", "--out", "f", "--warm-up", "0", "--", "./pi", "0", code=1)
    t.check("failed: exit code 2" in err and "stripes must be positive" in t.read("f", t.runs("f")[0] and
            [n for n in os.listdir(t.path("f")) if n.endswith(".out")][0]), f"failing program: {err}")
    t.check([row["status"] for row in t.runs("f")] == [2], f"failing program: {t.runs('f')}")
    _, err = t.scale("--ranks", "1,2", "--out", "f", "--repeat", "1", "--", "./pi", STRIPES)  # the mistake is mended
    script(t, "picky", '[ "$OMPI_COMM_WORLD_SIZE" = 2 ] && exit 5\nexec ./pi "$@"')
    _, err = t.scale("--ranks", "1,2,3", "--out", "p", "--repeat", "2", "--keep-going", "--copies", "no", "--", "./picky",
                     STRIPES, code=1)
    t.check(len([row for row in t.runs("p", "run") if row["status"] == 5]) == 1 and
            len([row for row in t.runs("p", "run") if row["status"] == 0]) == 4, f"--keep-going: {t.runs('p')}\n{err}")
    _, err = t.scale("--ranks", "2", "--out", "e", "--", "echo", "hi", code=1)
    t.check("nothing was recorded" in err and "doctor" in err, f"no MPI program: {err}")
    _, err = t.scale("--ranks", "2", "--launch", "env N={n} mpirun -np 1", "--out", "o", "--", "./pi", STRIPES, code=1)
    t.check("MPI_COMM_WORLD has 1 rank" in err, f"wrong number of ranks: {err}")
    _, err = t.scale("--ranks", "2", "--out", "x", "--repeat", "1", "--warm-up", "0", "--", "./crash", "exit", code=1)
    t.check("failed" in err, f"a rank without MPI_Finalize: {err}")


def streams(t):
    with open(t.path("input"), "w") as f:
        f.write("from the file\n")
    script(t, "reader", 'cat; exec ./pi "$@"')
    with open(t.path("input")) as f:
        _, err = t.scale("--ranks", "1", "--repeat", "2", "--out", "i", "--show-output", "--", "./reader", STRIPES, stdin=f)
    t.check(err.count("from the file") == 3, f"each run gets the file, and shows it: {err}")
    t.check("from the file" in t.read("i", "reader.n1.r2.out"), "output of the second run")
    _, err = t.scale("--ranks", "1", "--repeat", "1", "--out", "q", "-q", "--expect", "speedup(2) > 1", "--", "./pi", code=5)
    t.check(err.count("\n") == 1, f"--quiet: {err}")
    _, err = t.scale("--ranks", "1", "--expect", "spedup(2) > 1", "--out", "n", "--", "./pi", code=2)
    t.check("speedup" in err and not os.path.exists(t.path("n")), f"a typo is found before the first run: {err}")


def terminal(t):
    """one line that is redrawn and fits"""
    master, slave = pty.openpty()
    process = t.start("--ranks", "1", "--repeat", "2", "--out", "t", "--", "./pi", "300000000", stderr=slave)
    os.close(slave)
    text = b""
    while process.poll() is None or select.select([master], [], [], 0.1)[0]:
        if select.select([master], [], [], 0.1)[0]:
            try:
                text += os.read(master, 4096)
            except OSError:
                break
    process.communicate()
    os.close(master)
    drawn = [part for part in text.decode().split("\r\033[K") if part.startswith("run 1 of 2: 1 rank, repeat 1, ")]
    t.check(drawn and all(len(part) < 80 and "\n" not in part for part in drawn), f"terminal: {text}")


def main():
    t = Sweeps("pi", "crash", "ring")
    for part in (rounds, going_on, serial, weak, failures, streams, terminal):
        if len(sys.argv) <= 3 or part.__name__ in sys.argv[3:]:
            part(t)
    t.check(not t.left_over(), f"left over: {t.left_over()}")
    t.end()


if __name__ == "__main__":
    main()
