"""stacks.py BUILD PART - `pmprof stacks` shows where all ranks are, quickly, and the program goes on as if nothing had been"""
import os
import pwd
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

from watched import BUILD, Place, check, finish, wait_for

STUCK = os.path.join(BUILD, "bin", "stuck")
HEAT = os.path.join(BUILD, "examples", "heat")
SOURCE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "stuck.c")


def line_of(mark):
    with open(SOURCE) as f:
        return next(n for n, text in enumerate(f, 1) if f"/* {mark} */" in text)


def main_thread(rank):
    return next(t for t in rank["threads"] if t["main"])


def stuck(place, case, ranks):
    process = place.start(case, ranks, STUCK, case)
    place.running(case, ranks)
    time.sleep(0.5)
    return process


def where(thread):
    return [(f["function"], f["line"]) for f in thread["frames"]]


def ring(place):
    process = stuck(place, "receive_ring", 4)
    for argv, source in (([], "process"), (["--record-only"], "record")):
        seen = place.json("stacks", "receive_ring", *argv)
        check([r["rank"] for r in seen["ranks"]] == [0, 1, 2, 3], f"ranks: {seen}")
        for rank in seen["ranks"]:
            thread = main_thread(rank)
            mpi = thread["mpi"]
            check(thread["source"] == source, f"{argv}: {thread['source']}")
            check([f for f, _ in where(thread)] == ["main", "receive_ring", "receive"], f"{where(thread)}")
            check(where(thread)[1][1] == line_of("line: receive_ring"), f"{where(thread)}")
            check(where(thread)[2][1] == line_of("receive"), f"{where(thread)}")
            check(mpi["call"] == "MPI_Recv" and mpi["peer"] == (rank["rank"] + 3) % 4 and mpi["tag"] == 7, f"{mpi}")
            check(0.2 < mpi["for_s"] < 60 and mpi["comm"] == "MPI_COMM_WORLD", f"{mpi}")
    text = place.pmprof("stacks", "receive_ring").stdout
    joined = re.sub(r"\s+", " ", text)
    check(re.search(r"0-3 4 main \(stuck.c:\d+\) > receive_ring \(stuck.c:\d+\) > receive \(stuck.c:\d+\) > "
                    r"MPI_Recv from ranks 0-3, tag 7, for [\d.]+ m?s", joined), text)
    check(all(len(x) <= 80 for x in text.splitlines()), text)

    # the launcher, a rank, and folders name the job as well; everything else is one line
    pid = seen["ranks"][2]["pid"]
    folder = place.job("receive_ring")["folders"][0]
    for what in (str(process.pid), str(pid), folder):
        check(place.json("stacks", what)["job"] == "receive_ring", what)
    gone = subprocess.Popen(["true"])
    gone.wait()
    with subprocess.Popen(["sleep", "60"]) as other:
        for what, words in ((str(other.pid), "is no MPI program that records"), (str(gone.pid), "no process"),
                            ("nosuch", "no job 'nosuch'"), ("/nowhere", "cannot open folder")):
            done = place.pmprof("stacks", what)
            check(done.returncode == 3 and words in done.stderr and done.stderr.count("\n") == 1, f"{what}: {done}")
        other.kill()
    check(place.pmprof("stacks", "a", "b").returncode == 2, "two jobs")

    # a rank that a debugger has
    with subprocess.Popen(["gdb", "-q", "-nx", "-p", str(pid)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT) as gdb:
        wait_for(lambda: traced(pid), "gdb")
        rank = place.json("stacks", "receive_ring")["ranks"][2]
        check("traced already, by 'gdb'" in rank["why_no_stack"], f"{rank['why_no_stack']}")
        check(main_thread(rank)["source"] == "record", f"{rank}")
        gdb.communicate(b"detach\nquit\n", timeout=30)

    # a stopped rank stays stopped
    os.kill(pid, signal.SIGSTOP)
    rank = place.json("stacks", "receive_ring")["ranks"][2]
    check(len(main_thread(rank)["frames"]) == 3, f"{rank}")
    check(state(pid) == "T", f"state {state(pid)} after looking at a stopped rank")
    os.kill(pid, signal.SIGCONT)
    place.stop(process, "receive_ring")
    done = place.pmprof("stacks", "receive_ring")
    check(done.returncode == 3 and "has ended" in done.stderr, f"{done}")


def traced(pid):
    with open(f"/proc/{pid}/status") as f:
        return "TracerPid:\t0" not in f.read()


def state(pid):
    with open(f"/proc/{pid}/stat") as f:
        return f.read().rpartition(")")[2].split()[0]


def foreign(place):
    """Another user's rank, as an ordinary user."""
    if os.getuid() != 0:
        return
    process = stuck(place, "user_loop", 2)
    pid = place.job("user_loop")["ranks"][0]["pid"]
    nobody = pwd.getpwnam("nobody")
    with tempfile.TemporaryDirectory(prefix="pmprof-foreign-") as folder:  # nobody may not enter the build
        os.chmod(folder, 0o755)
        command = shutil.copy(os.path.join(BUILD, "bin", "pmprof"), folder)
        done = subprocess.run([command, "stacks", str(pid)], capture_output=True, text=True, user=nobody.pw_uid, group=nobody.pw_gid,
                              extra_groups=[], cwd="/", check=False, env={"PMPROF_SCRATCH": "/nowhere"})
    check(done.returncode == 3 and "belongs to user 'root'" in done.stderr, f"{done}")
    place.stop(process, "user_loop")


def sixteen(place):
    process = stuck(place, "user_loop", 16)
    times, held = [], []
    for _ in range(5):
        begin = time.monotonic()
        seen = place.json("stacks", "user_loop")
        times.append(time.monotonic() - begin)
        held += [r["stopped_s"] for r in seen["ranks"]]
        check(len(seen["ranks"]) == 16, f"{len(seen['ranks'])} ranks")
    loop = main_thread(seen["ranks"][15])
    check(where(loop)[-1][0] == "user_loop" and not loop["mpi"] and loop["state"] == "R", f"{loop}")
    check(all(main_thread(r)["mpi"]["call"] == "MPI_Barrier" for r in seen["ranks"][:15]), "15 are in MPI_Barrier")
    print(f"16 ranks: {min(times):.2f} s, a thread was held for {sorted(held)[len(held) // 2] * 1e6:.0f} us")
    check(min(times) < 2, f"16 ranks took {times} s")
    place.stop(process, "user_loop")


def threads(place):
    process = stuck(place, "threads", 2)
    for rank in place.json("stacks", "threads")["ranks"]:
        worker = [t for t in rank["threads"] if not t["main"]]
        check(len(worker) == 1 and [f for f, _ in where(worker[0])][:2] == ["thread_work", "work"], f"{worker}")
    every = place.json("stacks", "threads", "--all")["ranks"][0]["threads"]
    check(len(every) > 2 and any(t["helper"] for t in every), f"{len(every)} threads with --all")
    place.stop(process, "threads")


def unharmed(place):
    """Output and exit code of a program that is looked at all the time, also by commands that are killed while they look."""
    bare = place.start("bare", 2, HEAT, preload=False).communicate(timeout=60)[0]
    for number in (signal.SIGKILL, signal.SIGINT, None):
        process = place.start("heat", 2, HEAT)
        looks = 0
        while process.poll() is None:
            look = subprocess.Popen([os.path.join(BUILD, "bin", "pmprof"), "stacks", "heat"], env=place.environment(),
                                    stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            if number:
                time.sleep(0.001 * (looks % 30))
                look.send_signal(number)
            look.wait()
            looks += 1
        out, err = process.communicate(timeout=60)
        check(process.returncode == 0, f"signal {number}: exit code {process.returncode} {err}")
        check(re.sub(r"[\d.]+ s", "", out) == re.sub(r"[\d.]+ s", "", bare), f"signal {number}: {out} instead of {bare}")
        check(looks > 2, f"only {looks} looks")
    # in system calls: sleep() sleeps as long as it should
    process = stuck(place, "all_asleep", 2)
    begin = time.monotonic()
    while process.poll() is None and time.monotonic() - begin < 30:
        place.pmprof("stacks", "all_asleep")
    out = process.communicate(timeout=30)[0]
    check(process.returncode == 0 and out == "all_asleep: done\n", f"{process.returncode} {out}")
    check(time.monotonic() - begin > 6.5, f"sleep(8) was over after {time.monotonic() - begin} s")


PARTS = {"shown": [ring, foreign, threads], "sixteen": [sixteen], "unharmed": [unharmed]}
with Place() as where_it_happens:
    for part in PARTS[sys.argv[2]]:
        part(where_it_happens)
finish()
