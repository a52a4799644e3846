/* run_symbols.h - addresses and frames tables from the merged catalog */
#ifndef PMP_RUN_SYMBOLS_H
#define PMP_RUN_SYMBOLS_H

#include <stdbool.h>

#include "store/run_tables.h"

/* pmp_run_symbols - fill the tables `addresses` and `frames`; unresolved addresses have no frames. Return: 0 or -PMP_ENOMEM */
int pmp_run_symbols(struct pmp_run_tables *tables, const struct pmp_catalog *catalog, bool resolve);

#endif
