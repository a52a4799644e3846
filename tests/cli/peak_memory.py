#!/usr/bin/env python3
"""The peak memory of a rank is its own, not that of the big process that started it."""
import json
import os
import subprocess
import tempfile

from cli_harness import Tests, environment

BALLAST = 300 << 20


def main():
    t = Tests()
    with tempfile.TemporaryDirectory() as folder:
        out = os.path.join(folder, "ring.pmprof.h5")
        env = environment(PMPROF_SCRATCH=folder, PMPROF_OUT=out, PMPROF_QUIET="1",
                          LD_PRELOAD=os.path.join(t.build, "lib", "libpmprof.so"))
        ballast = bytearray(BALLAST)
        child = os.fork()
        if child == 0:
            program = os.path.join(t.build, "examples", "pi")
            os.execve(program, [program], env)
        os.waitpid(child, 0)
        del ballast
        report = subprocess.run([t.pmprof, "report", "--format", "json", out], capture_output=True, text=True, check=True)
        peak = json.loads(report.stdout)["ranks"][0]["max_rss_bytes"]
        t.check(1 << 20 < peak < BALLAST // 2, f"peak memory of pi: {peak} bytes")
    t.end()


if __name__ == "__main__":
    main()
