#!/usr/bin/env python3
"""The command lines of README, examples/README and the man pages do what they are there for, word for word."""
import glob
import os
import re
import shutil
import subprocess
import tempfile

from cli_harness import Tests, environment

EXAMPLES = ["heat", "imbalance", "pi", "ring", "crash", "amdahl", "chatty"]
JOB = "12345-9f3a"  # the left-over job of pmprof-collect(1)


def read(*parts):
    with open(os.path.join(*parts)) as f:
        return f.read()


def documented(source):
    """(where, command line) for every example there is."""
    for name in ["README.md", "examples/README.md"]:
        for line in re.findall(r"^\$ (.+)$", read(source, name), re.M):
            yield name, line
    for path in sorted(glob.glob(os.path.join(source, "docs/man/*.1"))):
        text = read(path).replace("\\-", "-")
        section = re.search(r'^\.SH "?EXAMPLES"?\n(.*?)^\.SH', text, re.M | re.S)
        for line in re.findall(r"^(?:\.B )?((?:pmprof|mpirun) .+)$", section.group(1) if section else "", re.M):
            yield os.path.basename(path), line


def shell(line, folder, env):
    return subprocess.run(["bash", "-c", line], cwd=folder, env=env, capture_output=True, text=True, timeout=120,
                          stdin=subprocess.DEVNULL, check=False)


def prepare(t, folder, env):
    """The folder of a user: programs, a file with a job id in its name, a job that left its arenas."""
    for name in EXAMPLES + ["app"]:
        shutil.copy(os.path.join(t.build, "examples", "heat" if name == "app" else name),
                    os.path.join(folder, name))
    with open(os.path.join(folder, "pmprof.expect"), "w") as f:
        f.write("complete == 1  # nothing is lost\n")
    library = os.path.join(t.build, "lib", "libpmprof.so")
    for build in ["old", "new"]:
        os.mkdir(os.path.join(folder, build))
    for line in ["pmprof run -q --out app.4711.pmprof.h5 -- mpirun -np 2 ./app", "cp app.4711.pmprof.h5 heat.pmprof.h5",
                 "for build in old new; do for i in 1 2; do pmprof run -q --out $build/app.$i.pmprof.h5 -- mpirun -np 2 ./app && "
                 "cp $build/app.$i.pmprof.h5 $build$i.pmprof.h5; done; cp $build/app.1.pmprof.h5 $build.pmprof.h5; done",
                 "pmprof baseline save release old1.pmprof.h5 old2.pmprof.h5",
                 f"PMPROF_JOB={JOB} PMPROF_OUT=/nowhere/x PMPROF_QUIET=1 mpirun -np 2 -x LD_PRELOAD={library} "
                 "-x PMPROF_JOB -x PMPROF_OUT -x PMPROF_QUIET ./app"]:
        done = shell(line, folder, env)
        t.check(done.returncode == 0, f"preparing: {line}: {done.returncode} {done.stderr}")


def expected(line):
    if line == "echo $?" or "srun" in line:  # tests/slurm has what belongs to batch systems
        return None
    if "./crash segv" in line:
        return [139]
    if " diff" in line:
        return [0, 1, 5]  # another run of the same program: whatever the machine makes of it
    if " assert" in line:
        return [0, 5]  # inconclusive where processors are shared
    return [0, 1] if " doctor" in line else [0]


def main():
    t = Tests()
    tried = 0
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as scratch:
        env = environment(PMPROF_SCRATCH=scratch)
        env["PATH"] = os.path.join(t.build, "bin") + ":" + env["PATH"]
        prepare(t, folder, env)
        for where, line in documented(t.source):
            codes = expected(line)
            if not codes:
                continue
            if "run" in line.split() and "--out" not in line:  # 'report heat.*.pmprof.h5' shall mean this run
                program = re.search(r"\./(\w+)", line).group(1)
                for old in glob.glob(os.path.join(folder, program + ".*.pmprof.h5")):
                    if "4711" not in old:
                        os.unlink(old)
            done = shell(line, folder, env)
            tried += 1
            t.check(done.returncode in codes, f"{where}: '{line}': {done.returncode}\n{done.stdout}{done.stderr}")
    t.check(tried >= 15, f"only {tried} examples found")
    print(f"{tried} documented command lines")
    t.end()


if __name__ == "__main__":
    main()
