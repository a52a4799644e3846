/* crash_words.h - a fatal signal in words */
#ifndef PMP_CRASH_WORDS_H
#define PMP_CRASH_WORDS_H

#include <stddef.h>

#include "store/rank_info.h"

/* pmp_crash_words - "SIGSEGV: null pointer + 16"; @pid: of the process that got it */
void pmp_crash_words(const struct pmp_crash_info *crash, int32_t pid, char *text, size_t size);

#endif
