/*
 * json_put.h - values into JSON objects: texts cleaned, unknown as null, failures of memory seen once at the end
 */
#ifndef PMP_JSON_PUT_H
#define PMP_JSON_PUT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "metrics/stats.h"
#include "model/pool.h"

struct pmp_json {
	struct pmp_pool *pool; /* of cleaned texts */
	bool has_failed;       /* some value could not be put: no memory */
};

/* Each takes over @value, also when it fails. */
void pmp_json_put(struct pmp_json *json, json_t *object, const char *key, json_t *value);
void pmp_json_add(struct pmp_json *json, json_t *array, json_t *value);

void pmp_json_text(struct pmp_json *json, json_t *object, const char *key, const char *text);
void pmp_json_known(struct pmp_json *json, json_t *object, const char *key,
		    const char *text); /* "" and NULL: null */
void pmp_json_integer(struct pmp_json *json, json_t *object, const char *key, int64_t value);
void pmp_json_real(struct pmp_json *json, json_t *object, const char *key,
		   double value); /* NaN and infinity: null */
void pmp_json_bool(struct pmp_json *json, json_t *object, const char *key, bool value);

/* {"value": , "low": , "high": } */
void pmp_json_interval(struct pmp_json *json, json_t *object, const char *key,
		       struct pmp_interval interval);

json_t *pmp_json_real_or_null(double value);

#endif
