/*
 * speedup_doc.c - speedups as a document: the verdict first, then the table, the way from N to S, what scales and what does not.
 * Called by the verbs over several runs.
 */
#include "render/speedup_doc.h"

#include <math.h>
#include <string.h>

#include "base/fmt.h"
#include "render/quote.h"
#include "render/speedup_parts_doc.h"

#define MAX_REGIONS       10
#define MAX_REGION_POINTS 6     /* columns of speedups; the largest ones */
#define SLOWER_WORTH      -0.05 /* of an added rank: above it is noise */

const struct pmp_speedup_point *pmp_speedup_chosen(const struct pmp_speedup *speedup,
						   const struct pmp_speedup_options *options)
{
	if (options->ranks)
		return pmp_speedup_at(speedup, options->ranks);
	if (options->is_forced && !speedup->points[speedup->point_count - 1].is_baseline)
		return &speedup->points[speedup->point_count - 1];
	return speedup->explained < speedup->point_count ? &speedup->points[speedup->explained]
							 : NULL;
}

const char *pmp_speedup_headline(const struct pmp_speedup_point *point,
				 const struct pmp_speedup_options *options, struct pmp_pool *pool)
{
	if (!point->refusal || options->is_forced)
		return point->verdict;
	return pmp_pool_printf(pool,
			       "No verdict on %u ranks, which measured a speedup of %.2f: %s.",
			       point->point->ranks, point->speedup.value, point->refusal);
}

static const char *percent(struct pmp_doc *doc, double ratio)
{
	return isnan(ratio) ? "" : pmp_pool_printf(doc->pool, "%s", pmp_fmt_percent(ratio).text);
}

static const char *ranks_list(const struct pmp_speedup *speedup, struct pmp_pool *pool)
{
	const char *text = "";

	for (size_t i = 0; i < speedup->point_count; i++)
		text = pmp_pool_printf(pool, "%s%s%u", text,
				       i == 0                          ? ""
				       : i + 1 == speedup->point_count ? " and "
								       : ", ",
				       speedup->points[i].point->ranks);
	return text;
}

static const char *runs_text(const struct pmp_speedup *speedup, struct pmp_pool *pool)
{
	size_t least = SIZE_MAX, most = 0;

	for (size_t i = 0; i < speedup->point_count; i++) {
		size_t count = speedup->points[i].point->count;

		least = count < least ? count : least;
		most = count > most ? count : most;
	}
	if (least == most)
		return pmp_pool_printf(pool, "%zu run%s each", most, most == 1 ? "" : "s");
	return pmp_pool_printf(pool, "%zu to %zu runs each", least, most);
}

static void add_title(const struct pmp_speedup *speedup, struct pmp_doc *doc)
{
	const struct pmp_digest *run = speedup->points[speedup->point_count - 1].point->runs[0];
	bool is_weak = speedup->series->scaling == PMP_SCALING_WEAK;

	pmp_doc_title(doc,
		      pmp_pool_printf(doc->pool, "%s · %s scaling on %s ranks · %s%s%s",
				      speedup->series->program, is_weak ? "weak" : "strong",
				      ranks_list(speedup, doc->pool), runs_text(speedup, doc->pool),
				      run->mpi[0] ? " · " : "", run->mpi));
}

static void add_verdict(const struct pmp_speedup *speedup,
			const struct pmp_speedup_options *options, struct pmp_doc *doc)
{
	const struct pmp_speedup_point *chosen = pmp_speedup_chosen(speedup, options);

	if (chosen)
		pmp_doc_text(doc, PMP_STYLE_STRONG,
			     pmp_speedup_headline(chosen, options, doc->pool));
	for (size_t i = 0; i < speedup->note_count; i++)
		pmp_doc_text(doc, PMP_STYLE_DIM,
			     pmp_pool_printf(doc->pool, "Note: %s", speedup->notes[i]));
}

/* Half of the interval, relative to the value; "" unknown. */
static const char *spread_text(struct pmp_doc *doc, struct pmp_interval interval)
{
	double half = (interval.high - interval.low) / 2 / interval.value;

	return isnan(half) ? "" : percent(doc, half);
}

static const char *range_text(struct pmp_doc *doc, struct pmp_interval interval)
{
	if (isnan(interval.low) || interval.low == interval.high)
		return "";
	return pmp_pool_printf(doc->pool, "%.2f to %.2f", interval.low, interval.high);
}

static void add_interval(struct pmp_doc_table *table, struct pmp_interval interval)
{
	pmp_cell_real(table, PMP_STYLE_NONE, interval.low, "");
	pmp_cell_real(table, PMP_STYLE_NONE, interval.high, "");
}

static enum pmp_style grade(double efficiency)
{
	return efficiency > 0.8   ? PMP_STYLE_GOOD
	       : efficiency > 0.6 ? PMP_STYLE_WARN
				  : PMP_STYLE_BAD;
}

static const char *number(struct pmp_doc *doc, const char *format, double value)
{
	char text[32];

	if (isnan(value))
		return "";
	snprintf(text, sizeof(text), strcmp(format, "3") == 0 ? "%.3f" : "%.2f", value);
	return pmp_pool_printf(doc->pool, "%s", text);
}

static void blank_unknown(struct pmp_doc_table *table)
{
	for (size_t i = 0; table->last && i < table->column_count; i++)
		if (table->last->cells[i].value == PMP_VALUE_REAL &&
		    isnan(table->last->cells[i].real))
			table->last->cells[i].text = "";
}

static void add_point(struct pmp_doc *doc, struct pmp_doc_table *table,
		      const struct pmp_speedup_point *point)
{
	struct pmp_pool *pool = doc->pool;
	enum pmp_style style = point->refusal ? PMP_STYLE_DIM : grade(point->efficiency.value);

	pmp_doc_row(doc, table);
	pmp_cell_integer(table, PMP_STYLE_NONE, point->point->ranks,
			 pmp_pool_printf(pool, "%u", point->point->ranks));
	pmp_cell_integer(table, PMP_STYLE_NONE, (int64_t)point->point->count,
			 pmp_pool_printf(pool, "%zu", point->point->count));
	pmp_cell_real(table, PMP_STYLE_NONE, point->time_s.value,
		      pmp_pool_printf(pool, "%s", pmp_fmt_seconds(point->time_s.value).text));
	pmp_cell_text(table, PMP_STYLE_DIM, spread_text(doc, point->time_s));
	add_interval(table, point->time_s);
	pmp_cell_real(table, PMP_STYLE_STRONG, point->speedup.value,
		      number(doc, "2", point->speedup.value));
	pmp_cell_text(table, PMP_STYLE_DIM, range_text(doc, point->speedup));
	add_interval(table, point->speedup);
	pmp_cell_real(table, style, point->efficiency.value, percent(doc, point->efficiency.value));
	add_interval(table, point->efficiency);
	pmp_cell_real(table, PMP_STYLE_NONE, point->karp_flatt,
		      number(doc, "3", point->karp_flatt));
	pmp_cell_real(table, PMP_STYLE_NONE, point->missing, "");
	pmp_cell_text(table, PMP_STYLE_NONE,
		      point->point->is_oversubscribed ? "oversubscribed" : "");
	if (point->refusal)
		pmp_doc_detail(table, point->refusal);
	blank_unknown(table);
}

/* A serial program is a row of its own: it is what the others are measured by. */
static void add_serial(const struct pmp_speedup *speedup, struct pmp_doc *doc,
		       struct pmp_doc_table *table)
{
	struct pmp_pool *pool = doc->pool;

	pmp_doc_row(doc, table);
	pmp_cell_text(table, PMP_STYLE_NONE, "serial");
	pmp_cell_integer(table, PMP_STYLE_NONE, (int64_t)speedup->series->serial_count,
			 pmp_pool_printf(pool, "%zu", speedup->series->serial_count));
	pmp_cell_real(table, PMP_STYLE_NONE, speedup->base_s.value,
		      pmp_pool_printf(pool, "%s", pmp_fmt_seconds(speedup->base_s.value).text));
	pmp_cell_text(table, PMP_STYLE_DIM, spread_text(doc, speedup->base_s));
	add_interval(table, speedup->base_s);
	blank_unknown(table);
}

/* Columns that a narrow terminal has no room for, the least needed first. */
static void hide_columns(struct pmp_column *columns, size_t count, const bool *is_empty,
			 unsigned width)
{
	static const struct {
		const char *title;
		unsigned needs;
	} dispensable[] = {{"Karp-Flatt", 72}, {"+/-", 60}, {"95 %", 60}, {"runs", 48}};

	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < PMP_COUNT_OF(dispensable); k++)
			if (columns[i].title &&
			    strcmp(columns[i].title, dispensable[k].title) == 0 &&
			    (width < dispensable[k].needs || is_empty[k]))
				columns[i].title = NULL;
}

/* By position in hide_columns. */
static void find_empty(const struct pmp_speedup *speedup, bool is_empty[4])
{
	is_empty[0] = is_empty[1] = is_empty[2] = true;
	is_empty[3] = false;
	for (size_t i = 0; i < speedup->point_count; i++) {
		const struct pmp_speedup_point *point = &speedup->points[i];

		is_empty[0] &= isnan(point->karp_flatt);
		is_empty[1] &= isnan(point->time_s.low);
		is_empty[2] &= point->is_baseline || isnan(point->speedup.low);
	}
}

static void add_speedups(const struct pmp_speedup *speedup,
			 const struct pmp_speedup_options *options, struct pmp_doc *doc)
{
	static const struct pmp_column all[] = {
		{"ranks", "ranks", PMP_COLUMN_RIGHT},
		{"runs", "runs", PMP_COLUMN_RIGHT},
		{"time_s", "time", PMP_COLUMN_RIGHT},
		{NULL, "+/-", PMP_COLUMN_RIGHT},
		{"time_low_s", NULL, PMP_COLUMN_RIGHT},
		{"time_high_s", NULL, PMP_COLUMN_RIGHT},
		{"speedup", "speedup", PMP_COLUMN_RIGHT},
		{NULL, "95 %", PMP_COLUMN_LEFT},
		{"speedup_low", NULL, PMP_COLUMN_RIGHT},
		{"speedup_high", NULL, PMP_COLUMN_RIGHT},
		{"efficiency", "efficiency", PMP_COLUMN_RIGHT},
		{"efficiency_low", NULL, PMP_COLUMN_RIGHT},
		{"efficiency_high", NULL, PMP_COLUMN_RIGHT},
		{"karp_flatt", "Karp-Flatt", PMP_COLUMN_RIGHT},
		{"missing_ranks", NULL, PMP_COLUMN_RIGHT},
		{"remark", NULL, PMP_COLUMN_LEFT},
	};
	struct pmp_column *columns = pmp_pool_alloc(doc->pool, 1, sizeof(all));
	struct pmp_doc_table *table;
	bool is_empty[4];

	if (!columns)
		return;
	memcpy(columns, all, sizeof(all));
	find_empty(speedup, is_empty);
	hide_columns(columns, PMP_COUNT_OF(all), is_empty, options->width);
	pmp_doc_heading(doc, "Speedup",
			pmp_pool_printf(doc->pool, "relative to %s%s: %s",
					speedup->is_serial ? "the " : "", speedup->base_text,
					pmp_fmt_seconds(speedup->base_s.value).text));
	table = pmp_doc_table(doc, "speedup", columns, PMP_COUNT_OF(all));
	if (speedup->is_serial)
		add_serial(speedup, doc, table);
	for (size_t i = 0; i < speedup->point_count; i++)
		add_point(doc, table, &speedup->points[i]);
}

static void add_ratio(struct pmp_doc *doc, struct pmp_doc_table *table, double ratio, bool is_dim)
{
	enum pmp_style style = is_dim || isnan(ratio) ? PMP_STYLE_DIM : grade(ratio);

	pmp_cell_real(table, style, ratio, percent(doc, ratio));
}

static void add_efficiencies(const struct pmp_speedup *speedup,
			     const struct pmp_speedup_options *options, struct pmp_doc *doc)
{
	static const struct pmp_column wide[] = {
		{"ranks", "ranks", PMP_COLUMN_RIGHT},
		{"parallel", "parallel", PMP_COLUMN_RIGHT},
		{"load_balance", "load balance", PMP_COLUMN_RIGHT},
		{"communication", "communication", PMP_COLUMN_RIGHT},
		{"computation_scaling", "computation", PMP_COLUMN_RIGHT},
		{"global", "global", PMP_COLUMN_RIGHT},
	};
	static const struct pmp_column narrow[] = {
		{"ranks", "", PMP_COLUMN_RIGHT},
		{"parallel", "par.", PMP_COLUMN_RIGHT},
		{"load_balance", "bal.", PMP_COLUMN_RIGHT},
		{"communication", "com.", PMP_COLUMN_RIGHT},
		{"computation_scaling", "cpt.", PMP_COLUMN_RIGHT},
		{"global", "global", PMP_COLUMN_RIGHT},
	};
	const struct pmp_column *columns = options->width < 66 ? narrow : wide;
	struct pmp_doc_table *table;

	pmp_doc_heading(doc, "Efficiency (POP)",
			"parallel = balance * communication; global = parallel * computation");
	table = pmp_doc_table(doc, "efficiency", columns, PMP_COUNT_OF(wide));
	for (size_t i = 0; i < speedup->point_count; i++) {
		const struct pmp_speedup_point *point = &speedup->points[i];
		bool is_dim = point->refusal;

		pmp_doc_row(doc, table);
		pmp_cell_integer(table, PMP_STYLE_NONE, point->point->ranks,
				 pmp_pool_printf(doc->pool, "%u", point->point->ranks));
		add_ratio(doc, table, point->pop.parallel, is_dim);
		add_ratio(doc, table, point->pop.load_balance, is_dim);
		add_ratio(doc, table, point->pop.communication, is_dim);
		add_ratio(doc, table, point->computation_scaling, is_dim);
		add_ratio(doc, table, point->global_efficiency, is_dim);
		blank_unknown(table);
	}
}

static const char *stop_text(const struct pmp_speedup_region *region, struct pmp_pool *pool)
{
	if (region->stops_at && region->worth < SLOWER_WORTH)
		return pmp_pool_printf(pool, "slower beyond %u rank%s", region->stops_before,
				       region->stops_before == 1 ? "" : "s");
	if (region->stops_at && fabs(region->worth) < -SLOWER_WORTH)
		return pmp_pool_printf(pool, "no faster beyond %u rank%s", region->stops_before,
				       region->stops_before == 1 ? "" : "s");
	if (region->stops_at)
		return pmp_pool_printf(pool, "stops at %u rank%s: one more is worth %.2f",
				       region->stops_before, region->stops_before == 1 ? "" : "s",
				       region->worth);
	return isnan(region->worth) ? "" : "scales";
}

/* One column of speedups per point; few points fit beside each other. */
static struct pmp_column *region_columns(const struct pmp_speedup *speedup, struct pmp_doc *doc,
					 size_t *count)
{
	size_t points = speedup->point_count, first;
	struct pmp_column *columns = pmp_pool_alloc(doc->pool, points + 6, sizeof(*columns));
	size_t at = 0;

	if (!columns)
		return NULL;
	first = points > MAX_REGION_POINTS ? points - MAX_REGION_POINTS : 0;
	columns[at++] = (struct pmp_column){"region", "region", PMP_COLUMN_LEFT};
	columns[at++] = (struct pmp_column){"share", "share", PMP_COLUMN_RIGHT};
	for (size_t i = 0; i < points; i++) {
		uint32_t ranks = speedup->points[i].point->ranks;

		columns[at++] = (struct pmp_column){
			pmp_pool_printf(doc->pool, "speedup_%u", ranks),
			i < first ? NULL : pmp_pool_printf(doc->pool, "on %u", ranks),
			PMP_COLUMN_RIGHT};
	}
	columns[at++] = (struct pmp_column){"stops_at", NULL, PMP_COLUMN_RIGHT};
	columns[at++] = (struct pmp_column){"file", NULL, PMP_COLUMN_LEFT};
	columns[at++] = (struct pmp_column){"line", NULL, PMP_COLUMN_RIGHT};
	columns[at++] = (struct pmp_column){NULL, "", PMP_COLUMN_WRAP};
	*count = at;
	return columns;
}

static void add_region(const struct pmp_speedup *speedup, const struct pmp_speedup_region *region,
		       struct pmp_doc *doc, struct pmp_doc_table *table)
{
	pmp_doc_row(doc, table);
	pmp_cell_text(table, PMP_STYLE_NONE, region->name);
	pmp_cell_real(table, PMP_STYLE_NONE, region->share, percent(doc, region->share));
	for (size_t i = 0; i < speedup->point_count; i++)
		pmp_cell_real(table, speedup->points[i].refusal ? PMP_STYLE_DIM : PMP_STYLE_NONE,
			      region->speedups[i], number(doc, "2", region->speedups[i]));
	if (region->stops_at)
		pmp_cell_integer(table, PMP_STYLE_NONE, region->stops_at, "");
	else
		pmp_cell_text(table, PMP_STYLE_NONE, "");
	pmp_cell_text(table, PMP_STYLE_NONE, region->place.file);
	pmp_cell_integer(table, PMP_STYLE_NONE, region->place.line, "");
	pmp_cell_text(table, region->stops_at ? PMP_STYLE_WARN : PMP_STYLE_DIM,
		      stop_text(region, doc->pool));
	blank_unknown(table);
}

static void add_regions(const struct pmp_speedup *speedup,
			const struct pmp_speedup_options *options, struct pmp_doc *doc)
{
	size_t column_count = 0, count = speedup->region_count;
	struct pmp_column *columns = region_columns(speedup, doc, &column_count);

	if (!columns || count == 0)
		return;
	pmp_doc_heading(doc, "Regions", "speedup of each; share of the time");
	struct pmp_doc_table *table = pmp_doc_table(doc, "regions", columns, column_count);

	for (size_t i = 0; i < count && (options->has_all || i < MAX_REGIONS); i++)
		add_region(speedup, &speedup->regions[i], doc, table);
}

static const char *amdahl_text(const struct pmp_fit *fit, struct pmp_pool *pool)
{
	if (!(fit->serial > 0))
		return "no serial fraction: it would scale without end";
	return pmp_pool_printf(pool, "serial fraction %.3f: never more than %.1f", fit->serial,
			       fit->peak_speedup);
}

static const char *gustafson_text(const struct pmp_fit *fit, struct pmp_pool *pool)
{
	return pmp_pool_printf(pool, "serial share %.3f of the parallel run", fit->serial);
}

static const char *usl_text(const struct pmp_fit *fit, struct pmp_pool *pool)
{
	const char *peak = "no peak";

	if (isfinite(fit->peak_ranks) && fit->is_peak_trusted)
		peak = pmp_pool_printf(pool, "most on %.0f ranks: %.2f", fit->peak_ranks,
				       fit->peak_speedup);
	else if (isfinite(fit->peak_ranks))
		peak = "its peak is too far beyond the largest run to be told";
	return pmp_pool_printf(pool, "contention %.3f, coherence %.4f; %s", fit->serial,
			       fit->coherence, peak);
}

static const char *fit_text(const struct pmp_fit *fit, struct pmp_pool *pool)
{
	static const char *(*const texts[PMP_LAW_COUNT])(const struct pmp_fit *,
							 struct pmp_pool *) = {
		[PMP_LAW_AMDAHL] = amdahl_text,
		[PMP_LAW_GUSTAFSON] = gustafson_text,
		[PMP_LAW_USL] = usl_text,
	};

	if (fit->refusal)
		return pmp_pool_printf(pool, "no fit: %s", fit->refusal);
	return texts[fit->law](fit, pool);
}

static void add_fit(const struct pmp_speedup *speedup, const struct pmp_fit *fit,
		    struct pmp_doc *doc, struct pmp_doc_table *table)
{
	double largest = speedup->largest_fitted;
	double next = pmp_fit_at(fit, 2 * largest, largest);

	pmp_doc_row(doc, table);
	pmp_cell_text(table, PMP_STYLE_NONE, pmp_law_name(fit->law));
	pmp_cell_real(table, PMP_STYLE_NONE, fit->refusal ? NAN : fit->r_squared,
		      number(doc, "3", fit->r_squared));
	pmp_cell_real(table, PMP_STYLE_NONE, next, number(doc, "2", next));
	pmp_cell_real(table, PMP_STYLE_NONE, fit->refusal ? NAN : fit->serial, "");
	pmp_cell_real(table, PMP_STYLE_NONE, fit->refusal ? NAN : fit->coherence, "");
	pmp_cell_real(table, PMP_STYLE_NONE, fit->refusal ? NAN : fit->peak_ranks, "");
	pmp_cell_real(table, PMP_STYLE_NONE, fit->refusal ? NAN : fit->peak_speedup, "");
	pmp_cell_text(table, fit->refusal ? PMP_STYLE_DIM : PMP_STYLE_NONE,
		      fit_text(fit, doc->pool));
	blank_unknown(table);
}

/* One sentence where all three say the same. */
static bool are_all_refused_alike(const struct pmp_speedup *speedup)
{
	for (size_t i = 0; i < PMP_LAW_COUNT; i++)
		if (!speedup->fits[i].refusal ||
		    strcmp(speedup->fits[i].refusal, speedup->fits[0].refusal) != 0)
			return false;
	return true;
}

static void add_fits(const struct pmp_speedup *speedup, struct pmp_doc *doc)
{
	const struct pmp_column columns[] = {
		{"law", "", PMP_COLUMN_NAME},
		{"r_squared", "R^2", PMP_COLUMN_RIGHT},
		{"next_speedup", pmp_pool_printf(doc->pool, "on %u", 2 * speedup->largest_fitted),
		 PMP_COLUMN_RIGHT},
		{"serial", NULL, PMP_COLUMN_RIGHT},
		{"coherence", NULL, PMP_COLUMN_RIGHT},
		{"peak_ranks", NULL, PMP_COLUMN_RIGHT},
		{"peak_speedup", NULL, PMP_COLUMN_RIGHT},
		{"text", "", PMP_COLUMN_WRAP},
	};
	struct pmp_column *kept = pmp_pool_alloc(doc->pool, 1, sizeof(columns));
	bool is_refused = are_all_refused_alike(speedup);

	if (!kept)
		return;
	memcpy(kept, columns, sizeof(columns));
	pmp_doc_heading(doc, "Laws of scaling", "fitted to the speedups");
	if (is_refused)
		pmp_doc_text(doc, PMP_STYLE_DIM,
			     pmp_pool_printf(doc->pool, "  No fit: %s.", speedup->fits[0].refusal));
	struct pmp_doc_table *table = pmp_doc_table(doc, "laws", kept, PMP_COUNT_OF(columns));

	table->is_for_machines = is_refused;
	for (size_t i = 0; i < PMP_LAW_COUNT; i++)
		add_fit(speedup, &speedup->fits[i], doc, table);
}

static void add_next_steps(const struct pmp_speedup *speedup,
			   const struct pmp_speedup_options *options, struct pmp_doc *doc)
{
	const struct pmp_speedup_point *chosen = pmp_speedup_chosen(speedup, options);

	if (!options->paths || !chosen)
		return;
	pmp_doc_heading(doc, "What to do next", NULL);
	pmp_doc_command(doc,
			pmp_pool_printf(doc->pool, "pmprof report %s",
					pmp_quote(doc->pool, chosen->median->path)),
			"the run with the median time, call by call");
	if (!options->has_all)
		pmp_doc_command(
			doc, pmp_pool_printf(doc->pool, "pmprof speedup --all %s", options->paths),
			"every number of ranks, every place");
	pmp_doc_command(
		doc, pmp_pool_printf(doc->pool, "pmprof speedup --format json %s", options->paths),
		"for scripts");
}

static void add_falls(const struct pmp_speedup *speedup, const struct pmp_speedup_options *options,
		      struct pmp_doc *doc)
{
	const struct pmp_speedup_point *chosen = pmp_speedup_chosen(speedup, options);

	for (size_t i = 0; i < speedup->point_count; i++) {
		const struct pmp_speedup_point *point = &speedup->points[i];

		if (point == chosen || (options->has_all && !point->is_baseline))
			pmp_speedup_fall_doc(speedup, point, options, doc);
	}
	pmp_speedup_parts_table(speedup, doc);
}

int pmp_speedup_doc(const struct pmp_speedup *speedup, const struct pmp_speedup_options *options,
		    struct pmp_doc *doc)
{
	add_title(speedup, doc);
	add_verdict(speedup, options, doc);
	add_speedups(speedup, options, doc);
	add_falls(speedup, options, doc);
	add_efficiencies(speedup, options, doc);
	add_regions(speedup, options, doc);
	add_fits(speedup, doc);
	add_next_steps(speedup, options, doc);
	return pmp_pool_failed(doc->pool) ? -PMP_ENOMEM : 0;
}
