"""annotated.py - an mpi4py program whose regions and calls are known: module_test.py has the numbers"""
import os

import numpy
from mpi4py import MPI

import pmprof

world = MPI.COMM_WORLD
one, other = numpy.ones(1), numpy.ones(1)


@pmprof.region("inner")
def inner(depth):
    """`depth` barriers, each one region further in."""
    world.Barrier()
    if depth > 1:
        inner(depth - 1)
    return depth


class Wrong(Exception):
    """Raised inside of regions."""


@pmprof.region("failing")
def fail():
    """Leaves its region by an exception."""
    raise Wrong("as it should")


assert pmprof.region("x").name == "x" and inner.__name__ == "inner" and "barriers" in inner.__doc__
for step in range(10):
    with pmprof.region("step"):
        world.Allreduce(one, other)
        with pmprof.region("größe/π"):
            world.Bcast(one)
for step in range(3):
    assert inner(2) == 2
for step in range(4):
    try:
        with pmprof.region("step"), pmprof.region("left"):
            fail()
    except Wrong as error:
        assert str(error) == "as it should"
    world.Barrier()  # outside of all regions again
pmprof.pause()
for step in range(5):
    world.Barrier()
pmprof.resume()
world.Allreduce(one, other)
try:
    @pmprof.region("no")
    def generator():
        """No region can be left and entered again."""
        yield
except TypeError as error:
    assert "generator" in str(error)
else:
    assert False
os.write(1, f"{'recording' if pmprof.is_recording() else 'alone'} {world.size}\n".encode())  # in one piece, beside other ranks
