#!/usr/bin/env python3
"""A stripped program is shown by module and offset, and by name and line once its debug file is found: debug_files.py PMPROF PROGRAM OTHER

PROGRAM is examples/heat, OTHER any program of another build.
"""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

PMPROF, PROGRAM, OTHER = sys.argv[1:]
bad = []


def run(*command, code=0, **more):
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PMPROF", "DEBUGINFOD", "XDG_CACHE"))}
    done = subprocess.run(command, env={**environment, **more}, capture_output=True, text=True, timeout=60, check=False)
    if done.returncode != code:
        sys.exit(f"{command}: {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout + done.stderr


def build_id(program):
    return re.search(r"Build ID: ([0-9a-f]+)", run("readelf", "-n", program)).group(1)


def waitall(out, *options, **more):
    """Where MPI_Waitall is called, as (function, file, line)."""
    report = json.loads(run(PMPROF, "report", "--format", "json", *options, out, **more))
    frame = next(row for row in report["paths"] if row["call"] == "MPI_Waitall")["frames"][0]
    return frame["function"], os.path.basename(frame["file"] or ""), frame["line"]


def expect(what, found, line):
    wanted = ("exchange_halo", "heat.c", line) if line else None
    if (found != wanted) if wanted else bool(found[0] or found[2]):
        bad.append(f"{what}: {found}, wanted {wanted or 'nothing'}")


def place(source, *parts):
    path = os.path.join(*parts)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    shutil.copy(source, path)
    return path


def debug_files(folder, out, ident, line):
    """Every place and name that is documented; and those of another build, refused."""
    def at(*parts):
        return os.path.join(folder, *parts)

    debug = at("debug")
    shapes = {"build-id": [".build-id", ident[:2], ident[2:] + ".debug"], "cache": [ident, "debuginfo"], "named": ["heat.debug"],
              "whole": ["heat"]}
    for shape, parts in shapes.items():
        place(PROGRAM if shape == "whole" else debug, folder, shape, *parts)
        place(at("other"), folder, "wrong-" + shape, *parts)
        expect(f"--debug-dir {shape}", waitall(out, "--debug-dir", at(shape)), line)
        expect(f"another build, {shape}", waitall(out, "--debug-dir", at("wrong-" + shape)), None)
        expect(f"variable {shape}", waitall(out, PMPROF_DEBUG_DIR=f"/nowhere::{at('wrong-' + shape)}:{at(shape)}"), line)
    place(debug, folder, "xdg", "debuginfod_client", ident, "debuginfo")
    expect("fetched by debuginfod", waitall(out, XDG_CACHE_HOME=at("xdg")), line)
    expect("fetched elsewhere", waitall(out, DEBUGINFOD_CACHE_PATH=at("cache")), line)
    expect("two folders", waitall(out, "--debug-dir", at("named"), "--debug-dir", at("wrong-named")), line)
    text = run(PMPROF, "report", "--debug-dir", at("nowhere"), out, code=2)
    if text.count("\n") != 1 or "is not a folder" not in text:
        bad.append(f"a folder that is not there: {text!r}")


def main():
    with tempfile.TemporaryDirectory(prefix="pmprof-debug-") as folder:
        program, out = os.path.join(folder, "heat"), os.path.join(folder, "out.pmprof.h5")
        command = [PMPROF, "run", "-q", "--out", out, "--", "mpirun", "-np", "3", program, "64", "20"]
        shutil.copy(PROGRAM, program)
        run(*command)
        line = waitall(out)[2]
        run("objcopy", "--only-keep-debug", PROGRAM, os.path.join(folder, "debug"))
        run("objcopy", "--only-keep-debug", OTHER, os.path.join(folder, "other"))
        run("strip", "--strip-debug", program)
        run(*command)
        table = waitall(out)
        expect("symbol table alone", (None, *table[1:]), None)
        if not table[0]:  # what it is inlined into
            bad.append(f"symbol table alone: {table}")
        run("strip", program)
        symbols = os.path.join(folder, "symbols.pmprof.h5")
        os.rename(out, symbols)
        run(*command)
        expect("stripped", waitall(out), None)
        text = run(PMPROF, "report", out)
        if not re.search(r"heat\+0x[0-9a-f]+", text):
            bad.append(f"no module and offset in the report: {text}")
        debug_files(folder, out, build_id(PROGRAM), line)
        named = os.path.join(folder, "named")
        expect("lines in addition to the symbol table", waitall(symbols, "--debug-dir", named), line)
        os.unlink(program)
        expect("without the program, by the debug file alone", waitall(out, "--debug-dir", named), line)
        shutil.copy(OTHER, program)
        expect("with a program of another build in its place", waitall(out, "--debug-dir", named), line)
        if "heat.c:" not in run(PMPROF, "report", "--debug-dir", named, out):
            bad.append("the text of the report has no line")
    print("\n".join(bad) or f"MPI_Waitall at heat.c:{line}")
    sys.exit(bool(bad))


if __name__ == "__main__":
    main()
