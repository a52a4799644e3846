#!/usr/bin/env python3
"""Call paths of Python programs are Python's functions, with their lines and exact counts: frames_test.py PMPROF PROGRAM RANKS

PROGRAM is frames.py. The line of each mark `# at NAME` in it is looked up here.
"""
import json
import os
import re
import subprocess
import sys
import tempfile

PMPROF, PROGRAM, RANKS = sys.argv[1], sys.argv[2], int(sys.argv[3])
MOVED = {"MPI_Barrier", "MPI_Allreduce", "MPI_Bcast", "MPI_Scan", "MPI_Exscan"}
bad = []

# (call, marks from inside out): calls on each rank
WANTED = {
    ("MPI_Barrier", "leaf leaf-1", "twice twice-1", "main main-twice"): 7,
    ("MPI_Barrier", "leaf leaf-2", "twice twice-1", "main main-twice"): 7,
    ("MPI_Barrier", "leaf leaf-1", "twice twice-2", "main main-twice"): 7,
    ("MPI_Barrier", "leaf leaf-2", "twice twice-2", "main main-twice"): 7,
    ("MPI_Barrier", "Größe.value.<locals>.closure closure", "Größe.value.<locals>.<listcomp> comprehension", "Größe.value comprehension",
     "Größe.méthode method", "main main-method"): 8,
    ("MPI_Allreduce", "Größe.value.<locals>.<lambda> lambda", "Größe.value lambda", "Größe.méthode method", "main main-method"): 2,
    ("MPI_Bcast", "generator generator", "main main-generator"): 3,
    ("MPI_Scan", "deep bottom", *["deep deep"] * 5, "main main-deep"): 1,
    ("MPI_Scan", "deep bottom", *["deep deep"] * 63): 1,
    ("MPI_Exscan", "in_thread thread"): 5,
    ("MPI_Barrier", "main.<locals>.<lambda> map", "main map"): 3,
    ("MPI_Barrier", "main.<locals>.<lambda> key", "main key"): 3,
    **{("MPI_Barrier", f"made_{n} made{n}.py:{n + 2}", f"<module> made{n}.py:{n + 3}", "replaced exec", "main main-replaced"): 1
       for n in range(20)},
}
if RANKS == 1:
    WANTED[("MPI_Barrier", "Reducer.__reduce__ reduce", "main main-pickled")] = 1


def check(condition, text):
    if not condition:
        bad.append(text)


def run(*command, **more):
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False,
                          env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1", **more})
    check(done.returncode == 0, f"{command}: {done.returncode} {done.stdout} {done.stderr}")
    return done.stdout


def lines():
    """mark -> line"""
    with open(PROGRAM, encoding="utf-8") as f:
        marks = {m.group(1): n for n, text in enumerate(f, 1) for m in re.finditer(r"# at ([\w-]+)", text)}
    with open(PROGRAM, encoding="utf-8") as f:
        marks["method"] = next(n for n, text in enumerate(f, 1) if "return self.value" in text)
    return marks


def wanted_paths(marks):
    """As the report has them: (call, "function file:line" from inside out)"""
    paths = {}
    for (call, *frames), count in WANTED.items():
        texts = []
        for frame in frames:
            function, mark = frame.rsplit(" ", 1)
            texts.append(f"{function} {mark}" if ":" in mark else f"{function} frames.py:{marks[mark]}")
        if len(frames) > 60:
            texts.append("(deeper frames left out) ?:None")
        elif not frames[-1].startswith("in_thread"):
            texts.append(f"<module> frames.py:{marks['module']}")
        paths[(call, *texts)] = count * RANKS
    return paths


def found_paths(report):
    paths = {}
    for row in report["paths"]:
        frames = [f"{frame['function']} {os.path.basename(frame['file'] or '?')}:{frame['line']}" for frame in row["frames"]]
        # the standard library's own frames around the thread's function
        frames = [text for text in frames if " threading.py:" not in text]
        if row["call"] in MOVED and any(".py:" in text for text in frames):
            paths[(row["call"], *frames)] = paths.get((row["call"], *frames), 0) + row["count"]
    return paths


def compare(found, wanted):
    if RANKS == 1:  # of mpi4py's own
        found = {path: count for path, count in found.items() if path[0] != "MPI_Bcast" or path in wanted}
    for path in sorted(set(found) | set(wanted)):
        if found.get(path) != wanted.get(path):
            bad.append(f"{found.get(path)} times, not {wanted.get(path)}: {' < '.join(path[:8])}")


def main():
    marks = lines()
    with tempfile.TemporaryDirectory(prefix="pmprof-frames-") as folder:
        out = os.path.join(folder, "frames.pmprof.h5")
        for launcher in ([], ["-m", "mpi4py"]):
            run(PMPROF, "run", "-q", "--out", out, "--", "mpirun", "-np", str(RANKS), "/usr/bin/python3", *launcher, PROGRAM)
            report = json.loads(run(PMPROF, "report", "--format", "json", out))
            found = found_paths(report)
            if launcher:  # runpy's frames come before the program's; the program's are the same
                found = {tuple(text for text in path if " runpy.py:" not in text): count for path, count in found.items()}
            compare(found, wanted_paths(marks))
        text = run(PMPROF, "report", "--all", out)
        check("interpreter" not in text, f"a warning: {text}")
        check(f"frames.py:{marks['leaf-1']}" in text and "leaf (frames.py" in text, f"not in the text: {text}")
    print("\n".join(bad) or f"{len(WANTED)} call paths of Python on {RANKS} ranks")
    sys.exit(bool(bad))


if __name__ == "__main__":
    main()
