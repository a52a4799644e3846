"""Programs that run under the library while tests look at them from outside; used by the tests of this folder."""
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

BUILD = os.path.abspath(sys.argv[1])
PMPROF = os.path.join(BUILD, "bin", "pmprof")
LIBRARY = os.path.join(BUILD, "lib", "libpmprof.so")
failures = []


def check(condition, text):
    if not condition:
        failures.append(text)
        print("FAILED: " + text, file=sys.stderr)


def finish():
    sys.exit(1 if failures else 0)


def wait_for(condition, what, seconds=20):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = condition()
        if found:
            return found
        time.sleep(0.02)
    raise RuntimeError(f"waited in vain for {what}")


class Place:
    """A scratch folder of its own, the command with it, and programs that end with it."""

    def __enter__(self):
        self.root = tempfile.mkdtemp(prefix="pmprof-inspect.")
        self.started = []
        return self

    def __exit__(self, *_):
        for process in self.started:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        shutil.rmtree(self.root, ignore_errors=True)

    def environment(self, **more):
        env = {k: v for k, v in os.environ.items() if not k.startswith(("PMPROF", "LD_PRELOAD"))}
        env.update(PMPROF_SCRATCH=self.root, PMPROF_QUIET="1", TMPDIR=self.root, LC_ALL="C.UTF-8", **more)
        return env

    def pmprof(self, *argv, **more):
        return subprocess.run([PMPROF, *argv], capture_output=True, text=True, timeout=60, check=False,
                              env=self.environment(**more), stdin=subprocess.DEVNULL)

    def alone(self, *argv):
        """The same where no other scratch place has anything in it; None without the right to hide them."""
        hidden = [f"{place}/pmprof-{os.getuid()}" for place in ("/dev/shm", "/tmp")]
        hide = "".join(f"[ ! -d {d} ] || mount -t tmpfs tmpfs {d} || exit 77; " for d in hidden)
        done = subprocess.run(["unshare", "--mount", "sh", "-c", hide + 'exec "$@"', "sh", PMPROF, *argv],
                              capture_output=True, text=True, timeout=60, check=False, env=self.environment())
        return None if done.returncode == 77 or "unshare" in done.stderr else done

    def json(self, *argv):
        done = self.pmprof(*argv, "--format", "json")
        check(done.returncode in (0, 1), f"{argv}: {done.returncode} {done.stderr}")
        return json.loads(done.stdout) if done.stdout else None

    def start(self, job, ranks, *program, preload=True):
        """A process group of its own: the launcher, whose pid it has."""
        argv = ["mpirun", "-np", str(ranks)]
        if preload:
            for name, value in (("PMPROF_JOB", job), ("PMPROF_SCRATCH", self.root), ("PMPROF_QUIET", "1"),
                                ("PMPROF_OUT", os.path.join(self.root, job + ".pmprof.h5")), ("LD_PRELOAD", LIBRARY)):
                argv += ["-x", f"{name}={value}"]
        process = subprocess.Popen([*argv, *program], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True, env=self.environment(), start_new_session=True)
        self.started.append(process)
        return process

    def job(self, name):
        return next((j for j in self.json("list")["jobs"] if j["job"] == name), None)

    def running(self, name, ranks):
        """Waits until all ranks have begun."""
        def ready():
            job = self.job(name)
            return job if job and job["running"] == ranks and job["size"] == ranks else None
        return wait_for(ready, f"{ranks} ranks of {name}")

    def stop(self, process, job):
        """The launcher, and the ranks, which would notice some time."""
        found = self.job(job)
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        for rank in found["ranks"] if found else []:
            try:
                os.kill(rank["pid"], signal.SIGKILL)
            except ProcessLookupError:
                pass
        wait_for(lambda: not (self.job(job) or {}).get("running"), "the end of " + job)
