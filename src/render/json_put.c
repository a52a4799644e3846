/*
 * json_put.c - the one way from values of ours to jansson's. Called by the *_json.c. A NULL child (no memory) makes its parent's call
 * fail, which is remembered.
 */
#include "render/json_put.h"

#include <math.h>

#include "render/utf8.h"

void pmp_json_put(struct pmp_json *json, json_t *object, const char *key, json_t *value)
{
	if (json_object_set_new_nocheck(object, key, value))
		json->has_failed = true;
}

void pmp_json_add(struct pmp_json *json, json_t *array, json_t *value)
{
	if (json_array_append_new(array, value))
		json->has_failed = true;
}

void pmp_json_text(struct pmp_json *json, json_t *object, const char *key, const char *text)
{
	pmp_json_put(json, object, key,
		     json_string_nocheck(pmp_utf8_clean(json->pool, text, true)));
}

void pmp_json_known(struct pmp_json *json, json_t *object, const char *key, const char *text)
{
	if (text && text[0])
		pmp_json_text(json, object, key, text);
	else
		pmp_json_put(json, object, key, json_null());
}

void pmp_json_integer(struct pmp_json *json, json_t *object, const char *key, int64_t value)
{
	pmp_json_put(json, object, key, json_integer(value));
}

json_t *pmp_json_real_or_null(double value)
{
	return isfinite(value) ? json_real(value) : json_null();
}

void pmp_json_real(struct pmp_json *json, json_t *object, const char *key, double value)
{
	pmp_json_put(json, object, key, pmp_json_real_or_null(value));
}

void pmp_json_bool(struct pmp_json *json, json_t *object, const char *key, bool value)
{
	pmp_json_put(json, object, key, json_boolean(value));
}

void pmp_json_interval(struct pmp_json *json, json_t *object, const char *key,
		       struct pmp_interval interval)
{
	json_t *value = json_object();

	pmp_json_real(json, value, "value", interval.value);
	pmp_json_real(json, value, "low", interval.low);
	pmp_json_real(json, value, "high", interval.high);
	pmp_json_put(json, object, key, value);
}
