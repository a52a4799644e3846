"""A folder of its own for a sweep of `pmprof scale`; used by the tests of that verb."""
import json
import os
import shutil
import subprocess
import tempfile

from cli_harness import Tests, environment


class Sweeps(Tests):
    """Runs pmprof scale in a temporary folder that has the examples, and looks at what it leaves."""

    def __init__(self, *examples):
        super().__init__()
        self.folder = tempfile.mkdtemp(prefix="pmprof-scale.")
        self.scratch = os.path.join(self.folder, "scratch")
        os.mkdir(self.scratch)
        for name in examples:
            shutil.copy(os.path.join(self.build, "examples", name), self.folder)
        self.env = environment(PMPROF_SCRATCH=self.scratch)

    def start(self, *argv, **more):
        return subprocess.Popen([self.pmprof, "scale", *argv], cwd=self.folder, env=self.env, text=True,
                                start_new_session=True,
                                **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **more})

    def scale(self, *argv, code=0, **more):
        process = self.start(*argv, **more)
        out, err = process.communicate(timeout=100)
        self.check(process.returncode == code,
                   f"{' '.join(argv)}: exit code {process.returncode}, not {code}:\n{err}")
        return out, err

    def path(self, *parts):
        return os.path.join(self.folder, *parts)

    def read(self, *parts):
        with open(self.path(*parts)) as f:
            return f.read()

    def runs(self, sweep, kind=None):
        rows = json.loads(self.read(sweep, "scale.json"))["runs"]
        return [row for row in rows if kind in (None, row["kind"])]

    def report(self, sweep, name):
        done = subprocess.run([self.pmprof, "report", "--format", "json", self.path(sweep, name)], capture_output=True,
                              text=True, env=self.env, timeout=60, check=False)
        self.check(done.returncode == 0, f"report {name}: {done.stderr}")
        return json.loads(done.stdout)

    def check_files(self, sweep):
        """what is on record is there, whole, and of the right number of ranks"""
        for row in self.runs(sweep):
            if not row["file"]:
                continue
            run = self.report(sweep, row["file"])["run"]
            self.check(run["complete"], f"{row['file']} is not complete")
            self.check(run["ranks"] == row["ranks"], f"{row['file']}: {run['ranks']} ranks")

    def left_over(self):
        """processes and arenas of this test that should be gone"""
        processes = subprocess.run(["ps", "-eo", "pid,args"], capture_output=True, text=True, check=True).stdout
        arenas = [os.path.join(d, f) for d, _, files in os.walk(self.scratch) for f in files]
        return [line for line in processes.splitlines() if self.folder in line] + arenas

    def end(self):
        shutil.rmtree(self.folder, ignore_errors=True)
        super().end()
