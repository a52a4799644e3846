"""verdicts.py BUILD GROUP - who waits for whom: what `pmprof stacks` says of programs that stand still, and of those that only seem to

The cases are the functions of stuck.c. Verdict, ranks and lines are known beforehand.
"""
import os
import sys
import time

from watched import BUILD, Place, check, finish, wait_for

STUCK = os.path.join(BUILD, "bin", "stuck")
SOURCE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "stuck.c")

# case: verdict, words of the sentence and the hint, marks of the lines that have to be named
WRONG = {
    "receive_ring": ("deadlock", ["MPI_Recv", "waits for"], []),
    "head_to_head": ("deadlock", ["MPI_Send"], ["line: head_to_head"]),
    "bcast_barrier": ("deadlock", ["rank {last} called MPI_Barrier", "called MPI_Allreduce", "do not match"],
                      ["line: bcast_barrier odd"]),
    "crossed_comms": ("deadlock", ["on 'rows'", "on 'columns'"], ["line: crossed_comms"]),
    "wrong_tag": ("deadlock", ["from rank 1 to rank 0 with tag 6", "waits for tag 5"], []),
    "wrong_comm": ("deadlock", ["from rank 1 to rank 0", "another communicator"], []),
    "wrong_root": ("deadlock", [], []),
    "early_return": ("deadlock", ["rank {last} is in MPI_Finalize"], ["line: early_return"]),
    "wrong_order": ("deadlock", ["rank 0 sends to rank 1 with tag 1", "waits for tag 2"], ["line: wrong_order sender"]),
    "any_source": ("deadlock", ["MPI_Recv"], []),
    "probe": ("deadlock", ["MPI_Probe"], ["line: probe"]),
    "sub_comms": ("deadlock", ["MPI_Recv"], []),
    "user_loop": ("waiting", ["wait", "for rank {last}", "outside of MPI"], ["line: user_loop odd"]),
    "poll_iprobe": ("livelock", ["MPI_Iprobe"], []),
    # of these the record does not say for whom they wait: nothing wrong may be said
    "wait_any": ("unknown", ["MPI_Waitany", "not recorded"], ["line: wait_any"]),
    "wait_all": ("unknown", ["MPI_Waitall"], []),
    "sendrecv": ("unknown", ["MPI_Sendrecv"], []),
    "nonblocking": ("unknown", ["MPI_Wait"], []),
    "persistent": ("unknown", ["MPI_Wait"], []),
    "poll_test": ("none", [], []),
}

CORRECT = ["slow_rank", "sleeping_rank", "all_asleep", "slow_chain", "master_worker", "idle_pollers", "test_pollers",
           "all_poll", "ping_pong", "exchange_large", "many_collectives", "waitany_workers", "late_receiver",
           "nonblocking_overlap", "large_to_busy", "threads", "sub_barriers", "gather_slow_root", "late_finalize",
           "synchronous"]

WRONG_NAMES = list(WRONG)
GROUPS = {
    "wrong_2": (2, WRONG_NAMES[::2]), "wrong_3": (3, WRONG_NAMES), "wrong_5": (5, WRONG_NAMES[1::2]),
    "wrong_16": (16, ["receive_ring", "bcast_barrier", "early_return", "user_loop"]),
    "correct_2": (2, CORRECT[0:7]), "correct_3": (3, CORRECT[7:14]), "correct_4": (4, CORRECT[14:]),
    # by hand: all of them
    "all_2": (2, WRONG_NAMES), "all_5": (5, WRONG_NAMES), "all_16": (16, WRONG_NAMES), "correct_all": (5, CORRECT),
}


def line_of(mark):
    with open(SOURCE) as f:
        return next(n for n, text in enumerate(f, 1) if f"/* {mark} */" in text)


def began(place, case, ranks):
    job = place.running(case, ranks)
    time.sleep(0.4 + 0.1 * ranks)  # to come to where they stand still; on a busy machine it is looked at again
    return job


def wrong(place, case, ranks):
    kind, words, marks = WRONG[case]
    process = place.start(case, ranks, STUCK, case)
    began(place, case, ranks)
    verdicts = []

    def judged():
        verdicts.append(place.json("stacks", case)["verdict"])
        return verdicts[-1]["kind"] == kind
    try:
        wait_for(judged, f"'{kind}'", 8)
    except RuntimeError:
        check(False, f"{case} with {ranks} ranks: {verdicts[-1]}")
    text = f"{verdicts[-1]['text']} | {verdicts[-1]['hint']}"
    for word in words:
        check(word.format(last=ranks - 1) in text, f"{case} with {ranks} ranks: no '{word}' in: {text}")
    for mark in marks:
        check(any(f"stuck.c:{line_of(mark) - back}" in text for back in (0, 1)), f"{case} with {ranks} ranks: no line {line_of(mark)} in: {text}")
    if kind != "deadlock":
        check(not [v for v in verdicts if v["kind"] == "deadlock"], f"{case}: {verdicts}")
    place.stop(process, case)


def correct(place, case, ranks):
    process = place.start(case, ranks, STUCK, case)
    began(place, case, ranks)
    for _ in range(3):
        if process.poll() is None and place.job(case):
            done = place.pmprof("stacks", case)
            check("DEADLOCK" not in done.stdout, f"{case} with {ranks} ranks: {done.stdout}")
    place.stop(process, case)


with Place() as here:
    count, names = GROUPS[sys.argv[2]]
    for name in names:
        (wrong if name in WRONG else correct)(here, name, count)
finish()
