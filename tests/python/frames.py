"""frames.py - calls of MPI from known functions and lines, each marked `# at NAME`: frames_test.py has the numbers"""
import sys
import threading

import numpy
from mpi4py import MPI

world = MPI.COMM_WORLD
one, other = numpy.ones(1), numpy.ones(1)


def leaf():
    world.Barrier()  # at leaf-1
    world.Barrier()  # at leaf-2


def twice():
    leaf()  # at twice-1
    leaf()  # at twice-2


class Größe:
    """A name that is not ASCII."""

    def méthode(self):
        """Through a property, a lambda and a comprehension."""
        return self.value

    @property
    def value(self):
        """Two calls in one line."""
        def closure(): world.Barrier(); world.Barrier()  # at closure # pylint: disable=multiple-statements
        for _ in [closure() for _ in range(2)]:  # at comprehension
            pass
        return (lambda: world.Allreduce(one, other))()  # at lambda


def generator():
    for _ in range(3):
        world.Bcast(one)  # at generator
        yield


def deep(levels):
    if levels:
        return deep(levels - 1)  # at deep
    return world.Scan(one, other)  # at bottom


def in_thread():
    for _ in range(5):
        world.Exscan(one, other)  # at thread


def replaced(number):
    """A function that is made anew each time, in place of the one before."""
    names = {"world": world}
    exec(compile(f"\n" * number + f"def made_{number}():\n    world.Barrier()\nmade_{number}()\n", f"made{number}.py", "exec"), names)  # at exec


class Reducer:
    """Pickled by mpi4py, which calls back into Python."""

    def __reduce__(self):
        world.Barrier()  # at reduce
        return (int, ())


def main():
    for _ in range(7):
        twice()  # at main-twice
    for _ in range(2):
        Größe().méthode()  # at main-method
    for _ in generator():  # at main-generator
        pass
    deep(5)  # at main-deep
    deep(200)  # at main-deeper
    if MPI.Query_thread() == MPI.THREAD_MULTIPLE:
        thread = threading.Thread(target=in_thread, name="second")
        thread.start()
        thread.join()
    for number in range(20):
        replaced(number)  # at main-replaced
    world.bcast(Reducer(), root=0) if world.size == 1 else None  # at main-pickled
    list(map(lambda _: world.Barrier(), range(3)))  # at map
    sorted([3, 1, 2], key=lambda value: world.Barrier() or value)  # at key


main()  # at module
sys.exit(0)
