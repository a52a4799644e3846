#!/usr/bin/env python3
"""two_hosts.py BUILD: a job over two nodes (network namespaces of this machine, each with a scratch folder of its own).

A normal end, a death that `pmprof run` has to collect from both nodes through the launcher it was given, and the same again where the
scratch folder of one node has room for one of its two ranks. The whole test lives in
a network and mount namespace of its own: it meets no other test, and nothing is left however it ends.
"""
import os
import subprocess
import sys

from harness import SKIPPED, Failure, Place, Ranks, check, counts, holds_every_call

RANKS = 4
NET = "10.77.0"

AGENT = """#!/bin/bash
while [[ "$1" == -* ]]; do shift; done
host=$1; shift
case $host in {net}.1) host=pmpA;; {net}.2) host=pmpB;; esac
export TMPDIR={root}/tmp.$host
exec ip netns exec $host unshare --uts --mount bash -c "hostname $host; mount --make-rprivate /;
mount --bind {root}/node.$host {root}/scratch; $*"
"""


def sh(command):
    done = subprocess.run(command, shell=True, capture_output=True, text=True, check=False)
    if done.returncode:
        print(f"{command}: {done.stderr}", file=sys.stderr)
        sys.exit(SKIPPED)


def alone():
    """starts this program again in namespaces of its own"""
    command = ["unshare", "--net", "--mount"]
    if os.environ.get("TWO_HOSTS_ALONE"):
        return
    try:
        subprocess.run([*command, "true"], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as error:
        print(f"no namespaces here: {error}", file=sys.stderr)
        sys.exit(SKIPPED)
    os.environ["TWO_HOSTS_ALONE"] = "1"
    os.execvp(command[0], [*command, sys.executable, *sys.argv])


def up():
    sh("mkdir -p /run/netns && mount -t tmpfs tmpfs /run/netns")
    sh("ip link set lo up && ip link add pmpbr type bridge")
    sh(f"ip addr add {NET}.254/24 dev pmpbr && ip link set pmpbr up")
    for i, name in enumerate(("pmpA", "pmpB"), 1):
        sh(f"ip netns add {name}")
        sh(f"ip link add v{name} type veth peer name eth0 netns {name}")
        sh(f"ip link set v{name} master pmpbr up && ip -n {name} addr add {NET}.{i}/24 dev eth0 && "
           f"ip -n {name} link set eth0 up && ip -n {name} link set lo up")


def launcher(place):
    agent = os.path.join(place.root, "agent.sh")
    hosts = os.path.join(place.root, "hosts")
    with open(agent, "w") as f:
        f.write(AGENT.format(net=NET, root=place.root))
    os.chmod(agent, 0o755)
    with open(hosts, "w") as f:
        f.write(f"{NET}.1 slots=2\n{NET}.2 slots=2\n")
    for name in ("pmpA", "pmpB"):
        place.folder(f"tmp.{name}")
        place.folder(f"node.{name}")
    return ["mpirun", "--hostfile", hosts, "--mca", "plm", "rsh", "--mca", "plm_rsh_agent", agent, "--mca",
            "oob_tcp_if_include", NET + ".0/24", "--mca", "btl_tcp_if_include", NET + ".0/24", "--mca", "btl", "tcp,vader,self",
            "-np", str(RANKS)]


def run(place, way):
    out = os.path.join(place.root, way + ".pmprof.h5")
    folder = place.folder("counts." + way)
    line = [*launcher(place), place.crash, way, "--counts", folder, "--rank", "2"]
    if os.path.exists(out):
        os.unlink(out)
    ours = place.run([place.pmprof, "run", "--out", out, "--", *line], place.root)
    check(os.path.exists(out), f"{way}: no file\n{ours.err}")
    ranks = Ranks(out)
    holds_every_call(ranks, counts(folder, RANKS))
    return ours, ranks


def main():
    if os.geteuid() != 0:
        return SKIPPED
    alone()
    up()
    place = Place(os.path.abspath(sys.argv[1]))
    try:
        ours, ranks = run(place, "none")
        check(ours.code == 0 and ranks.states == ["finalized"] * RANKS, f"none: {ours.code} {ranks.states}")
        ours, ranks = run(place, "segv")
        check(ours.code == 139, f"segv: exit code {ours.code}")
        check(len(ours.own_lines()) == 1, f"segv: {ours.own_lines()}")
        check("missing" not in ranks.states, f"segv: {ranks.states}")
        check("SIGSEGV" in ranks.endings[2], f"segv: {ranks.endings}")
        place.mount("node.pmpB", "size=600k")
        ours, ranks = run(place, "segv")
        check(len(ours.own_lines()) == 2 and "the next one was used" in ours.own_lines()[1], f"full: {ours.own_lines()}")
        check("missing" not in ranks.states and "SIGSEGV" in ranks.endings[2], f"full: {ranks.states} {ranks.endings}")
    except Failure as failure:
        print(failure, file=sys.stderr)
        return 1
    finally:
        place.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
