"""jobs.py BUILD - `pmprof list` shows what runs and what is left over; `pmprof clean` removes the latter and nothing else"""
import os
import signal

from watched import BUILD, Place, check, finish

RING = os.path.join(BUILD, "examples", "ring")
LONG = "100000000"

with Place() as place:
    if place.alone("list"):
        empty = place.alone("list")
        check(empty.returncode == 0 and "no job of yours" in empty.stdout, f"empty list: {empty}")
        done = place.alone("clean", "--all")
        check(done.returncode == 0 and done.stdout == "nothing is left over\n", f"nothing to clean: {done}")
        done = place.alone("clean")
        check(done.returncode == 3 and "no job is left over" in done.stderr, f"clean without a job: {done}")

    first, second = place.start("first", 2, RING, LONG), place.start("second", 3, RING, LONG)
    job = place.running("first", 2)
    place.running("second", 3)
    check(job["state"] == "running" and job["program"] == "ring" and job["count"] == 2, f"{job}")
    check([r["rank"] for r in job["ranks"]] == [0, 1] and all(r["running"] for r in job["ranks"]), f"{job}")
    check(job["bytes"] == sum(r["bytes"] for r in job["ranks"]) > 0, f"{job}")
    text = place.pmprof("list").stdout
    check("first" in text and "running  for" in text and "pmprof stacks" in text, text)

    # what runs is not touched, by name, by folder or by --all
    for argv in (["first"], [job["folders"][0]], ["first", "--dry-run"]):
        done = place.pmprof("clean", *argv)
        check(done.returncode == 2 and "'first' is running" in done.stderr, f"{argv}: {done}")
    done = place.alone("clean", "--all")
    check(not done or done.returncode == 0 and place.job("first")["running"] == 2, f"{done}")

    # one rank of a job that still runs is enough, and an arena of one that begins has no header yet
    os.kill(job["ranks"][1]["pid"], signal.SIGSTOP)
    done = place.alone("clean", "--all")
    check(not done or done.stdout == "nothing is left over\n", f"{done}")
    fresh = os.path.join(place.root, f"pmprof-{os.getuid()}", "fresh")
    os.mkdir(fresh)
    with open(os.path.join(fresh, "rank-0.arena"), "wb") as f:
        f.write(b"\0" * 8192)
    check(place.job("fresh")["state"] == "starting", "an empty young arena")
    place.alone("clean", "--all")
    check(place.job("fresh") is not None, "an empty young arena stays")
    os.utime(os.path.join(fresh, "rank-0.arena"), (1, 1))
    done = place.pmprof("clean", "fresh")
    check(done.returncode == 0 and not os.path.exists(fresh), f"an old one goes: {done}")

    place.stop(first, "first")
    check(place.job("first")["state"] == "ended", f"{place.job('first')}")
    other = os.path.join(job["folders"][0], "notes.txt")
    open(other, "w").close()
    done = place.pmprof("clean", "first", "--dry-run")
    check(done.returncode == 0 and done.stdout.startswith("would remove first: 2 ranks of 'ring'"), f"{done}")
    check(place.job("first") is not None, "a dry run removes nothing")
    done = place.alone("clean") or place.pmprof("clean", "first")
    check(done.returncode == 0 and done.stdout.startswith("removed first: 2 ranks of 'ring'"), f"{done}")
    check(place.job("first") is None and os.path.exists(other), "arenas are gone, other files are not")
    check(place.job("second")["running"] == 3, "the other job runs")
    done = place.pmprof("clean", "first")
    check(done.returncode == 3 and done.stderr.count("\n") == 1, f"{done}")
    for argv, word in ((["first", "--all"], "not both"), (["a", "b"], "one too many"), (["--every"], "unknown option")):
        done = place.pmprof("clean", *argv)
        check(done.returncode == 2 and word in done.stderr, f"{argv}: {done}")
    check(place.pmprof("list", "x").returncode == 2, "list takes no argument")
    place.stop(second, "second")
finish()
