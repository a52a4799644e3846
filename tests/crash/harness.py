"""Runs a program bare and under `pmprof run` and compares; reads the counts that the program kept and those in the file."""
import os
import pty
import re
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import threading
import time

import h5py

SKIPPED = 77
TIMEOUT = 60


class Failure(Exception):
    pass


def check(condition, text):
    if not condition:
        raise Failure(text)


class Outcome:
    def __init__(self, code, out, err):
        self.code, self.out, self.err = code, out, err

    def own_lines(self):
        return [line for line in self.err.splitlines() if line.startswith("pmprof: ")]


class Place:
    """A folder of its own, with a scratch folder, that goes away with everything mounted in it."""

    def __init__(self, build):
        self.build = build
        self.root = tempfile.mkdtemp(prefix="pmprof-death.")
        self.mounts = []
        self.scratch = self.folder("scratch")
        self.pmprof = os.path.join(build, "bin", "pmprof")
        self.crash = os.path.join(build, "examples", "crash")
        self.library = os.path.join(build, "lib", "libpmprof.so")

    def folder(self, name):
        path = os.path.join(self.root, name)
        os.makedirs(path, exist_ok=True)
        return path

    def mount(self, name, options):
        """A small filesystem; without the right to mount the test is skipped."""
        path = self.folder(name)
        if subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", path], stderr=subprocess.DEVNULL).returncode:
            sys.exit(SKIPPED)
        self.mounts.append(path)
        return path

    def close(self):
        for path in self.mounts:
            subprocess.run(["umount", "-l", path], check=False)
        shutil.rmtree(self.root, ignore_errors=True)

    def environment(self, **more):
        env = dict(os.environ, PMPROF_SCRATCH=self.scratch, **more)
        for name in ("PMPROF", "PMPROF_OUT", "PMPROF_JOB", "LD_PRELOAD"):
            if name not in more:
                env.pop(name, None)
        return env

    def run(self, argv, cwd, act=None, **environment):
        """@act: called with the running process, to send it signals."""
        with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
            process = subprocess.Popen(argv, cwd=cwd, stdin=subprocess.DEVNULL, stdout=out, stderr=err,
                                       env=self.environment(**environment), start_new_session=True)
            try:
                if act:
                    act(process)
                code = process.wait(TIMEOUT)
            except BaseException:
                os.killpg(process.pid, signal.SIGKILL)
                raise
            out.seek(0)
            err.seek(0)
            return Outcome(code, out.read(), err.read())

    def run_on_terminal(self, argv, cwd, act):
        """As somebody at a terminal has it: a foreground process group, output and errors on the screen; @act gets the keyboard."""
        pid, screen = pty.fork()
        if pid == 0:
            os.chdir(cwd)
            os.execvpe(argv[0], argv, self.environment())
        seen, watch = [], threading.Timer(TIMEOUT, os.kill, (pid, signal.SIGKILL))

        def read():
            try:
                while data := os.read(screen, 65536):
                    seen.append(data)
            except OSError:  # nobody has the terminal open any more
                pass

        reader = threading.Thread(target=read)
        watch.start()
        reader.start()
        try:
            act(lambda key: os.write(screen, key))
            code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        finally:
            watch.cancel()
        reader.join(TIMEOUT)
        os.close(screen)
        return Outcome(code, "", b"".join(seen).decode(errors="replace").replace("\r", "").replace("^C", ""))

    def jobs(self):
        """Job folders that still hold data."""
        top = os.path.join(self.scratch, f"pmprof-{os.getuid()}")
        return [j for j in (os.listdir(top) if os.path.isdir(top) else []) if os.listdir(os.path.join(top, j))]


def normal(text):
    """What may differ between two runs of the same program: numbers, addresses, our own lines, the order of lines."""
    lines = set()
    text = re.sub(r"^\n?Crash\n.*?(?=^pmprof: )", "", text, flags=re.M | re.S)  # our report
    for line in text.splitlines():
        if line.startswith("pmprof: ") or "help message" in line or "orte_base_help_aggregate" in line:
            continue
        line = re.sub(r"\[\s*\d+\]", "[#]", line)
        line = re.sub(r"0x[0-9a-f]+", "0x#", line)
        line = re.sub(r"rank \d+", "rank #", line)
        line = re.sub(r"PID \d+", "PID #", line)
        line = re.sub(r":\d+\]", ":#]", line)
        line = re.sub(r"Process name: \[\[\d+,\d+\],\d+\]", "Process name: #", line)
        lines.add(line.rstrip())
    return sorted(lines)


def same(bare, ours):
    check(bare.code == ours.code, f"exit code {ours.code}, without us {bare.code}\n{ours.err}")
    check(sorted(bare.out.splitlines()) == sorted(ours.out.splitlines()),
          f"output differs\n--- without us\n{bare.out}\n--- with us\n{ours.out}")
    a, b = normal(bare.err), normal(ours.err)
    check(a == b, "error output differs\nonly without us: " + repr([x for x in a if x not in b]) +
          "\nonly with us: " + repr([x for x in b if x not in a]))


def counts(folder, ranks):
    result = []
    for rank in range(ranks):
        with open(os.path.join(folder, f"count.{rank}"), "rb") as f:
            result.append(struct.unpack("<Q", f.read(8))[0])
    return result


class Ranks:
    """The table of ranks of a file, and the calls that its profile adds up to."""

    def __init__(self, path):
        with h5py.File(path, "r") as f:
            table = f["ranks"][:]
            profile = f["profile"][:]
            self.complete = int(f.attrs["complete"])
        self.states = [s.decode() for s in table["state"]]
        self.codes = [int(c) for c in table["code"]]
        self.endings = [e.decode() for e in table["ending"]]
        self.calls = [int(profile["count"][profile["rank"] == r].sum()) for r in range(len(table))]
        check([int(c) for c in table["calls"]] == self.calls, "the sum of the profile is not what /ranks says")


def holds_every_call(ranks, own, exact=()):
    """@exact: ranks that ended by themselves. Those that the launcher then kills may die between the return of an MPI call, which
    is on record by then, and the instruction behind it that counts it: they may have one call more on record, and never one less."""
    for rank, calls in enumerate(own):
        more = 0 if rank in exact else 1
        check(calls <= ranks.calls[rank] <= calls + more,
              f"rank {rank} completed {calls} calls, the file has {ranks.calls[rank]}")


def wait_for(condition, what, seconds=20):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = condition()
        if found:
            return found
        time.sleep(0.01)
    raise Failure(f"waited in vain for {what}")
