/*
 * own_hdf5.c - a program with its own HDF5: rank 0 writes a dataset, all ranks reduce, rank 0 reads it back before and after
 * MPI_Finalize. Prints one line per check; nothing of it may change under the profiler.
 */
#include <hdf5.h>
#include <mpi.h>
#include <stdio.h>

enum { ROWS = 1000 };

static int write_file(const char *path)
{
	hsize_t rows = ROWS;
	double values[ROWS];
	hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
	hid_t space = H5Screate_simple(1, &rows, NULL);
	hid_t set = H5Dcreate2(file, "values", H5T_NATIVE_DOUBLE, space, H5P_DEFAULT, H5P_DEFAULT,
			       H5P_DEFAULT);

	for (int i = 0; i < ROWS; i++)
		values[i] = 0.5 * i;
	int rc = H5Dwrite(set, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) < 0;
	H5Dclose(set);
	H5Sclose(space);
	return rc || H5Fclose(file) < 0;
}

static double sum_file(const char *path)
{
	double values[ROWS] = {0};
	double sum = 0;
	hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
	hid_t set = H5Dopen2(file, "values", H5P_DEFAULT);

	if (H5Dread(set, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) < 0)
		return -1;
	for (int i = 0; i < ROWS; i++)
		sum += values[i];
	H5Dclose(set);
	H5Fclose(file);
	return sum;
}

int main(int argc, char **argv)
{
	const char *path = argc > 1 ? argv[1] : "own.h5";
	int rank = 0;
	unsigned major = 0, minor = 0, release = 0;
	double mine = 0, total = 0;

	MPI_Init(&argc, &argv);
	MPI_Comm_rank(MPI_COMM_WORLD, &rank);
	if (rank == 0) {
		H5get_libversion(&major, &minor, &release);
		printf("hdf5 %u.%u, written: %s\n", major, minor, write_file(path) ? "no" : "yes");
		mine = sum_file(path);
	}
	MPI_Allreduce(&mine, &total, 1, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD);
	if (rank == 0)
		printf("sum %.1f\n", total);
	MPI_Finalize();
	if (rank == 0)
		printf("after MPI_Finalize %.1f\n", sum_file(path));
	return 0;
}
