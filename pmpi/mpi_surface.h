/* mpi_surface.h - preprocessed at build time: the prototypes that generate.py reads */
#include <mpi.h>
