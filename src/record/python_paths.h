/*
 * python_paths.h - call paths through a Python interpreter: functions of Python instead of the interpreter's
 *
 * The stack of C functions is the same for all lines of a Python program: the interpreter calls itself. So such stacks are not
 * remembered, and each call looks at the interpreter's frames.
 */
#ifndef PMP_PYTHON_PATHS_H
#define PMP_PYTHON_PATHS_H

#include <stdbool.h>
#include <stdint.h>

/*
 * pmp_python_path - the overlay of struct pmp_paths_ops
 * @ctx:  the recorder
 * @node: in: the path of C functions. out: that of Python functions, with the C functions that the innermost of them has called; the
 *        libraries that only stand between Python and C (mpi4py, ctypes) and Python's own start-up are left out
 *
 * Return: true when the path leads through the interpreter: the same stack may be another path next time. Cost: without Python a
 * load; else 100 to 200 ns, for a path that is new some microseconds.
 */
bool pmp_python_path(void *ctx, uint32_t *node);

#endif
