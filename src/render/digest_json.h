/*
 * digest_json.h - digests as JSON and back: what baselines are made of. Small, readable, and untrusted when it is read.
 */
#ifndef PMP_DIGEST_JSON_H
#define PMP_DIGEST_JSON_H

#include <jansson.h>
#include <stdio.h>

#include "base/err.h"
#include "metrics/digest.h"

/* pmp_digest_print - one JSON object, a line per region, stretch, site and call, so that versions of a file compare well; 0 or -PMP_EIO */
int pmp_digest_print(const struct pmp_digest *digest, FILE *out);

/*
 * pmp_digest_parse - a digest from the object that pmp_digest_print made, or somebody else
 * @where: for messages: "baseline 'main', run 3"
 *
 * Return: 0 and a digest for pmp_digest_free; -PMP_EFORMAT with one line in @diag: a key of the wrong type or range; -PMP_ENOMEM.
 */
int pmp_digest_parse(const json_t *object, const char *where, struct pmp_digest **digest,
		     struct pmp_diag *diag);

#endif
