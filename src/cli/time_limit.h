/* time_limit.h - when the batch system will end the job this process is part of */
#ifndef PMP_TIME_LIMIT_H
#define PMP_TIME_LIMIT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

/*
 * pmp_time_limit_left - seconds until the time limit of the batch job
 * @may_ask: start the scheduler's command when the environment does not say it; this takes up to some seconds
 *
 * Return: 0; -PMP_ENOTFOUND outside of a batch system, or when the job has no limit; -PMP_EUNSUPPORTED when nobody says it;
 * -PMP_EFORMAT when the command says something else.
 */
int pmp_time_limit_left(bool may_ask, int64_t *seconds, struct pmp_diag *diag);

/* pmp_time_limit_parse - what @scheduler's command prints, to seconds; for tests. Return: 0, -PMP_ENOTFOUND, -PMP_EFORMAT */
int pmp_time_limit_parse(const char *scheduler, const char *text, int64_t *seconds);

#endif
