! exact_collectives.F90 - collectives from Fortran: blocking and not, v and w, MPI_IN_PLACE, neighbourhoods, parts of the world
#include "bindings.h"
#define NB(name, bytes_out, bytes_in) call did(name, bytes_out, bytes_in); call MPI_Wait(request, MPI_STATUS_IGNORE E); call did('Wait', 0, 0)

program exact_collectives
  USE_MPI
  use expect_fortran
  implicit none
  INCLUDE_MPI
  integer :: me, all, ierr, root, total
  integer :: a(4096), b(4096), counts(64), places(64), byte_places(64)
  T_TYPE :: ints(64)
  T_REQUEST :: request
  T_COMM :: w

  a = 0
  call MPI_Init(ierr)
  call expect_begin()
  w = MPI_COMM_WORLD
  call MPI_Comm_rank(w, me E); call did('Comm_rank', 0, 0)
  call MPI_Comm_size(w, all E); call did('Comm_size', 0, 0)
  call uneven_counts()
  do root = 0, all - 1
    call rooted(root, me == root, 4*counts(me + 1))
    call rooted_in_place(root, me == root, 4*counts(me + 1))
  end do
  call to_all(4*counts(me + 1), 4*total)
  call all_to_all()
  call lines()
  call graphs()
  call parts()
  call expect_write()
  call MPI_Finalize(ierr)

contains

  subroutine uneven_counts()
    integer :: i
    total = 0
    do i = 1, all
      counts(i) = 2*i - 1
      places(i) = total
      byte_places(i) = 4*total
      ints(i) = MPI_INTEGER
      total = total + counts(i)
    end do
  end subroutine

  integer function only(condition, bytes)
    logical, intent(in) :: condition
    integer, intent(in) :: bytes
    only = merge(bytes, 0, condition)
  end function

  subroutine rooted(root, is_root, own)
    integer, intent(in) :: root, own
    logical, intent(in) :: is_root
    integer :: n
    n = counts(me + 1)
    call MPI_Bcast(a, 10, MPI_INTEGER, root, w E); call did('Bcast', only(is_root, 40), only(.not. is_root, 40))
    call MPI_Ibcast(a, 10, MPI_INTEGER, root, w, request E); NB('Ibcast', only(is_root, 40), only(.not. is_root, 40))
    call MPI_Reduce(a, b, 5, MPI_INTEGER, MPI_SUM, root, w E); call did('Reduce', 20, only(is_root, 20))
    call MPI_Ireduce(a, b, 5, MPI_INTEGER, MPI_SUM, root, w, request E); NB('Ireduce', 20, only(is_root, 20))
    call MPI_Gather(a, 3, MPI_INTEGER, b, 3, MPI_INTEGER, root, w E); call did('Gather', 12, only(is_root, 12*all))
    call MPI_Igather(a, 3, MPI_INTEGER, b, 3, MPI_INTEGER, root, w, request E); NB('Igather', 12, only(is_root, 12*all))
    call MPI_Gatherv(a, n, MPI_INTEGER, b, counts, places, MPI_INTEGER, root, w E)
    call did('Gatherv', own, only(is_root, 4*total))
    call MPI_Igatherv(a, n, MPI_INTEGER, b, counts, places, MPI_INTEGER, root, w, request E)
    NB('Igatherv', own, only(is_root, 4*total))
    call MPI_Scatter(a, 3, MPI_INTEGER, b, 3, MPI_INTEGER, root, w E); call did('Scatter', only(is_root, 12*all), 12)
    call MPI_Iscatter(a, 3, MPI_INTEGER, b, 3, MPI_INTEGER, root, w, request E); NB('Iscatter', only(is_root, 12*all), 12)
    call MPI_Scatterv(a, counts, places, MPI_INTEGER, b, n, MPI_INTEGER, root, w E)
    call did('Scatterv', only(is_root, 4*total), own)
    call MPI_Iscatterv(a, counts, places, MPI_INTEGER, b, n, MPI_INTEGER, root, w, request E)
    NB('Iscatterv', only(is_root, 4*total), own)
  end subroutine

  subroutine rooted_in_place(root, is_root, own)
    integer, intent(in) :: root, own
    logical, intent(in) :: is_root
    if (is_root) then
      call MPI_Reduce(MPI_IN_PLACE, b, 5, MPI_INTEGER, MPI_SUM, root, w E)
      call MPI_Gather(MPI_IN_PLACE, 0, MPI_DATATYPE_NULL, b, 3, MPI_INTEGER, root, w E)
      call MPI_Gatherv(MPI_IN_PLACE, 0, MPI_DATATYPE_NULL, b, counts, places, MPI_INTEGER, root, w E)
      call MPI_Scatter(a, 3, MPI_INTEGER, MPI_IN_PLACE, 0, MPI_DATATYPE_NULL, root, w E)
      call MPI_Scatterv(a, counts, places, MPI_INTEGER, MPI_IN_PLACE, 0, MPI_DATATYPE_NULL, root, w E)
    else
      call MPI_Reduce(a, b, 5, MPI_INTEGER, MPI_SUM, root, w E)
      call MPI_Gather(a, 3, MPI_INTEGER, b, 3, MPI_INTEGER, root, w E)
      call MPI_Gatherv(a, counts(me + 1), MPI_INTEGER, b, counts, places, MPI_INTEGER, root, w E)
      call MPI_Scatter(a, 3, MPI_INTEGER, b, 3, MPI_INTEGER, root, w E)
      call MPI_Scatterv(a, counts, places, MPI_INTEGER, b, counts(me + 1), MPI_INTEGER, root, w E)
    end if
    call did('Reduce', 20, only(is_root, 20))
    call did('Gather', 12, only(is_root, 12*all))
    call did('Gatherv', own, only(is_root, 4*total))
    call did('Scatter', only(is_root, 12*all), 12)
    call did('Scatterv', only(is_root, 4*total), own)
  end subroutine

  subroutine to_all(own, sum)
    integer, intent(in) :: own, sum
    integer :: n
    n = counts(me + 1)
    call MPI_Allreduce(a, b, 9, MPI_DOUBLE_PRECISION, MPI_SUM, w E); call did('Allreduce', 72, 72)
    call MPI_Iallreduce(a, b, 9, MPI_DOUBLE_PRECISION, MPI_SUM, w, request E); NB('Iallreduce', 72, 72)
    call MPI_Allreduce(MPI_IN_PLACE, b, 9, MPI_DOUBLE_PRECISION, MPI_SUM, w E); call did('Allreduce', 72, 72)
    call MPI_Allgather(a, 2, MPI_INTEGER, b, 2, MPI_INTEGER, w E); call did('Allgather', 8, 8*all)
    call MPI_Iallgather(a, 2, MPI_INTEGER, b, 2, MPI_INTEGER, w, request E); NB('Iallgather', 8, 8*all)
    call MPI_Allgather(MPI_IN_PLACE, 0, MPI_DATATYPE_NULL, b, 2, MPI_INTEGER, w E); call did('Allgather', 8, 8*all)
    call MPI_Allgatherv(a, n, MPI_INTEGER, b, counts, places, MPI_INTEGER, w E); call did('Allgatherv', own, sum)
    call MPI_Iallgatherv(a, n, MPI_INTEGER, b, counts, places, MPI_INTEGER, w, request E); NB('Iallgatherv', own, sum)
    call MPI_Allgatherv(MPI_IN_PLACE, 0, MPI_DATATYPE_NULL, b, counts, places, MPI_INTEGER, w E); call did('Allgatherv', own, sum)
    call MPI_Reduce_scatter(a, b, counts, MPI_INTEGER, MPI_SUM, w E); call did('Reduce_scatter', sum, own)
    call MPI_Ireduce_scatter(a, b, counts, MPI_INTEGER, MPI_SUM, w, request E); NB('Ireduce_scatter', sum, own)
    call MPI_Reduce_scatter_block(a, b, 6, MPI_INTEGER, MPI_SUM, w E); call did('Reduce_scatter_block', 24*all, 24)
    call MPI_Ireduce_scatter_block(a, b, 6, MPI_INTEGER, MPI_SUM, w, request E); NB('Ireduce_scatter_block', 24*all, 24)
    call MPI_Scan(a, b, 8, MPI_INTEGER, MPI_SUM, w E); call did('Scan', 32, 32)
    call MPI_Iscan(a, b, 8, MPI_INTEGER, MPI_SUM, w, request E); NB('Iscan', 32, 32)
    call MPI_Exscan(a, b, 8, MPI_INTEGER, MPI_SUM, w E); call did('Exscan', 32, only(me > 0, 32))
    call MPI_Iexscan(a, b, 8, MPI_INTEGER, MPI_SUM, w, request E); NB('Iexscan', 32, only(me > 0, 32))
    call MPI_Barrier(w E); call did('Barrier', 0, 0)
    call MPI_Ibarrier(w, request E); NB('Ibarrier', 0, 0)
  end subroutine

  subroutine all_to_all()
    integer :: give(64), take(64), at(64), byte_at(64), p, o, i
    o = 0
    i = 0
    do p = 1, all
      give(p) = 1 + me + 3*(p - 1)
      take(p) = p + 3*me
      at(p) = 64*(p - 1)
      byte_at(p) = 4*at(p)
      o = o + 4*give(p)
      i = i + 4*take(p)
    end do
    call MPI_Alltoall(a, 7, MPI_INTEGER, b, 7, MPI_INTEGER, w E); call did('Alltoall', 28*all, 28*all)
    call MPI_Ialltoall(a, 7, MPI_INTEGER, b, 7, MPI_INTEGER, w, request E); NB('Ialltoall', 28*all, 28*all)
    call MPI_Alltoall(MPI_IN_PLACE, 0, MPI_DATATYPE_NULL, b, 7, MPI_INTEGER, w E); call did('Alltoall', 28*all, 28*all)
    call MPI_Alltoallv(a, give, at, MPI_INTEGER, b, take, at, MPI_INTEGER, w E); call did('Alltoallv', o, i)
    call MPI_Ialltoallv(a, give, at, MPI_INTEGER, b, take, at, MPI_INTEGER, w, request E); NB('Ialltoallv', o, i)
    call MPI_Alltoallw(a, give, byte_at, ints, b, take, byte_at, ints, w E); call did('Alltoallw', o, i)
    call MPI_Ialltoallw(a, give, byte_at, ints, b, take, byte_at, ints, w, request E); NB('Ialltoallw', o, i)
  end subroutine

  ! All neighbours are alike: n_in and n_out of them exist. The Fortran layer of Open MPI 4.1 converts as many types as there are
  ! ranks, not neighbours, and fails when there are more neighbours.
  subroutine exchange(comm, n_in, n_out, has_few)
    T_COMM, intent(in) :: comm
    integer, intent(in) :: n_in, n_out
    logical, intent(in) :: has_few
    integer :: n(8), at(8), i
    integer(MPI_ADDRESS_KIND) :: byte_at(8)
    n = 2
    do i = 1, 8
      at(i) = 2*(i - 1)
      byte_at(i) = 8*(i - 1)
    end do
    call MPI_Neighbor_allgather(a, 5, MPI_INTEGER, b, 5, MPI_INTEGER, comm E)
    call did('Neighbor_allgather', only(n_out > 0, 20), 20*n_in)
    call MPI_Ineighbor_allgather(a, 5, MPI_INTEGER, b, 5, MPI_INTEGER, comm, request E)
    NB('Ineighbor_allgather', only(n_out > 0, 20), 20*n_in)
    call MPI_Neighbor_alltoall(a, 5, MPI_INTEGER, b, 5, MPI_INTEGER, comm E)
    call did('Neighbor_alltoall', 20*n_out, 20*n_in)
    call MPI_Neighbor_allgatherv(a, 2, MPI_INTEGER, b, n, at, MPI_INTEGER, comm E)
    call did('Neighbor_allgatherv', only(n_out > 0, 8), 8*n_in)
    call MPI_Neighbor_alltoallv(a, n, at, MPI_INTEGER, b, n, at, MPI_INTEGER, comm E)
    call did('Neighbor_alltoallv', 8*n_out, 8*n_in)
    if (.not. has_few) return
    call MPI_Neighbor_alltoallw(a, n, byte_at, ints_of(8), b, n, byte_at, ints_of(8), comm E)
    call did('Neighbor_alltoallw', 8*n_out, 8*n_in)
  end subroutine

  function ints_of(n)
    integer, intent(in) :: n
    T_TYPE :: ints_of(n)
    ints_of = MPI_INTEGER
  end function

  subroutine lines()
    T_COMM :: comm, part
    integer :: n, coordinates(2)
    logical :: is_closed(2), shape(2)
    integer :: dims(2)

    dims = [all, 1]
    is_closed = [.false., .true.]
    call MPI_Cart_create(w, 1, dims, is_closed, .false., comm E); call did('Cart_create', 0, 0)
    n = merge(1, 0, me > 0) + merge(1, 0, me < all - 1)
    call exchange(comm, n, n, all >= 2)
    call MPI_Comm_free(comm E); call did('Comm_free', 0, 0)
    call MPI_Cart_create(w, 2, dims, is_closed, .false., comm E); call did('Cart_create', 0, 0)
    call MPI_Cart_get(comm, 2, dims, shape, coordinates E); call did('Cart_get', 0, 0)
    if (shape(1) .or. .not. shape(2) .or. coordinates(1) /= me) stop 3
    call exchange(comm, n + 2, n + 2, all >= 4)
    call MPI_Cart_sub(comm, [.false., .true.], part E); call did('Cart_sub', 0, 0)
    call exchange(part, 2, 2, .false.)
    call MPI_Comm_free(part E); call did('Comm_free', 0, 0)
    call MPI_Comm_free(comm E); call did('Comm_free', 0, 0)
  end subroutine

  subroutine graphs()
    T_COMM :: comm
    integer :: sources(2), destinations(2), degrees(1), nodes(1), leaf(1)
    logical :: is_weighted
    integer :: n_in, n_out

    sources = [mod(me + all - 1, all), me]
    destinations = [mod(me + 1, all), me]
    call MPI_Dist_graph_create_adjacent(w, 2, sources, MPI_UNWEIGHTED, 2, destinations, MPI_UNWEIGHTED, &
                                        MPI_INFO_NULL, .false., comm E)
    call did('Dist_graph_create_adjacent', 0, 0)
    call MPI_Dist_graph_neighbors_count(comm, n_in, n_out, is_weighted E); call did('Dist_graph_neighbors_count', 0, 0)
    if (is_weighted .or. n_in /= 2) stop 4
    call exchange(comm, 2, 2, all >= 2)
    call MPI_Comm_free(comm E); call did('Comm_free', 0, 0)
    nodes = me
    degrees = 1
    leaf = 0
    call MPI_Dist_graph_create(w, 1, nodes, degrees, leaf, MPI_UNWEIGHTED, MPI_INFO_NULL, .false., comm E)
    call did('Dist_graph_create', 0, 0)
    call exchange(comm, merge(all, 0, me == 0), 1, .true.)
    call MPI_Comm_free(comm E); call did('Comm_free', 0, 0)
  end subroutine

  subroutine ring(comm, world)
    T_COMM, intent(in) :: comm
    integer, intent(in) :: world(:)
    integer :: rank, size, next, before
    call MPI_Comm_rank(comm, rank E); call did('Comm_rank', 0, 0)
    call MPI_Comm_size(comm, size E); call did('Comm_size', 0, 0)
    next = mod(rank + 1, size)
    before = mod(rank + size - 1, size)
    call MPI_Sendrecv(a, 10, MPI_INTEGER, next, 1, b, 10, MPI_INTEGER, before, 1, comm, MPI_STATUS_IGNORE E)
    call did('Sendrecv', 40, 40); call sent(world(next + 1), 40); call received(world(before + 1), 40)
    call MPI_Alltoall(a, 1, MPI_INTEGER, b, 1, MPI_INTEGER, comm E); call did('Alltoall', 4*size, 4*size)
  end subroutine

  subroutine parts()
    T_COMM :: comm, inter, merged
    T_GROUP :: group, some
    integer :: world(64), i, n, length
    character(MPI_MAX_OBJECT_NAME) :: name

    world(1:all) = [(i, i=0, all - 1)]
    do i = 1, 10
      call MPI_Comm_dup(w, comm E); call did('Comm_dup', 0, 0)
      call MPI_Comm_set_name(comm, 'a copy  ' E); call did('Comm_set_name', 0, 0)
      call MPI_Comm_get_name(comm, name, length E); call did('Comm_get_name', 0, 0)
      if (name(:length) /= 'a copy') stop 5
      call ring(comm, world)
      call MPI_Comm_free(comm E); call did('Comm_free', 0, 0)
      if (comm /= MPI_COMM_NULL) stop 6
    end do
    call MPI_Comm_idup(w, comm, request E); NB('Comm_idup', 0, 0)
    call ring(comm, world)
    call MPI_Comm_disconnect(comm E); call did('Comm_disconnect', 0, 0)
    n = 0
    do i = mod(me, 2), all - 1, 2
      n = n + 1
      world(n) = i
    end do
    call MPI_Comm_split(w, mod(me, 2), me, comm E); call did('Comm_split', 0, 0)
    call ring(comm, world)
    call MPI_Comm_free(comm E); call did('Comm_free', 0, 0)
    call MPI_Comm_group(w, group E); call did('Comm_group', 0, 0)
    call MPI_Group_incl(group, n, world, some E); call did('Group_incl', 0, 0)
    call MPI_Comm_create_group(w, some, 5, comm E); call did('Comm_create_group', 0, 0)
    call ring(comm, world)
    call MPI_Comm_free(comm E); call did('Comm_free', 0, 0)
    call MPI_Comm_create(w, some, comm E); call did('Comm_create', 0, 0)
    call ring(comm, world)
    ! the handle of the old one is gone when the new one is made
    if (all > 1) then
      call MPI_Intercomm_create(comm, 0, w, 1 - mod(me, 2), 7, inter E); call did('Intercomm_create', 0, 0)
      n = merge((all + 1)/2, all/2, mod(me, 2) == 1)
      call MPI_Allgather(a, 3, MPI_INTEGER, b, 3, MPI_INTEGER, inter E); call did('Allgather', 12, 12*n)
      call MPI_Intercomm_merge(inter, mod(me, 2) == 1, merged E); call did('Intercomm_merge', 0, 0)
      world(1:all) = [(i, i=0, all - 1, 2), (i, i=1, all - 1, 2)]
      call ring(merged, world)
      call MPI_Comm_free(merged E); call did('Comm_free', 0, 0)
      call MPI_Comm_free(inter E); call did('Comm_free', 0, 0)
    end if
    call MPI_Comm_free(comm E); call did('Comm_free', 0, 0)
    call MPI_Group_free(some E); call did('Group_free', 0, 0)
    call MPI_Group_free(group E); call did('Group_free', 0, 0)
    world(1) = me
    call ring(MPI_COMM_SELF, world)
  end subroutine

end program
