/*
 * speedup_fall_doc.c - the missing part of a speedup as a waterfall. Called by speedup_doc.c.
 */
#include <math.h>

#include "base/fmt.h"
#include "render/speedup_parts_doc.h"

#define MIN_SHARE   0.005 /* of all ranks: smaller parts share one line */
#define MIN_PRINTED 0.005 /* ranks: less is printed as 0.00 */
#define MAX_PLACES  3     /* lines below a part, with --all */

/* "-0.33", "+0.05" */
static const char *change_text(struct pmp_pool *pool, double ranks)
{
	return pmp_pool_printf(pool, "%+.2f", -ranks);
}

static enum pmp_style style_of(const struct pmp_shortfall_part *part)
{
	return part->ranks < 0 ? PMP_STYLE_GOOD : PMP_STYLE_WARN;
}

/* One step: a bar between where it begins and where it ends. Return: where it ends. */
static double add_step(struct pmp_doc *doc, struct pmp_doc_table *table, const char *name,
		       double ranks, double level, double scale, enum pmp_style style)
{
	double end = level - ranks;

	pmp_doc_row(doc, table);
	pmp_cell_text(table, PMP_STYLE_NONE, name);
	pmp_cell_real(table, PMP_STYLE_NONE, -ranks, change_text(doc->pool, ranks));
	pmp_cell_float(table, style, fmax(0, fmin(level, end)) / scale,
		       fmax(0, fmax(level, end)) / scale);
	return end;
}

static void add_level(struct pmp_doc *doc, struct pmp_doc_table *table, const char *name,
		      double ranks, double scale)
{
	pmp_doc_row(doc, table);
	pmp_cell_text(table, PMP_STYLE_STRONG, name);
	pmp_cell_real(table, PMP_STYLE_STRONG, ranks, pmp_pool_printf(doc->pool, "%.2f", ranks));
	pmp_cell_bar(table, PMP_STYLE_NONE, ranks / scale, 0);
}

static bool is_small(const struct pmp_shortfall_part *part)
{
	return fabs(part->share) < MIN_SHARE;
}

/* "start-up, profiler" */
static const char *small_names(const struct pmp_speedup_point *point, struct pmp_pool *pool)
{
	const char *text = "";

	for (size_t i = 0; i < point->part_count; i++)
		if (is_small(&point->parts[i]))
			text = pmp_pool_printf(pool, "%s%s%s", text, text[0] ? ", " : "",
					       pmp_shortfall_name(point->parts[i].cause));
	return text;
}

static double small_sum(const struct pmp_speedup_point *point)
{
	double sum = 0;

	for (size_t i = 0; i < point->part_count; i++)
		sum += is_small(&point->parts[i]) ? point->parts[i].ranks : 0;
	return sum;
}

/* The highest that the way down gets to: gains may come last, but never begin above N unless the speedup does. */
static double scale_of(const struct pmp_speedup_point *point)
{
	return fmax(point->point->ranks, point->speedup.value);
}

static void add_places(const struct pmp_shortfall_part *part, struct pmp_doc *doc)
{
	for (size_t i = 1; i < part->item_count && i < MAX_PLACES; i++)
		pmp_doc_text(doc, PMP_STYLE_DIM,
			     pmp_pool_printf(doc->pool, "%s %s: %s",
					     change_text(doc->pool, part->items[i].ranks),
					     pmp_shortfall_name(part->cause), part->items[i].text));
}

void pmp_speedup_fall_doc(const struct pmp_speedup *speedup, const struct pmp_speedup_point *point,
			  const struct pmp_speedup_options *options, struct pmp_doc *doc)
{
	static const struct pmp_column columns[] = {{NULL, "", PMP_COLUMN_NAME},
						    {NULL, "", PMP_COLUMN_RIGHT},
						    {NULL, "", PMP_COLUMN_CHART}};
	double level = point->point->ranks, scale = scale_of(point), rest = small_sum(point);
	bool is_weak = speedup->series->scaling == PMP_SCALING_WEAK;
	const char *small = small_names(point, doc->pool);
	struct pmp_doc_table *table;

	pmp_doc_heading(doc,
			pmp_pool_printf(doc->pool, "From %u ranks to a%s speedup of %.2f",
					point->point->ranks, is_weak ? " scaled" : "",
					point->speedup.value),
			"in ranks' worth of time");
	table = pmp_doc_table(doc, NULL, columns, PMP_COUNT_OF(columns));
	table->wraps_details = true;
	add_level(doc, table, "ranks", level, scale);
	for (size_t i = 0; i < point->part_count; i++) {
		const struct pmp_shortfall_part *part = &point->parts[i];

		if (is_small(part))
			continue;
		level = add_step(doc, table, pmp_shortfall_name(part->cause), part->ranks, level,
				 scale, style_of(part));
		if (part->text[0])
			pmp_doc_detail(table, part->text);
	}
	if (fabs(rest) >= MIN_PRINTED) {
		level = add_step(doc, table, "all else", rest, level, scale, PMP_STYLE_DIM);
		pmp_doc_detail(table, small);
	}
	add_level(doc, table, "speedup", point->speedup.value, scale);
	for (size_t i = 0; options->has_all && i < point->part_count; i++)
		add_places(&point->parts[i], doc);
}

static void add_part_row(struct pmp_doc *doc, struct pmp_doc_table *table,
			 const struct pmp_speedup_point *point,
			 const struct pmp_shortfall_part *part)
{
	const struct pmp_shortfall_item *item = part->item_count ? &part->items[0] : NULL;

	pmp_doc_row(doc, table);
	pmp_cell_integer(table, PMP_STYLE_NONE, point->point->ranks, "");
	pmp_cell_text(table, PMP_STYLE_NONE, pmp_shortfall_name(part->cause));
	pmp_cell_real(table, PMP_STYLE_NONE, part->ranks, "");
	pmp_cell_real(table, PMP_STYLE_NONE, part->seconds, "");
	pmp_cell_real(table, PMP_STYLE_NONE, part->share, "");
	pmp_cell_text(table, PMP_STYLE_NONE, item ? item->region : "");
	pmp_cell_text(table, PMP_STYLE_NONE, item ? item->place.function : "");
	pmp_cell_text(table, PMP_STYLE_NONE, item ? item->place.file : "");
	if (item && item->place.line)
		pmp_cell_integer(table, PMP_STYLE_NONE, item->place.line, "");
	else
		pmp_cell_text(table, PMP_STYLE_NONE, "");
	pmp_cell_text(table, PMP_STYLE_NONE, item ? item->call : "");
	pmp_cell_text(table, PMP_STYLE_NONE, part->text);
}

void pmp_speedup_parts_table(const struct pmp_speedup *speedup, struct pmp_doc *doc)
{
	static const struct pmp_column columns[] = {
		{"ranks", NULL, PMP_COLUMN_RIGHT},   {"cause", NULL, PMP_COLUMN_NAME},
		{"worth", NULL, PMP_COLUMN_RIGHT},   {"seconds", NULL, PMP_COLUMN_RIGHT},
		{"share", NULL, PMP_COLUMN_RIGHT},   {"region", NULL, PMP_COLUMN_LEFT},
		{"function", NULL, PMP_COLUMN_LEFT}, {"file", NULL, PMP_COLUMN_LEFT},
		{"line", NULL, PMP_COLUMN_RIGHT},    {"call", NULL, PMP_COLUMN_LEFT},
		{"text", NULL, PMP_COLUMN_LEFT},
	};
	struct pmp_doc_table *table = pmp_doc_table(doc, "parts", columns, PMP_COUNT_OF(columns));

	table->is_for_machines = true;
	for (size_t i = 0; i < speedup->point_count; i++)
		for (size_t k = 0; k < speedup->points[i].part_count; k++)
			if (!speedup->points[i].is_baseline)
				add_part_row(doc, table, &speedup->points[i],
					     &speedup->points[i].parts[k]);
}
