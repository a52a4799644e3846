/* debug_files.h - debug data kept apart from the program they belong to, found by build-id */
#ifndef PMP_DEBUG_FILES_H
#define PMP_DEBUG_FILES_H

#include <stdbool.h>

#define PMP_BUILD_ID_SIZE 132 /* of the longest in hexadecimal digits, and an end */

/*
 * pmp_debug_file_open - the file with the debug data, or at least the symbol table, of a module
 * @build_id: in hexadecimal; "" finds nothing
 * @name:     file name of the module, with or without folders: what debug files in the user's own folders may be called
 * @path:     receives its path, to be freed; untouched when there is none
 *
 * Looks into the folders of PMPROF_DEBUG_DIR, what debuginfod's client has fetched before, and /usr/lib/debug. A file counts only if
 * its build-id is the one asked for. No network. Return: a file descriptor, or -1.
 */
int pmp_debug_file_open(const char *build_id, const char *name, char **path);

/* pmp_debug_file_fits - is the file open as @fd of this build, with debug data or a symbol table? */
bool pmp_debug_file_fits(int fd, const char *build_id);

#endif
