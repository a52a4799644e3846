"""A Python program with its own HDF5 (h5py, serial) and mpi4py: writes, reduces, reads back."""
import sys

import h5py
import numpy
from mpi4py import MPI

comm = MPI.COMM_WORLD
path = sys.argv[1]
mine = 0.0
if comm.rank == 0:
    with h5py.File(path, "w") as f:
        f["values"] = numpy.arange(1000) * 0.5
    with h5py.File(path, "r") as f:
        mine = float(f["values"][:].sum())
total = comm.allreduce(mine)
comm.Barrier()
if comm.rank == 0:
    print("sum %.1f" % total)
