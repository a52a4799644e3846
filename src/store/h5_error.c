/*
 * h5_error.c - HDF5's error stack as one line of ours, and types of columns. One thread at a time.
 */
#include "store/h5_table.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static herr_t note_innermost(unsigned n, const H5E_error2_t *error, void *data)
{
	const char **text = data;

	(void)n;
	if (error->desc && error->desc[0])
		*text = error->desc; /* walking downward: the last one is where it happened */
	return 0;
}

/* "errno = 28" in the text of HDF5's file drivers; 0 when there is none */
static int errno_of(const char *reason)
{
	const char *at = strstr(reason, "errno = ");

	return at ? atoi(at + strlen("errno = ")) : 0;
}

int pmp_h5_fail(struct pmp_diag *diag, enum pmp_err err, const char *fmt, ...)
{
	char text[PMP_DIAG_MAX];
	const char *reason = NULL;
	size_t len;
	va_list args;
	int rc, number;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	H5Ewalk2(H5E_DEFAULT, H5E_WALK_DOWNWARD, note_innermost, &reason);
	number = reason ? errno_of(reason) : 0;
	if (number == ENOSPC || number == EDQUOT || number == EFBIG)
		err = PMP_EFULL;
	/* the file drivers go on with times, addresses and a second line */
	len = reason ? strcspn(reason, "\n") : 0;
	if (reason && strstr(reason, ": time = "))
		len = (size_t)(strstr(reason, ": time = ") - reason);
	rc = pmp_fail(diag, err, "%s%s%.*s%s%s", text, len ? ": " : "", (int)len,
		      reason ? reason : "", number ? ": " : "", number ? strerror(number) : "");
	H5Eclear2(H5E_DEFAULT);
	return rc;
}

void pmp_h5_quiet(struct pmp_h5_quiet *saved)
{
	H5Eget_auto2(H5E_DEFAULT, &saved->function, &saved->data);
	H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
}

void pmp_h5_restore(const struct pmp_h5_quiet *saved)
{
	H5Eset_auto2(H5E_DEFAULT, saved->function, saved->data);
}

static hid_t text_type(size_t width)
{
	hid_t type = H5Tcopy(H5T_C_S1);

	if (type < 0)
		return type;
	if (H5Tset_size(type, width ? width : 1) < 0 || H5Tset_strpad(type, H5T_STR_NULLPAD) < 0 ||
	    H5Tset_cset(type, H5T_CSET_UTF8) < 0) {
		H5Tclose(type);
		return H5I_INVALID_HID;
	}
	return type;
}

hid_t pmp_h5_file_type(enum pmp_file_type type, size_t width)
{
	switch (type) {
	case PMP_FILE_U8:
		return H5Tcopy(H5T_STD_U8LE);
	case PMP_FILE_U16:
		return H5Tcopy(H5T_STD_U16LE);
	case PMP_FILE_U32:
		return H5Tcopy(H5T_STD_U32LE);
	case PMP_FILE_U64:
		return H5Tcopy(H5T_STD_U64LE);
	case PMP_FILE_I32:
		return H5Tcopy(H5T_STD_I32LE);
	case PMP_FILE_I64:
		return H5Tcopy(H5T_STD_I64LE);
	case PMP_FILE_F64:
		return H5Tcopy(H5T_IEEE_F64LE);
	case PMP_FILE_TEXT:
		return text_type(width);
	}
	return H5I_INVALID_HID;
}

hid_t pmp_h5_memory_type(enum pmp_file_type type, size_t width)
{
	switch (type) {
	case PMP_FILE_U8:
		return H5Tcopy(H5T_NATIVE_UINT8);
	case PMP_FILE_U16:
		return H5Tcopy(H5T_NATIVE_UINT16);
	case PMP_FILE_U32:
		return H5Tcopy(H5T_NATIVE_UINT32);
	case PMP_FILE_U64:
		return H5Tcopy(H5T_NATIVE_UINT64);
	case PMP_FILE_I32:
		return H5Tcopy(H5T_NATIVE_INT32);
	case PMP_FILE_I64:
		return H5Tcopy(H5T_NATIVE_INT64);
	case PMP_FILE_F64:
		return H5Tcopy(H5T_NATIVE_DOUBLE);
	case PMP_FILE_TEXT:
		return text_type(width);
	}
	return H5I_INVALID_HID;
}
