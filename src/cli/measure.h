/* measure.h - what a sweep has to know of the file of a run at once: did it go well, how long did it take */
#ifndef PMP_MEASURE_H
#define PMP_MEASURE_H

#include <stdint.h>

#include "base/err.h"

struct pmp_measure {
	uint32_t ranks;
	double time_s;            /* T of digest.h */
	double compute_s;         /* of all ranks */
	double rss_bytes;         /* of the largest rank */
	int64_t begin_ns, end_ns; /* CLOCK_REALTIME at the earliest begin and the latest end */
};

/*
 * pmp_measure_file - read the file of a run
 *
 * Return: 0; what pmp_read returns; -PMP_EFORMAT with one line in @diag for a run that a rank has not finished.
 */
int pmp_measure_file(const char *path, struct pmp_measure *measure, struct pmp_diag *diag);

#endif
