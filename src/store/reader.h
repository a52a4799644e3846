/* reader.h - a .pmprof.h5 file to a model, with every number checked */
#ifndef PMP_READER_H
#define PMP_READER_H

#include "base/err.h"
#include "model/model.h"

/*
 * pmp_read - load a file
 *
 * The file is untrusted: sizes, indices, parents, enumerations, signs and strings are checked here, so that nobody behind this
 * function has to. Return: 0 and an owned model; -PMP_ENOTFOUND, -PMP_EIO, -PMP_EFORMAT, -PMP_EVERSION, -PMP_ETRUNCATED,
 * -PMP_ENOMEM with one line in @diag that names the file, the dataset and what is wrong.
 */
int pmp_read(const char *path, struct pmp_model **model, struct pmp_diag *diag);

#endif
