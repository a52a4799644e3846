/* jobs_doc.h - the jobs of this user on this machine: `pmprof list` */
#ifndef PMP_JOBS_DOC_H
#define PMP_JOBS_DOC_H

#include <stddef.h>
#include <stdint.h>

#include "inspect/survey.h"
#include "render/doc.h"

/* pmp_jobs_doc - a table and what to do next; @now_s: seconds since 1970. Return: 0 or -PMP_ENOMEM */
int pmp_jobs_doc(const struct pmp_survey *jobs, size_t count, int64_t now_s, struct pmp_doc *doc);

/* pmp_jobs_json - the same for programs, to @out; keys are only ever added. Return: 0, -PMP_ENOMEM, -PMP_EIO */
int pmp_jobs_json(const struct pmp_survey *jobs, size_t count, struct pmp_pool *pool, FILE *out);

#endif
