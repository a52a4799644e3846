"""same.py - same.c in Python, with mpi4py"""
import numpy
from mpi4py import MPI

world = MPI.COMM_WORLD
me, size = world.rank, world.size
following, before = (me + 1) % size, (me - 1) % size
a, b = numpy.zeros(1000, "i"), numpy.zeros(1000, "i")
x, y = numpy.zeros(100), numpy.zeros(100)

world.Bcast([a, 10, MPI.INT], root=0)
for n in range(1, 6):
    world.Sendrecv([a, n, MPI.INT], following, 1, [b, 1000, MPI.INT], before, 1)
    requests = [world.Irecv([y, 100, MPI.DOUBLE], before, 2), world.Isend([x, 10 * n, MPI.DOUBLE], following, 2)]
    MPI.Request.Waitall(requests)
if me > 0:
    world.Recv([b, 1000, MPI.INT], me - 1, 3)
if me < size - 1:
    world.Send([a, 7, MPI.INT], me + 1, 3)
kept = world.Recv_init([b, 1000, MPI.INT], before, 4)
kept.Start()
request = world.Isend([a, 3, MPI.INT], following, 4)
kept.Wait()
request.Wait()
kept.Free()
world.Allreduce([x, 3, MPI.DOUBLE], [y, 3, MPI.DOUBLE])
world.Allreduce(MPI.IN_PLACE, [y, 4, MPI.DOUBLE])
world.Reduce([a, 4, MPI.INT], [b, 4, MPI.INT], root=size - 1)
world.Gather([a, 2, MPI.INT], [b, 2, MPI.INT], root=0)
world.Scatter([a, 2, MPI.INT], [b, 2, MPI.INT], root=0)
world.Allgather([a, 5, MPI.INT], [b, 5, MPI.INT])
world.Alltoall([a, 1, MPI.INT], [b, 1, MPI.INT])
world.Scan([a, 2, MPI.INT], [b, 2, MPI.INT])
part = world.Split(me % 2, me)
part.Allreduce([x, 5, MPI.DOUBLE], [y, 5, MPI.DOUBLE])
part.Barrier()
part.Free()
