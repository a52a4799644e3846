/*
 * speedup_words.c - the sentences about a missing speedup. Called by speedup.c and speedup_fall.c. Places are written as short as
 * they are clear: "in region solve (heat.c:88)", "in solve (heat.c:88-97)", "in MPI_Recv, exchange (halo.c:52)".
 */
#include <math.h>
#include <stddef.h>
#include <string.h>

#include "base/fmt.h"
#include "metrics/speedup_parts.h"

#define MAX_NAMED      3    /* causes in a verdict */
#define MIN_NAMED      0.05 /* of what is missing: smaller causes are not named there */
#define NEARLY_PERFECT 0.03 /* of N: nothing to complain about */

/* "heat.c:88", "" */
static const char *line_text(struct pmp_pool *pool, const struct pmp_digest_place *place)
{
	if (!place->file[0])
		return "";
	return place->line ? pmp_pool_printf(pool, "%s:%u", place->file, place->line) : place->file;
}

/* "exchange (halo.c:52)" */
static const char *place_text(struct pmp_pool *pool, const struct pmp_digest_place *place)
{
	const char *line = line_text(pool, place);

	if (!place->function[0])
		return line;
	return line[0] ? pmp_pool_printf(pool, "%s (%s)", place->function, line) : place->function;
}

static bool is_same_function(const struct pmp_digest_place *a, const struct pmp_digest_place *b)
{
	return a->function[0] && strcmp(a->function, b->function) == 0 &&
	       strcmp(a->file, b->file) == 0;
}

static const char *stretch_text(struct pmp_pool *pool, const struct pmp_digest_stretch *stretch)
{
	const struct pmp_digest_place *from = &stretch->from, *to = &stretch->to;
	const char *end = place_text(pool, to);

	if (is_same_function(from, to) && from->line && to->line > from->line)
		return pmp_pool_printf(pool, "%s (%s:%u-%u)", from->function, from->file,
				       from->line, to->line);
	if (stretch->from_call[0] && stretch->to_call[0])
		return pmp_pool_printf(pool, "the code between %s and %s", place_text(pool, from),
				       end[0] ? end : stretch->to_call);
	if (stretch->from_call[0])
		return pmp_pool_printf(pool, "the code after %s", place_text(pool, from));
	return end[0] ? pmp_pool_printf(pool, "the code before %s", end) : "the program";
}

static const char *region_text(struct pmp_pool *pool, const struct pmp_digest_region *region)
{
	const char *line = line_text(pool, &region->place);

	return line[0] ? pmp_pool_printf(pool, "region %s (%s)", region->name, line)
		       : pmp_pool_printf(pool, "region %s", region->name);
}

/* Where a computation is. */
static const char *where(const struct pmp_lacks *lacks, const struct pmp_lack_item *item)
{
	return item->kind == PMP_LACK_REGION ? region_text(lacks->pool, item->region)
					     : stretch_text(lacks->pool, item->stretch);
}

static const struct pmp_spread *spread_of(const struct pmp_lack_item *item)
{
	return item->kind == PMP_LACK_REGION ? &item->region->self_compute
					     : &item->stretch->compute;
}

static const char *baseline(const struct pmp_lacks *lacks)
{
	return lacks->then.ranks == 1 ? "1 rank"
				      : pmp_pool_printf(lacks->pool, "%u ranks", lacks->then.ranks);
}

static const char *serial_text(const struct pmp_lacks *lacks, const struct pmp_lack_item *item)
{
	const struct pmp_spread *spread = spread_of(item);

	return pmp_pool_printf(lacks->pool, "only rank %u computes in %s, for %s",
			       spread->rank_of_max, where(lacks, item),
			       pmp_fmt_seconds(spread->max_s).text);
}

static const char *repeated_text(const struct pmp_lacks *lacks, const struct pmp_lack_item *item)
{
	double each = item->now_s / lacks->now.ranks;
	double once = item->then_s / lacks->then.ranks;

	return pmp_pool_printf(lacks->pool, "each rank computes %s in %s; %s %s %s",
			       pmp_fmt_seconds(each).text, where(lacks, item), baseline(lacks),
			       lacks->then.ranks == 1 ? "took" : "took each",
			       pmp_fmt_seconds(once).text);
}

static const char *imbalance_text(const struct pmp_lacks *lacks, const struct pmp_lack_item *item)
{
	const struct pmp_spread *spread = spread_of(item);
	double mean = spread->sum_s / item->run->ranks;

	return pmp_pool_printf(lacks->pool, "rank %u computes %s longer than the mean in %s",
			       spread->rank_of_max, pmp_fmt_percent(spread->max_s / mean - 1).text,
			       where(lacks, item));
}

static const char *call_text(const struct pmp_lacks *lacks, const struct pmp_lack_item *item)
{
	const struct pmp_digest_site *site = item->site;
	int64_t bytes = site->bytes_out > site->bytes_in ? site->bytes_out : site->bytes_in;
	const char *place = place_text(lacks->pool, &site->place);
	const char *each = "";

	if (site->count > 0 && bytes > 0)
		each = pmp_pool_printf(lacks->pool, " of %s",
				       pmp_fmt_bytes((double)bytes / (double)site->count).text);
	return pmp_pool_printf(lacks->pool, "%s%s%s, %s call%s%s", site->call,
			       place[0] ? " in " : "", place, pmp_fmt_count(site->count).text,
			       site->count == 1 ? "" : "s", each);
}

static const char *growth_text(const struct pmp_lacks *lacks, const struct pmp_lack_item *item,
			       const char *more, const char *less)
{
	double ratio = item->now_s / item->then_s - 1;

	if (!(item->then_s > 0))
		return pmp_pool_printf(lacks->pool, "%s, where %s did not compute",
				       where(lacks, item), baseline(lacks));
	return pmp_pool_printf(lacks->pool, "%s: %s %s than on %s", where(lacks, item),
			       pmp_fmt_percent(fabs(ratio)).text, ratio > 0 ? more : less,
			       baseline(lacks));
}

static const char *slower_text(const struct pmp_lacks *lacks, const struct pmp_lack_item *item)
{
	return pmp_pool_printf(
		lacks->pool, "%s: %u copies at once compute %.2f times as long as one alone",
		where(lacks, item), lacks->copies ? lacks->copies->copies : 0, item->slowdown);
}

static const char *processors_text(const struct pmp_lacks *lacks, const struct pmp_lack_item *item)
{
	const struct pmp_digest *run = lacks->now.runs[0];

	if (run->is_oversubscribed && run->processors)
		return pmp_pool_printf(lacks->pool, "%u ranks share %u processor%s, most in %s",
				       run->ranks, run->processors, run->processors == 1 ? "" : "s",
				       where(lacks, item));
	return pmp_pool_printf(lacks->pool, "other processes ran on them, most in %s",
			       where(lacks, item));
}

const char *pmp_lack_item_text(const struct pmp_lacks *lacks, enum pmp_shortfall cause,
			       const struct pmp_lack_item *item)
{
	if (item->kind == PMP_LACK_CALL)
		return call_text(lacks, item);
	switch (cause) {
	case PMP_SHORTFALL_SERIAL:
		return serial_text(lacks, item);
	case PMP_SHORTFALL_REPEATED:
		return repeated_text(lacks, item);
	case PMP_SHORTFALL_IMBALANCE:
		return imbalance_text(lacks, item);
	case PMP_SHORTFALL_SLOWER:
		return slower_text(lacks, item);
	case PMP_SHORTFALL_PROCESSORS:
		return processors_text(lacks, item);
	case PMP_SHORTFALL_MORE:
		return growth_text(lacks, item, "more", "less");
	default:
		return growth_text(lacks, item, "longer", "shorter");
	}
}

static const char *start_text(const struct pmp_lacks *lacks)
{
	size_t member = offsetof(struct pmp_digest, init_s);
	double now = pmp_side_sum(&lacks->now, member);

	if (lacks->then.count == 0)
		return pmp_pool_printf(lacks->pool, "MPI_Init takes %s", pmp_fmt_seconds(now).text);
	double weight = lacks->then.scale * (double)lacks->then.count;
	double then = pmp_side_sum(&lacks->then, member) / weight;

	return pmp_pool_printf(lacks->pool, "MPI_Init takes %s, on %s %s",
			       pmp_fmt_seconds(now).text, baseline(lacks),
			       pmp_fmt_seconds(then).text);
}

static const char *parallel_text(const struct pmp_lacks *lacks)
{
	return pmp_pool_printf(lacks->pool, "1 rank takes %s, the serial program %s",
			       pmp_fmt_seconds(lacks->then.time_s).text,
			       pmp_fmt_seconds(lacks->speedup->base_s.value).text);
}

static const char *unknown_text(const struct pmp_lacks *lacks)
{
	return lacks->then.count == 0 ? "all ranks compute longer than the whole serial program"
				      : "";
}

/* What can be said of a part whose places are unknown. */
const char *pmp_lack_part_text(const struct pmp_lacks *lacks, enum pmp_shortfall cause)
{
	switch (cause) {
	case PMP_SHORTFALL_START:
		return start_text(lacks);
	case PMP_SHORTFALL_PARALLEL:
		return parallel_text(lacks);
	case PMP_SHORTFALL_LONGER:
		return unknown_text(lacks);
	default:
		return "";
	}
}

/* " in solve (heat.c:88)", short enough for a list; "" unknown */
static const char *short_place(struct pmp_pool *pool, const struct pmp_shortfall_part *part)
{
	if (part->item_count == 0)
		return "";
	const struct pmp_shortfall_item *item = &part->items[0];
	const char *line = line_text(pool, &item->place);
	const char *name = item->region[0] ? item->region : item->place.function;

	if (!name[0])
		return line[0] ? pmp_pool_printf(pool, " at %s", line) : "";
	return line[0] ? pmp_pool_printf(pool, " in %s (%s)", name, line)
		       : pmp_pool_printf(pool, " in %s", name);
}

static const char *causes_text(const struct pmp_speedup_point *point, struct pmp_pool *pool)
{
	const char *text = "";

	for (size_t i = 0; i < point->part_count && i < MAX_NAMED; i++) {
		const struct pmp_shortfall_part *part = &point->parts[i];

		if (part->ranks < MIN_NAMED * point->missing)
			break;
		text = pmp_pool_printf(pool, "%s%s%.2f %s%s", text, text[0] ? ", " : ": ",
				       part->ranks, pmp_shortfall_name(part->cause),
				       short_place(pool, part));
	}
	return text;
}

const char *pmp_speedup_verdict(const struct pmp_speedup *speedup,
				const struct pmp_speedup_point *point, struct pmp_pool *pool)
{
	bool is_weak = speedup->series->scaling == PMP_SCALING_WEAK;
	const char *what = is_weak ? "Scaled speedup" : "Speedup";
	uint32_t n = point->point->ranks;
	const char *plural = n == 1 ? "" : "s";

	if (point->missing < -NEARLY_PERFECT * n)
		return pmp_pool_printf(pool, "%s %.2f on %u rank%s: more than one for each rank.",
				       what, point->speedup.value, n, plural);
	if (point->missing < NEARLY_PERFECT * n)
		return pmp_pool_printf(pool, "%s %.2f on %u rank%s: nothing to complain about.",
				       what, point->speedup.value, n, plural);
	return pmp_pool_printf(pool, "%s %.2f on %u rank%s, %.2f ranks' worth lost%s.", what,
			       point->speedup.value, n, plural, point->missing,
			       causes_text(point, pool));
}
