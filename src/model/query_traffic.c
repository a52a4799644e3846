/*
 * query_traffic.c - who sent how much to whom, and calls by the size of their data
 */
#include <stdlib.h>
#include <string.h>

#include "model/query.h"

void pmp_query_sizes(const struct pmp_model *model, const struct pmp_selection *selection,
		     struct pmp_size_sum sizes[PMP_SIZE_CLASSES])
{
	memset(sizes, 0, PMP_SIZE_CLASSES * sizeof(*sizes));
	for (size_t i = 0; i < model->stat_count; i++) {
		const struct pmp_model_stat *stat = &model->stats[i];
		struct pmp_size_sum *sum = &sizes[stat->size_class % PMP_SIZE_CLASSES];
		int64_t bytes = stat->bytes_out ? stat->bytes_out : stat->bytes_in;

		if (stat->size_class == 0 || !pmp_selects(selection, stat->rank, stat->region))
			continue;
		switch (pmp_call_info(stat->call)->class) {
		case PMP_CLASS_P2P:
			if (stat->bytes_out == 0)
				break; /* a receive: the sender counts the message */
			pmp_add(&sum->p2p_count, stat->count);
			pmp_add(&sum->p2p_bytes, stat->bytes_out);
			break;
		case PMP_CLASS_COLLECTIVE:
			pmp_add(&sum->collective_count, stat->count);
			pmp_add(&sum->collective_bytes, bytes);
			break;
		default:
			pmp_add(&sum->other_count, stat->count);
			pmp_add(&sum->other_bytes, bytes);
			break;
		}
	}
}

static int add_pair(struct pmp_tally *tally, uint32_t src, uint32_t dst, int64_t count,
		    int64_t bytes)
{
	if (count == 0)
		return 0;
	struct pmp_pair_sum *pair = pmp_tally_row(tally, src, dst);

	if (!pair)
		return -PMP_ENOMEM;
	pair->src = src;
	pair->dst = dst;
	pmp_add(&pair->count, count);
	pmp_add(&pair->bytes, bytes);
	return 0;
}

static bool wants(const struct pmp_selection *selection, uint32_t rank, uint32_t peer)
{
	return !selection->ranks || selection->ranks[rank] ||
	       (peer != PMP_NONE && selection->ranks[peer]);
}

static int compare_pairs(const void *a, const void *b)
{
	const struct pmp_pair_sum *x = a, *y = b;

	if (x->src != y->src)
		return x->src < y->src ? -1 : 1;
	return x->dst < y->dst ? -1 : x->dst > y->dst;
}

int pmp_query_pairs(const struct pmp_model *model, const struct pmp_selection *selection,
		    struct pmp_pool *pool, struct pmp_pair_sum **pairs, size_t *count)
{
	struct pmp_tally tally;
	int rc = 0;

	pmp_tally_init(&tally, sizeof(struct pmp_pair_sum));
	for (size_t i = 0; rc == 0 && i < model->message_count; i++) {
		const struct pmp_model_message *m = &model->messages[i];
		bool is_sender_unknown =
			m->peer == PMP_NONE || model->ranks[m->peer].state == PMP_RANK_MISSING;

		if (!wants(selection, m->rank, m->peer))
			continue;
		rc = add_pair(&tally, m->rank, m->peer, m->sent_count, m->sent_bytes);
		if (rc == 0 && is_sender_unknown)
			rc = add_pair(&tally, m->peer, m->rank, m->recv_count, m->recv_bytes);
	}
	if (rc == 0 && !(*pairs = pmp_tally_take(&tally, pool, count)))
		rc = -PMP_ENOMEM;
	if (rc == 0)
		qsort(*pairs, *count, sizeof(**pairs), compare_pairs);
	pmp_tally_release(&tally);
	return rc;
}
