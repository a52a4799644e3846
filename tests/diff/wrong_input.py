#!/usr/bin/python3
"""What users of diff and baseline get wrong: one line that says what and what to do, the right exit code, nothing on stdout.
wrong_input.py PMPROF FOLDER_OF_PROGRAMS"""
import copy
import json
import os
import subprocess
import sys
import tempfile

failed = []


def check(condition, text):
    if not condition:
        failed.append(text)
        print("WRONG:", text)


def main():
    pmprof, programs = (os.path.abspath(path) for path in sys.argv[1:3])
    with tempfile.TemporaryDirectory(prefix="pmprof-diff-") as folder:
        os.chdir(folder)

        def run(*arguments, **more):
            return subprocess.run([pmprof, *arguments], capture_output=True, text=True, check=False, timeout=60,
                                  env=dict(os.environ, **more))

        def complains(code, words, *arguments, **more):
            done = run(*arguments, **more)
            lines = done.stderr.splitlines()
            what = " ".join(arguments)
            check(done.returncode == code, f"{what}: exit {done.returncode}, not {code}: {done.stderr}")
            check(len(lines) == 1 and lines[0].startswith("pmprof: "), f"{what}: not one line: {done.stderr!r}")
            check(not done.stdout, f"{what}: prints {done.stdout[:80]!r}")
            for word in words:
                check(word in done.stderr, f"{what}: does not say {word}: {done.stderr!r}")

        def record(program, ranks, out):
            run("run", "--out", out, "--", "mpirun", "-np", str(ranks), os.path.join(programs, program), "20")
            if not os.path.exists(out):
                sys.exit("no file: " + out)

        record("stencil", 2, "a.pmprof.h5")
        record("stencil", 1, "one.pmprof.h5")
        record("stencil_chatty", 2, "other.pmprof.h5")
        with open("text.pmprof.h5", "w", encoding="utf-8") as out:
            out.write("no profile\n")

        complains(2, ["OLD NEW"], "diff")
        complains(2, ["'a.pmprof.h5'", "with what"], "diff", "a.pmprof.h5")
        complains(2, ["3 files", "OLD... -- NEW..."], "diff", *["a.pmprof.h5"] * 3)
        complains(2, ["'a.pmprof.h5'"], "diff", "a.pmprof.h5", "--")
        complains(2, ["'--format'", "options first"], "diff", "a.pmprof.h5", "--", "a.pmprof.h5", "--format", "json")
        complains(2, ["old or new"], "diff", "a.pmprof.h5", "--new", "a.pmprof.h5")
        complains(2, ["'--relevent'", "'--relevant'"], "diff", "--relevent", "2", "a", "b")
        complains(2, ["'-3'", "percentage"], "diff", "--relevant", "-3", "a", "b")
        complains(2, ["only new files"], "diff", "--baseline", "main", "--new", "a.pmprof.h5")
        complains(3, ["'nowhere'"], "diff", "a.pmprof.h5", "nowhere")
        complains(3, ["'text.pmprof.h5'"], "diff", "a.pmprof.h5", "text.pmprof.h5")
        complains(3, ["different programs", "'stencil'", "'stencil_chatty'", "--mixed"], "diff", "a.pmprof.h5", "other.pmprof.h5")
        complains(3, ["7 ranks"], "diff", "--ranks", "7", "a.pmprof.h5", "a.pmprof.h5")
        complains(3, ["no baseline 'main'", "baseline save main"], "diff", "--baseline", "main", "a.pmprof.h5")

        done = run("diff", "one.pmprof.h5", "a.pmprof.h5")
        check("2 ranks instead of 1" in done.stdout, "other rank counts are not noted")
        check(done.returncode in (0, 5), f"other rank counts: exit {done.returncode}")

        complains(2, ["save NAME FILE"], "baseline")
        complains(2, ["'sav'", "'save'"], "baseline", "sav")
        complains(2, ["which runs"], "baseline", "save", "main")
        complains(2, ["'../main'", "name"], "baseline", "save", "../main", "a.pmprof.h5")
        complains(3, ["'nowhere'"], "baseline", "save", "main", "nowhere")
        complains(3, ["different programs"], "baseline", "save", "main", "a.pmprof.h5", "other.pmprof.h5")
        check(not os.path.exists(".pmprof"), "a folder is left by what failed")

        done = run("baseline", "save", "main", "a.pmprof.h5")
        check(done.returncode == 0 and "saved main" in done.stdout and "one run" in done.stderr, f"save: {done}")
        check(run("diff", "--baseline", "main", "a.pmprof.h5").returncode == 0, "a run differs from its own baseline")
        check("main" in run("baseline", "list").stdout, "list")
        os.mkdir("below")
        os.chdir("below")
        check("main" in run("baseline", "list").stdout, "the baseline of the folder above is not found")
        os.chdir("..")
        complains(3, ["'mian'", "did you mean 'main'"], "diff", "--baseline", "mian", "a.pmprof.h5")
        damage(complains)
        check_history(run, complains)
        check(run("baseline", "remove", "main").returncode == 0, "remove")
        complains(3, ["no baseline 'main'"], "baseline", "remove", "main")
        os.chdir("/")
    print(f"{len(failed)} wrong")
    return 1 if failed else 0


def check_history(run, complains):
    complains(2, ["which runs"], "baseline", "record")
    complains(3, ["'nowhere'"], "baseline", "record", "nowhere")
    done = run("baseline", "record", "a.pmprof.h5")
    check("1 run recorded" in done.stdout and "History" not in done.stdout, f"record: {done}")
    check("0 runs recorded" in run("baseline", "record", "a.pmprof.h5").stdout, "a run is recorded twice")
    files = os.listdir(".pmprof/history")
    check(len(files) == 1, f"history: {files}")
    path = os.path.join(".pmprof/history", files[0])
    with open(path, encoding="utf-8") as file:
        line = json.loads(file.read())
    check("History" not in run("diff", "a.pmprof.h5", "a.pmprof.h5").stdout, "a run is compared with itself")
    with open(path, "w", encoding="utf-8") as out:  # twelve older ones, two of them three times as slow, lines of others, a torn end
        for i in range(12):
            slow = 3 if i < 2 else 1.25
            out.write(json.dumps(dict(line, created=f"2026-01-{i + 1:02}T00:00:00Z", time_s=line["time_s"] * slow)) + "\n")
        out.write(json.dumps(dict(line, ranks=64)) + "\nno JSON\n[]\n" + json.dumps(dict(line, time_s="x")) + "\n{\"created\"")
    text = run("diff", "a.pmprof.h5", "a.pmprof.h5").stdout
    check("20.0 % faster than the median of the last 10 of 12 runs" in " ".join(text.split()), f"trend: {text}")
    check("1 run recorded" in run("baseline", "record", "a.pmprof.h5").stdout, "record behind a torn line")
    with open(path, encoding="utf-8") as file:
        check(json.loads(file.read().splitlines()[-1]) == line, "what is recorded behind a torn line")


def damage(complains):
    """A baseline may come from anybody."""
    path = ".pmprof/baselines/main.json"
    with open(path, encoding="utf-8") as file:
        text = file.read()
    good = json.loads(text)

    def with_change(words, change):
        bad = copy.deepcopy(good)
        change(bad)
        with open(path, "w", encoding="utf-8") as out:
            json.dump(bad, out)
        complains(3, words, "diff", "--baseline", "main", "a.pmprof.h5")

    def set_in(bad, value, *keys):
        for key in keys[:-1]:
            bad = bad[key]
        bad[keys[-1]] = value

    with_change(["not one of pmprof's"], lambda b: b.pop("format"))
    with_change(["another version"], lambda b: b.update(version=2))
    with_change(["no runs"], lambda b: b.update(runs=[]))
    with_change(["no runs"], lambda b: b.update(runs={}))
    with_change(["run 1", "'time_s'"], lambda b: set_in(b, -1, "runs", 0, "run", "time_s"))
    with_change(["'time_s'"], lambda b: set_in(b, "x", "runs", 0, "run", "time_s"))
    with_change(["'main'", "'time_s'"], lambda b: set_in(b, 0, "runs", 0, "run", "time_s"))
    with_change(["'ranks'"], lambda b: set_in(b, 0, "runs", 0, "run", "ranks"))
    with_change(["'ranks'"], lambda b: set_in(b, 2 ** 40, "runs", 0, "run", "ranks"))
    with_change(["'region'"], lambda b: set_in(b, 99, "runs", 0, "sites", 0, "region"))
    with_change(["'key'"], lambda b: set_in(b, "xyz", "runs", 0, "sites", 0, "key"))
    with_change(["'region'"], lambda b: set_in(b, [], "runs", 0, "regions"))
    with_change(["'sites'"], lambda b: b["runs"][0].pop("sites"))
    with_change(["'count'"], lambda b: set_in(b, 1.5, "runs", 0, "sites", 0, "count"))
    with open(path, "w", encoding="utf-8") as out:
        out.write(text[:len(text) // 2])
    complains(3, ["no JSON", "line"], "diff", "--baseline", "main", "a.pmprof.h5")
    os.unlink(path)
    os.mkdir(path)
    complains(3, ["main.json"], "diff", "--baseline", "main", "a.pmprof.h5")
    os.rmdir(path)
    with open(path, "w", encoding="utf-8") as out:
        out.write(text)


if __name__ == "__main__":
    sys.exit(main())
