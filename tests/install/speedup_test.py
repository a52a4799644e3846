#!/usr/bin/env python3
"""speedup_test.py BUILD SOURCE CMAKE: a project outside of our tree, built against an installed prefix, has ctest verify its speedups.
Work that is divided passes, work of which half is not fails, too few processors skip it."""
import os
import re
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET

TRIES = 3  # a busy machine may spoil a measurement; what must not pass must not pass in any


def run(*argv, cwd=None, codes=(0,)):
    env = {name: value for name, value in os.environ.items() if not name.startswith("PMPROF")}
    done = subprocess.run(argv, cwd=cwd, env=env, capture_output=True, text=True, check=False, timeout=240)
    if codes and done.returncode not in codes:
        sys.exit(f"{' '.join(argv)}: exit code {done.returncode}\n{done.stdout}\n{done.stderr}")
    return done.stdout


def outcome(project, name):
    """What ctest says of one test, and what the test printed."""
    text = run("ctest", "-R", f"^{name}$", "-V", cwd=project, codes=None)
    word = re.search(rf"Test +#\d+: {name} \.+ *\**(Passed|Failed|Skipped|Timeout)", text)
    return word.group(1) if word else "nothing", text


def give_up(name, word, text):
    """No verdict in any of the tries is for want of free processors, not for want of speedup."""
    if word == "Skipped":
        print(f"{name}: the processors were busy in {TRIES} tries")
        sys.exit(77)
    fail(f"{name}: {word} in {TRIES} tries", text)


def junit(project, name, schema):
    path = os.path.join(project, name + ".scale.junit.xml")
    run("xmllint", "--noout", "--schema", schema, path)
    suite = ET.parse(path).getroot().find("testsuite")
    return {case.get("name"): [child.tag for child in case] for case in suite.findall("testcase")}


def fail(what, text):
    sys.exit(f"{what}\n{text}")


def check_divided(project, schema):
    for _ in range(TRIES):
        word, text = outcome(project, "divided")
        cases = junit(project, "divided", schema)
        if cases.get("count(MPI_Allreduce, 2) == 20") != []:
            fail("divided: the exact count does not hold", text)
        if word == "Passed":
            return
    give_up("divided", word, text)


def check_half(project, schema):
    for _ in range(TRIES):
        word, text = outcome(project, "half")
        if word == "Passed":
            fail("half: passes, though at most 1.33 is possible", text)
        if word == "Failed":
            break
    else:
        give_up("half", word, text)
    if junit(project, "half", schema) != {"speedup(2) >= 1.9": ["failure"]}:
        fail("half: JUnit file", text)
    said = " ".join(re.sub(r"(?m)^\d+: ", "", text).split())
    for words in ["half.expect:2", "whoever divides it may expect this", "serial part", "split.c:"]:
        if words not in said:
            fail(f"half: does not say '{words}'", text)


def check_rest(project):
    for name, expected, words in [("crowded", "Skipped", "oversubscribed"), ("crowded_fails", "Failed", "oversubscribed"),
                                  ("typo", "Failed", "did you mean 'speedup'?")]:
        word, text = outcome(project, name)
        if word != expected or words not in text:
            fail(f"{name}: {word}, not {expected} with '{words}'", text)


def check_mistakes(cmake, prefix, top):
    """What is wrong is said when the project is configured."""
    for arguments, words in [("NAME a PROGRAM a EXPECT \"x\"", "no RANKS are given"), ("NAME a PROGRAM a RANKS 1 2", "nothing to EXPECT"),
                             ("NAME nothing RANKS 1 EXPECT \"x\"", "'nothing' is no target"),
                             ("NAME a PROGRAM a RANKS two EXPECT \"x\"", "'two' is no number of ranks")]:
        folder = tempfile.mkdtemp(dir=top)
        with open(os.path.join(folder, "CMakeLists.txt"), "w") as f:
            f.write("cmake_minimum_required(VERSION 3.16)\nproject(a C)\nfind_package(pmprof REQUIRED)\nenable_testing()\n"
                    f"pmprof_add_speedup_test({arguments})\n")
        done = subprocess.run([cmake, "-S", folder, "-B", folder + "/b", f"-DCMAKE_PREFIX_PATH={prefix}"], capture_output=True,
                              text=True, check=False)
        said = " ".join(done.stderr.split())
        if done.returncode == 0 or words not in said:
            fail(f"{arguments}: does not say '{words}'", done.stderr)


def main():
    build, source, cmake = (os.path.abspath(path) for path in sys.argv[1:4])
    schema = os.path.join(source, "tests", "expect", "junit.xsd")
    crowd = str(len(os.sched_getaffinity(0)) + 1)
    top = tempfile.mkdtemp(prefix="pmprof-speedup.")
    try:
        prefix, project = os.path.join(top, "prefix"), os.path.join(top, "project")
        run(cmake, "--install", build, "--prefix", prefix)
        shutil.copytree(os.path.join(source, "tests", "install", "speedup"), os.path.join(top, "sample"))
        run(cmake, "-S", os.path.join(top, "sample"), "-B", project, f"-DCMAKE_PREFIX_PATH={prefix}", f"-DCROWD={crowd}",
            "-DCMAKE_C_FLAGS=-g -O2")
        run(cmake, "--build", project)
        check_mistakes(cmake, prefix, top)
        check_rest(project)
        if len(os.sched_getaffinity(0)) < 2:
            print("one processor: no speedup to verify")
            sys.exit(77)
        check_divided(project, schema)
        check_half(project, schema)
    finally:
        shutil.rmtree(top, ignore_errors=True)


if __name__ == "__main__":
    main()
