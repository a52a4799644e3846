/* manifest_names.h - words of scale.json that its writer and its reader share */
#ifndef PMP_MANIFEST_NAMES_H
#define PMP_MANIFEST_NAMES_H

#include "cli/manifest.h"

#define PMP_MANIFEST_FORMAT "pmprof-scale"

extern const char *const pmp_run_kind_names[PMP_RUN_KIND_COUNT + 1]; /* NULL-terminated */
extern const char *const pmp_scaling_names[]; /* by enum pmp_scaling, NULL-terminated */
extern const char *const pmp_copies_names[];  /* by enum pmp_copies_choice, NULL-terminated */

#endif
