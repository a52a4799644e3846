#!/usr/bin/env python3
"""`pmprof doctor` finds what is wrong and names the remedy."""
import json
import os
import subprocess
import sys
import tempfile

from cli_harness import Tests, run


def diagnose(t, *command, **environment):
    done = run([t.pmprof, "doctor", "--format", "json", "--", *command] if command else
               [t.pmprof, "doctor", "--format", "json"], **environment)
    report = json.loads(done.stdout)
    t.check(done.returncode == (1 if report["problems"] else 0), f"exit code {done.returncode}: {report}")
    return {check["check"]: check for check in report["checks"]}


def build(folder, name, *flags):
    source = os.path.join(folder, "a.c")
    with open(source, "w") as f:
        f.write("#include <mpi.h>\nint main(int c, char **v){MPI_Init(&c, &v); MPI_Finalize(); return 0;}\n")
    path = os.path.join(folder, name)
    subprocess.run(["mpicc", source, "-o", path, *flags], check=True)
    return path


def programs(t):
    with tempfile.TemporaryDirectory() as folder:
        good = build(folder, "good")
        found = diagnose(t, "mpirun", "-np", "4", good)
        t.check(found["program"]["state"] == "ok" and "Open MPI" in found["program"]["text"], f"good: {found['program']}")
        t.check(found["preload"]["state"] == "ok", f"preload: {found['preload']}")
        lib = os.path.join(t.build, "lib")
        late = build(folder, "late", "-Wl,--no-as-needed", "-lmpi", f"-L{lib}", "-lpmprof", f"-Wl,-rpath,{lib}")
        found = diagnose(t, late)["program"]
        t.check(found["state"] == "problem" and "-lpmprof before" in found["remedy"], f"wrong order: {found}")
        found = diagnose(t, "/bin/ls")["program"]
        t.check(found["state"] == "problem" and "not linked with an MPI" in found["text"], f"ls: {found}")
        found = diagnose(t, "./no-such-thing")["program"]
        t.check(found["state"] == "problem", f"missing: {found}")
        script = os.path.join(folder, "script")
        with open(script, "w") as f:
            f.write("#!/bin/sh\n")
        os.chmod(script, 0o755)
        t.check(diagnose(t, script)["program"]["state"] == "note", "script")


def settings(t):
    found = diagnose(t, PMPROF="profil")["settings"]
    t.check(found["state"] == "problem" and "profil" in found["text"], f"PMPROF: {found}")
    found = diagnose(t, PMPROF="off")["settings"]
    t.check(found["state"] == "problem" and "nothing" in found["text"], f"off: {found}")
    found = diagnose(t, PMPROF_MEMROY="1")["settings"]
    t.check(found["state"] == "problem" and "PMPROF_MEMROY" in found["text"], f"misspelt: {found}")
    found = diagnose(t, PMPROF_LIBRARY="/nowhere.so")["library"]
    t.check(found["state"] == "problem" and found["remedy"], f"library: {found}")
    found = diagnose(t, PMPROF_PLUGIN="/nowhere.so")["plugin"]
    t.check(found["state"] == "problem" and found["remedy"], f"plugin: {found}")
    found = diagnose(t, PMPROF_SCRATCH="/nowhere")["scratch"]
    t.check(found["state"] == "note" and "/nowhere" in found["remedy"], f"scratch: {found}")
    found = diagnose(t, PMPROF_OUT="/nowhere/f.h5")["output"]
    t.check(found["state"] == "problem" and found["remedy"], f"output: {found}")


def main():
    t = Tests()
    if not os.path.exists(os.path.join(t.build, "lib", "libpmprof.so")):
        sys.exit(77)
    healthy = diagnose(t)
    for name in ("library", "plugin", "settings", "leftovers", "output", "clock"):
        t.check(healthy[name]["state"] in ("ok", "note"), f"{name}: {healthy[name]}")
    programs(t)
    settings(t)
    t.end()


if __name__ == "__main__":
    main()
