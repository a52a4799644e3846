#!/usr/bin/env python3
"""Heat spreads over a square plate: the same as heat.c, in Python with mpi4py and numpy.

usage: heat.py [size [steps]]     size x size cells, default 512 and 400

The plate is cut into strips of rows. Each step exchanges the strips' edge rows with both neighbours and computes the new
temperatures; every tenth step all ranks agree on the residual. Prints the sum of all temperatures, which does not depend on the
number of ranks. Runs without pmprof as well, as long as Python finds the module (PYTHONPATH).
"""
import math
import sys

import numpy
from mpi4py import MPI

import pmprof

RESIDUAL_EVERY = 10
world = MPI.COMM_WORLD


class Strip:
    """The rows of one rank, with a halo row above and below."""

    def __init__(self, size):
        rank, ranks = world.rank, world.size
        rows = size // ranks + (rank < size % ranks)
        self.above = rank - 1 if rank > 0 else MPI.PROC_NULL
        self.below = rank + 1 if rank + 1 < ranks else MPI.PROC_NULL
        self.now = numpy.zeros((rows + 2, size))
        if rank == 0:
            self.now[0] = 100  # the upper rim is hot
        self.next = self.now.copy()

    @pmprof.region("halo")
    def exchange_halo(self):
        """Edge rows to the neighbours, theirs into the halo."""
        now = self.now
        requests = [world.Irecv(now[0], self.above, 1), world.Irecv(now[-1], self.below, 2),
                    world.Isend(now[1], self.above, 2), world.Isend(now[-2], self.below, 1)]
        MPI.Request.Waitall(requests)

    def relax(self):
        """One step. Returns this strip's share of the residual."""
        now = self.now
        inner = self.next[1:-1, 1:-1]
        inner[:] = 0.25 * (now[:-2, 1:-1] + now[2:, 1:-1] + now[1:-1, :-2] + now[1:-1, 2:])
        change = float(((inner - now[1:-1, 1:-1]) ** 2).sum())
        self.next[0], self.next[-1] = now[0], now[-1]
        self.now, self.next = self.next, now
        return change


def solve(strip, steps):
    """All steps. Returns the residual of the last one that was looked at."""
    residual = 0.0
    for step in range(1, steps + 1):
        strip.exchange_halo()
        with pmprof.region("relax"):
            change = strip.relax()
        if step % RESIDUAL_EVERY == 0:
            residual = math.sqrt(world.allreduce(change))
    return residual


def main():
    """See above."""
    size, steps = (int(text) for text in (sys.argv[1:] + ["512", "400"][len(sys.argv) - 1:])[:2])
    if size < max(3, world.size) or steps < 1:
        sys.exit("heat.py: size and steps must be positive, with a row for each rank")
    strip = Strip(size)
    with pmprof.region("solve"):
        residual = solve(strip, steps)
    heat = world.reduce(float(strip.now[1:-1].sum()))
    if world.rank == 0:
        print(f"{world.size} ranks, {steps} steps on {size} x {size}: heat {heat:.6f}, residual {residual:.3e}")


if __name__ == "__main__":
    main()
