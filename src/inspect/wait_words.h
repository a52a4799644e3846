/* wait_words.h - a verdict in words; between wait_for.c and wait_words.c */
#ifndef PMP_WAIT_WORDS_H
#define PMP_WAIT_WORDS_H

#include "inspect/wait_for.h"

/* pmp_wait_words - fill sentence and hint of a verdict whose other fields are known */
void pmp_wait_words(const struct pmp_fact *facts, size_t count, struct pmp_pool *pool,
		    struct pmp_verdict *v);

/* pmp_wait_unreceived - messages that one rank has sent to another and that the other has not received */
uint64_t pmp_wait_unreceived(const struct pmp_fact *from, const struct pmp_fact *to, uint64_t uid);

/* pmp_wait_blind - the first rank that stands still in a call of which it is not known for whom it waits; @count: none */
size_t pmp_wait_blind(const struct pmp_fact *facts, size_t count);

/* pmp_wait_has_arrived - is `other` in the same collective as `me`, or past it? */
bool pmp_wait_has_arrived(const struct pmp_fact *other, const struct pmp_fact *me);

#endif
