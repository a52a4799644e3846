/*
 * speedup_json.c - speedups as JSON: an interface with a version, see docs/METRICS.md. Keys are only ever added.
 */
#include <math.h>

#include "render/json_put.h"
#include "render/speedup_doc.h"

#define VERSION 1

static void put_place(struct pmp_json *j, json_t *object, const struct pmp_digest_place *place)
{
	pmp_json_known(j, object, "function", place->function);
	pmp_json_known(j, object, "file", place->file);
	pmp_json_put(j, object, "line", place->line ? json_integer(place->line) : json_null());
}

static json_t *reals(struct pmp_json *j, const double *values, size_t count)
{
	json_t *array = json_array();

	for (size_t i = 0; i < count; i++)
		pmp_json_add(j, array, pmp_json_real_or_null(values[i]));
	return array;
}

static json_t *baseline_object(struct pmp_json *j, const struct pmp_speedup *speedup)
{
	const struct pmp_series *series = speedup->series;
	json_t *object = json_object();

	pmp_json_text(j, object, "kind", speedup->is_serial ? "serial program" : "ranks");
	pmp_json_integer(j, object, "ranks", speedup->base_ranks);
	pmp_json_text(j, object, "text", speedup->base_text);
	pmp_json_known(j, object, "command", speedup->is_serial ? series->serial_command : "");
	pmp_json_interval(j, object, "time_s", speedup->base_s);
	if (speedup->is_serial)
		pmp_json_put(j, object, "times_s",
			     reals(j, series->serial_s, series->serial_count));
	else
		pmp_json_put(j, object, "times_s",
			     reals(j, series->points[0].times_s, series->points[0].count));
	return object;
}

static json_t *item_object(struct pmp_json *j, const struct pmp_shortfall_item *item)
{
	json_t *object = json_object();

	pmp_json_real(j, object, "seconds", item->seconds);
	pmp_json_real(j, object, "ranks", item->ranks);
	pmp_json_known(j, object, "region", item->region);
	put_place(j, object, &item->place);
	pmp_json_known(j, object, "call", item->call);
	pmp_json_put(j, object, "rank",
		     item->rank == PMP_NONE ? json_null() : json_integer(item->rank));
	pmp_json_text(j, object, "text", item->text);
	return object;
}

static json_t *part_object(struct pmp_json *j, const struct pmp_shortfall_part *part)
{
	json_t *object = json_object(), *places = json_array();

	pmp_json_text(j, object, "cause", pmp_shortfall_name(part->cause));
	pmp_json_real(j, object, "ranks", part->ranks);
	pmp_json_real(j, object, "seconds", part->seconds);
	pmp_json_real(j, object, "share", part->share);
	pmp_json_known(j, object, "text", part->text);
	for (size_t i = 0; i < part->item_count; i++)
		pmp_json_add(j, places, item_object(j, &part->items[i]));
	pmp_json_put(j, object, "places", places);
	return object;
}

static json_t *pop_object(struct pmp_json *j, const struct pmp_speedup_point *point)
{
	json_t *object = json_object();

	pmp_json_real(j, object, "parallel", point->pop.parallel);
	pmp_json_real(j, object, "load_balance", point->pop.load_balance);
	pmp_json_real(j, object, "communication", point->pop.communication);
	pmp_json_real(j, object, "serialisation", point->pop.serialisation);
	pmp_json_real(j, object, "transfer", point->pop.transfer);
	pmp_json_real(j, object, "computation_scaling", point->computation_scaling);
	pmp_json_real(j, object, "global", point->global_efficiency);
	return object;
}

static json_t *files_array(struct pmp_json *j, const struct pmp_point *point)
{
	json_t *array = json_array();

	for (size_t i = 0; i < point->count; i++) {
		json_t *object = json_object();

		pmp_json_known(j, object, "path", point->runs[i]->path);
		pmp_json_known(j, object, "command", point->runs[i]->command);
		pmp_json_known(j, object, "created", point->runs[i]->created);
		pmp_json_known(j, object, "host", point->runs[i]->host);
		pmp_json_integer(j, object, "nodes", point->runs[i]->nodes);
		pmp_json_integer(j, object, "processors", point->runs[i]->processors);
		pmp_json_add(j, array, object);
	}
	return array;
}

static json_t *point_object(struct pmp_json *j, const struct pmp_speedup_point *point)
{
	json_t *object = json_object(), *parts = json_array();

	pmp_json_integer(j, object, "ranks", point->point->ranks);
	pmp_json_put(j, object, "times_s", reals(j, point->point->times_s, point->point->count));
	pmp_json_bool(j, object, "baseline", point->is_baseline);
	pmp_json_bool(j, object, "oversubscribed", point->point->is_oversubscribed);
	pmp_json_known(j, object, "refusal", point->refusal);
	pmp_json_interval(j, object, "time_s", point->time_s);
	pmp_json_interval(j, object, "speedup", point->speedup);
	pmp_json_interval(j, object, "efficiency", point->efficiency);
	pmp_json_real(j, object, "karp_flatt", point->karp_flatt);
	pmp_json_put(j, object, "pop", pop_object(j, point));
	pmp_json_real(j, object, "missing_ranks", point->missing);
	pmp_json_real(j, object, "missing_s", point->missing_s);
	for (size_t i = 0; i < point->part_count; i++)
		pmp_json_add(j, parts, part_object(j, &point->parts[i]));
	pmp_json_put(j, object, "parts", parts);
	pmp_json_text(j, object, "verdict", point->verdict);
	pmp_json_put(j, object, "runs", files_array(j, point->point));
	return object;
}

static json_t *fit_object(struct pmp_json *j, const struct pmp_fit *fit)
{
	json_t *object = json_object();

	pmp_json_text(j, object, "law", pmp_law_name(fit->law));
	pmp_json_known(j, object, "refusal", fit->refusal);
	pmp_json_real(j, object, "serial", fit->refusal ? NAN : fit->serial);
	pmp_json_real(j, object, "coherence", fit->refusal ? NAN : fit->coherence);
	pmp_json_real(j, object, "r_squared", fit->refusal ? NAN : fit->r_squared);
	pmp_json_real(j, object, "peak_ranks", fit->refusal ? NAN : fit->peak_ranks);
	pmp_json_real(j, object, "peak_speedup", fit->refusal ? NAN : fit->peak_speedup);
	pmp_json_bool(j, object, "peak_trusted", !fit->refusal && fit->is_peak_trusted);
	return object;
}

static json_t *region_object(struct pmp_json *j, const struct pmp_speedup *speedup,
			     const struct pmp_speedup_region *region)
{
	json_t *object = json_object(), *points = json_array();

	pmp_json_text(j, object, "region", region->name);
	put_place(j, object, &region->place);
	pmp_json_real(j, object, "share", region->share);
	for (size_t i = 0; i < speedup->point_count; i++) {
		json_t *point = json_object();

		pmp_json_integer(j, point, "ranks", speedup->points[i].point->ranks);
		pmp_json_real(j, point, "seconds", region->seconds[i]);
		pmp_json_real(j, point, "speedup", region->speedups[i]);
		pmp_json_add(j, points, point);
	}
	pmp_json_put(j, object, "points", points);
	pmp_json_put(j, object, "stops_at",
		     region->stops_at ? json_integer(region->stops_at) : json_null());
	pmp_json_real(j, object, "worth", region->worth);
	return object;
}

static json_t *copies_array(struct pmp_json *j, const struct pmp_series *series)
{
	json_t *array = json_array();

	for (size_t i = 0; i < series->copies_count; i++) {
		json_t *object = json_object();

		pmp_json_integer(j, object, "copies", series->copies[i].copies);
		pmp_json_put(j, object, "computes_s",
			     reals(j, series->copies[i].computes_s, series->copies[i].count));
		pmp_json_add(j, array, object);
	}
	return array;
}

static void put_arrays(struct pmp_json *j, const struct pmp_speedup *speedup, json_t *root)
{
	json_t *points = json_array(), *fits = json_array(), *regions = json_array(),
	       *notes = json_array();

	for (size_t i = 0; i < speedup->point_count; i++)
		pmp_json_add(j, points, point_object(j, &speedup->points[i]));
	for (size_t i = 0; i < PMP_LAW_COUNT; i++)
		pmp_json_add(j, fits, fit_object(j, &speedup->fits[i]));
	for (size_t i = 0; i < speedup->region_count; i++)
		pmp_json_add(j, regions, region_object(j, speedup, &speedup->regions[i]));
	for (size_t i = 0; i < speedup->note_count; i++)
		pmp_json_add(j, notes, json_string(speedup->notes[i]));
	pmp_json_put(j, root, "points", points);
	pmp_json_put(j, root, "fits", fits);
	pmp_json_put(j, root, "regions", regions);
	pmp_json_put(j, root, "copies", copies_array(j, speedup->series));
	pmp_json_put(j, root, "notes", notes);
}

json_t *pmp_speedup_json(const struct pmp_speedup *speedup,
			 const struct pmp_speedup_options *options, struct pmp_pool *pool)
{
	struct pmp_json j = {.pool = pool};
	const struct pmp_speedup_point *explained = pmp_speedup_chosen(speedup, options);
	const struct pmp_series *series = speedup->series;
	json_t *root = json_object();

	pmp_json_text(&j, root, "format", "pmprof-speedup");
	pmp_json_integer(&j, root, "version", VERSION);
	pmp_json_text(&j, root, "program", series->program);
	pmp_json_text(&j, root, "scaling", series->scaling == PMP_SCALING_WEAK ? "weak" : "strong");
	pmp_json_bool(&j, root, "scaling_found", series->is_scaling_found);
	pmp_json_put(&j, root, "baseline", baseline_object(&j, speedup));
	pmp_json_put(&j, root, "explained",
		     explained ? json_integer(explained->point->ranks) : json_null());
	pmp_json_known(&j, root, "verdict",
		       explained ? pmp_speedup_headline(explained, options, pool) : NULL);
	put_arrays(&j, speedup, root);
	if (!j.has_failed)
		return root;
	json_decref(root);
	return NULL;
}
