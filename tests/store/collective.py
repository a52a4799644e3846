"""collective.py - 1 to 4 processes write byte for byte the tables that one process writes"""
import os

import h5py

from store_harness import Scratch, check, finish, good


def datasets(file):
    found = {}
    file.visititems(lambda name, item: found.__setitem__(name, item) if isinstance(item, h5py.Dataset) else None)
    return found


def same(one, other):
    with h5py.File(one) as a, h5py.File(other) as b:
        x, y = datasets(a), datasets(b)
        if x.keys() != y.keys():
            return False
        return all(x[k].dtype == y[k].dtype and x[k][:].tobytes() == y[k][:].tobytes() for k in x) and \
            all(a.attrs[k] == b.attrs[k] for k in a.attrs if k != "created")


def case(folder, name, ranks, *shape):
    job = os.path.join(folder, name)
    alone = os.path.join(folder, name + ".alone.h5")
    good("make", job, ranks, *shape)
    good("write", alone, job, "keep=1")
    for processes in (1, 2, 3, 4):
        together = os.path.join(folder, f"{name}.{processes}.h5")
        good("write", together, job, "keep=1", ranks=processes)
        check(same(alone, together), f"{name} with {processes} processes")
    # together and for good: each process removes what it took
    good("write", alone, job, ranks=3)
    check(not os.path.exists(job), f"{name}: everything removed")


with Scratch() as folder:
    case(folder, "even", 4, "paths=20", "lanes=2")
    case(folder, "uneven", 7, "paths=9", "uneven=1", "host=node%d")  # rank 0 has no row in any table
    case(folder, "few", 2)                                           # fewer arenas than processes
    case(folder, "empty", 1, "uneven=1")                             # no row in all of the long tables
    case(folder, "many", 3, "paths=6000", "events=9000", "ring=8192")  # several chunks, borders inside of them
finish()
