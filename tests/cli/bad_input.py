#!/usr/bin/env python3
"""Wrong command lines, settings and files: one line on stderr that names what is wrong, the right exit code, nothing on stdout."""
import os
import tempfile

from cli_harness import Tests, run

USAGE, INPUT = 2, 3

# arguments, exit code, words that the line has to contain
COMMAND_LINES = [
    ([], USAGE, ["no command"]),
    (["repot"], USAGE, ["'repot'", "'report'"]),
    (["colect"], USAGE, ["'colect'", "'collect'"]),
    (["xyzzy"], USAGE, ["'xyzzy'", "--help"]),
    (["run"], USAGE, ["no program"]),
    (["run", "--"], USAGE, ["no program"]),
    (["run", "--mdoe", "profile", "--", "true"], USAGE, ["'--mdoe'", "'--mode'"]),
    (["run", "--mode"], USAGE, ["'--mode'", "value"]),
    (["run", "--mode", "profle", "--", "true"], USAGE, ["'profle'", "profile"]),
    (["run", "--keep=yes", "--", "true"], USAGE, ["'--keep'", "no value"]),
    (["run", "-x", "--", "true"], USAGE, ["'-x'"]),
    (["report", "--tpo", "3", "x"], USAGE, ["'--tpo'", "'--top'"]),
    (["report", "--format", "jsn", "x"], USAGE, ["'jsn'", "json"]),
    (["report"], USAGE, ["file"]),
    (["info"], USAGE, ["file"]),
    (["info", "--hlep"], USAGE, ["'--hlep'", "'--help'"]),
    (["doctor", "--format", "xml"], USAGE, ["'xml'", "json"]),
    (["collect", "--oout", "x"], USAGE, ["'--oout'", "'--out'"]),
    (["collect", "a", "b"], USAGE, ["'b'"]),
    (["collect"], INPUT, ["collect"]),
    (["collect", "no-such-job"], INPUT, ["no-such-job"]),
    (["collect", "/nowhere/at/all"], INPUT, ["/nowhere/at/all"]),
]

COMPLAINT_EXITS = [
    (["run", "--", "./no-such-program"], 127, ["no-such-program"]),
    (["run", "--", "/etc/passwd"], 126, ["/etc/passwd"]),
]


def check_line(t, argv, code, words, **environment):
    done = run([t.pmprof, *argv], **environment)
    what = " ".join(["pmprof", *argv]) + f" {environment or ''}"
    lines = done.stderr.splitlines()
    t.check(done.returncode == code, f"{what}: exit code {done.returncode}, not {code}: {done.stderr!r}")
    t.check(len(lines) == 1 and lines[0].startswith("pmprof: "), f"{what}: not one line of ours: {done.stderr!r}")
    t.check(not done.stdout, f"{what}: prints {done.stdout[:80]!r}")
    for word in words:
        t.check(lines and word in lines[0], f"{what}: does not say {word}: {done.stderr!r}")


def bad_files(folder):
    hdf5_start = b"\x89HDF\r\n\x1a\n"
    contents = {
        "empty.pmprof.h5": b"",
        "text.pmprof.h5": b"this is no HDF5 file\n" * 100,
        "cut.pmprof.h5": hdf5_start + bytes(20),
        "zeros.pmprof.h5": bytes(65536),
        "evil\nname.pmprof.h5": b"x",
    }
    for name, content in contents.items():
        path = os.path.join(folder, name)
        with open(path, "wb") as f:
            f.write(content)
        yield path
    yield os.path.join(folder, "missing.pmprof.h5")
    yield folder


def check_files(t):
    with tempfile.TemporaryDirectory() as folder:
        for path in bad_files(folder):
            for verb in ("report", "info"):
                check_line(t, [verb, path], INPUT, [os.path.basename(path).split("\n")[0]])
        arena = os.path.join(folder, "rank-0.arena")
        with open(arena, "wb") as f:
            f.write(b"PMPARENA" * 1000)
        check_line(t, ["report", arena], INPUT, [f"pmprof collect {folder}"])


def main():
    t = Tests()
    for argv, code, words in COMMAND_LINES + COMPLAINT_EXITS:
        check_line(t, argv, code, words)
    check_line(t, ["run", "--", "true"], USAGE, ["'profil'", "profile"], PMPROF="profil")
    check_line(t, ["run", "--", "true"], INPUT, ["/nowhere"], PMPROF_LIBRARY="/nowhere")
    check_files(t)
    for verb in ("run", "report", "info", "collect", "doctor"):
        done = run([t.pmprof, verb, "--help"])
        t.check(done.returncode == 0 and f"pmprof {verb}" in done.stdout and not done.stderr, f"{verb} --help: {done}")
        t.check(run([t.pmprof, "help", verb]).stdout == done.stdout, f"help {verb} differs from {verb} --help")
    t.end()


if __name__ == "__main__":
    main()
