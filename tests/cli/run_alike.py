#!/usr/bin/env python3
"""`pmprof run` in front of programs that are not MPI at all: exit codes, signals, streams and environment as without us."""
import os
import signal
import stat
import subprocess
import sys
import tempfile
import time

from cli_harness import Tests, environment, run

# Prints each signal that it gets; the second line of the test counts them.
COUNTER = """
import signal, sys, time
def got(number, frame):
    print(signal.Signals(number).name, flush=True)
for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGUSR1", "SIGUSR2"):
    signal.signal(getattr(signal, name), got)
print("ready", flush=True)
end = time.monotonic() + 1.5
while time.monotonic() < end:
    time.sleep(0.1)
"""

FAKE_LAUNCHER = """#!/bin/sh
[ "$1" = --version ] && { echo "%s"; exit 0; }
for word in "$@"; do echo "<$word>"; done
echo "preload=$LD_PRELOAD"
"""


def exits(t):
    for script in ("exit 0", "exit 1", "exit 77", "kill -9 $$", "kill -15 $$", "kill -11 $$"):
        bare = subprocess.run(["sh", "-c", script], check=False).returncode
        ours = run([t.pmprof, "run", "-q", "--", "sh", "-c", script])
        t.check(ours.returncode == bare, f"{script}: {ours.returncode}, without us {bare}")
        t.check(not ours.stderr, f"{script}: --quiet says {ours.stderr!r}")


def streams(t):
    done = run([t.pmprof, "run", "-q", "--", "cat"], stdin="through\n")
    t.check(done.stdout == "through\n", f"stdin: {done}")
    done = run([t.pmprof, "run", "--", "true"])
    t.check("doctor" in done.stderr and done.stderr.count("\n") == 1, f"nothing recorded: {done.stderr!r}")
    done = run([t.pmprof, "run", "-q", "--", "sh", "-c", "echo $LD_PRELOAD"], LD_PRELOAD="/lib/x86_64-linux-gnu/libm.so.6",
               ASAN_OPTIONS="verify_asan_link_order=0")
    first, second = done.stdout.strip().split(":")
    t.check(first.endswith("libpmprof.so") and second.endswith("libm.so.6"), f"LD_PRELOAD: {done.stdout!r}")


def deliver(t, number, to_group):
    """What the program gets when a signal is sent to us, or to the whole group."""
    process = subprocess.Popen([t.pmprof, "run", "-q", "--", sys.executable, "-c", COUNTER], stdout=subprocess.PIPE,
                               text=True, start_new_session=True, env=environment())
    process.stdout.readline()
    time.sleep(0.1)
    (os.killpg if to_group else os.kill)(process.pid, number)
    got = process.communicate(timeout=30)[0].split()
    what = f"{signal.Signals(number).name} to {'the group' if to_group else 'us'}"
    t.check(got == [signal.Signals(number).name], f"{what}: the program got {got}")
    t.check(process.returncode == 0, f"{what}: exit code {process.returncode}")


def signals(t):
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1):
        deliver(t, number, False)
        deliver(t, number, True)


def fake(folder, name, version):
    path = os.path.join(folder, name)
    with open(path, "w") as f:
        f.write(FAKE_LAUNCHER % version)
    os.chmod(path, stat.S_IRWXU)
    return path


def launch(t, launcher, *arguments):
    """With a library that is named, so that it is the same for the launchers of all MPIs."""
    named = f"PMPROF_LIBRARY={t.build}/lib/libpmprof.so"
    done = run(["env", named, t.pmprof, "run", "-q", "--out", "f.h5", "--", *launcher, *arguments])
    words = [line[1:-1] for line in done.stdout.splitlines() if line.startswith("<")]
    return words, done.stdout.rsplit("preload=", 1)[1].strip()


def launchers(t):
    with tempfile.TemporaryDirectory() as folder:
        words, preload = launch(t, [fake(folder, "mpirun", "mpirun (Open MPI) 4.1.4")], "-np", "2", "a", ":", "-np", "1", "b")
        t.check(words[0] == "-x" and words[1].startswith("LD_PRELOAD=") and words.count("-x") % 2 == 0,
                f"Open MPI: {words}")
        t.check(any(w == f"PMPROF_OUT={os.getcwd()}/f.h5" for w in words), f"Open MPI, PMPROF_OUT: {words}")
        t.check(words[words.index(":") + 1] == "-x", f"Open MPI, second program: {words}")
        t.check(not preload, f"Open MPI itself is preloaded: {preload}")
        words, preload = launch(t, [fake(folder, "mpirun", "mpirun (Open MPI) 4.1.4")], "-x", "LD_PRELOAD=/x.so", "a")
        merged = [w for w in words if w.startswith("LD_PRELOAD=")]
        t.check(merged[-1].endswith("libpmprof.so:/x.so"), f"Open MPI, their own preload: {merged}")
        words, preload = launch(t, [fake(folder, "mpiexec", "HYDRA build details:")], "-n", "2", "a")
        t.check(words[:2] == ["-genv", "LD_PRELOAD"] and words[-3:] == ["-n", "2", "a"], f"hydra: {words}")
        words, preload = launch(t, [fake(folder, "srun", "slurm 22.05")], "--export=HOME", "a")
        t.check(words[0].startswith("--export=HOME,LD_PRELOAD,") and preload.endswith("libpmprof.so"),
                f"srun: {words} {preload}")
        words, preload = launch(t, ["timeout", "-k", "5", "60", fake(folder, "mpirun", "Open MPI")], "a")
        t.check(words[0] == "-x" and words[-1] == "a", f"behind timeout: {words}")
        words, preload = launch(t, [fake(folder, "start-it", "1.0")], "a")
        t.check(words == ["a"] and preload.endswith("libpmprof.so"), f"unknown launcher: {words} {preload}")


def main():
    t = Tests()
    if not os.path.exists(os.path.join(t.build, "lib", "libpmprof.so")):
        sys.exit(77)
    exits(t)
    streams(t)
    signals(t)
    launchers(t)
    t.end()


if __name__ == "__main__":
    main()
