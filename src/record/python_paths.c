/*
 * python_paths.c - turns the Python frames of a thread into nodes of its path tree. Called by the unwinder, on stacks that are not in
 * its table, by the recorder's thread; must not call into the interpreter.
 */
#include "record/python_paths.h"

#include <string.h>

#include "record/modules.h"
#include "record/python.h"
#include "record/recorder.h"

#define INNER_MAX  64
#define TEXT_NODES (UINT64_C(1) << 63) /* in the map of nodes: keys that are no addresses */

/* Frames of Python that explain nothing: the beginning and the end of their file names. */
static const struct {
	const char *begin, *end;
} hidden_files[] = {
	{"<frozen ", ""},
	{"", "/pmprof/annotate.py"},
	{"", "/mpi4py/run.py"},
	{"", "/mpi4py/__main__.py"},
};

/* Libraries between Python and C. */
static const char *const bindings[] = {"/mpi4py/", "/_ctypes.", "/libffi.so", "/_cffi_backend."};

static const char *module_path(struct pmp_recorder *self, uint32_t module)
{
	const struct pmp_module *record;
	const char *path;

	pthread_mutex_lock(&self->rank->lock);
	record = pmp_table_at(&self->rank->modules, module);
	path = record ? pmp_rank_text(self->rank, record->path) : "";
	pthread_mutex_unlock(&self->rank->lock);
	return path;
}

static bool is_binding(struct pmp_recorder *self, uint32_t module)
{
	const char *path = module_path(self, module);

	for (size_t i = 0; i < sizeof(bindings) / sizeof(bindings[0]); i++)
		if (strstr(path, bindings[i]))
			return true;
	return false;
}

static bool is_hidden(const char *text)
{
	const char *file = strchr(text, '\n');
	const char *end = file ? strchr(++file, '\n') : NULL;

	for (size_t i = 0; end && i < sizeof(hidden_files) / sizeof(hidden_files[0]); i++) {
		size_t begin_len = strlen(hidden_files[i].begin);
		size_t end_len = strlen(hidden_files[i].end);

		if ((size_t)(end - file) >= begin_len + end_len &&
		    memcmp(file, hidden_files[i].begin, begin_len) == 0 &&
		    memcmp(end - end_len, hidden_files[i].end, end_len) == 0)
			return true;
	}
	return false;
}

/* The nodes inside of the interpreter's innermost one, innermost first. False: the path does not lead through it. */
static bool find_inner(struct pmp_recorder *self, uint32_t node, uint32_t inner[INNER_MAX],
		       uint32_t *count)
{
	const struct pmp_node *record;

	if (!self->interpreter)
		self->interpreter = pmp_module_of(self->rank, &self->module, pmp_python_code());
	for (*count = 0; node && (record = pmp_table_at(&self->node_table, node));
	     node = record->parent) {
		if (record->module && record->module == self->interpreter)
			return true;
		if (*count < INNER_MAX)
			inner[(*count)++] = node;
	}
	return false;
}

/* @parent where the frame is hidden, or there is no room. */
static uint32_t add_frame(struct pmp_recorder *self, uint32_t parent,
			  const struct pmp_python_frame *frame)
{
	char text[PMP_TEXT_MAX];
	uint32_t reference, node;

	pmp_python_describe(frame, text, sizeof(text));
	if (is_hidden(text))
		return parent;
	pthread_mutex_lock(&self->rank->lock);
	reference = pmp_rank_string(self->rank, text);
	pthread_mutex_unlock(&self->rank->lock);
	if (!self->python)
		self->python = pmp_module_named(self->rank, PMP_PYTHON_MODULE);
	if (!reference || !self->python)
		return parent;
	node = pmp_recorder_node(self, parent, TEXT_NODES | reference, reference, self->python);
	return node ? node : parent;
}

static uint32_t build(struct pmp_recorder *self, const struct pmp_python_stack *stack,
		      const uint32_t *inner, uint32_t inner_count)
{
	uint32_t node = 0;

	if (stack->is_cut)
		node = pmp_recorder_node(self, 0, PMP_ADDRESS_CUT, PMP_ADDRESS_CUT, 0);
	for (uint32_t i = stack->count; i-- > 0;)
		node = add_frame(self, node, &stack->frame[i]);
	for (uint32_t i = inner_count; node && i-- > 0;) {
		const struct pmp_node *record = pmp_table_at(&self->node_table, inner[i]);
		uint32_t next;

		if (is_binding(self, record->module))
			continue;
		next = pmp_recorder_node(self, node, record->address, record->address,
					 record->module);
		node = next ? next : node;
	}
	return node;
}

/* The calls that Python makes when it ends are outside of all its functions: they keep the path of C functions. */
bool pmp_python_path(void *ctx, uint32_t *node)
{
	struct pmp_recorder *self = ctx;
	struct pmp_python_stack stack;
	uint32_t inner[INNER_MAX], inner_count, found;

	if (pmp_python_state() != PMP_PYTHON_KNOWN || !find_inner(self, *node, inner, &inner_count))
		return false;
	if (!pmp_python_read(&stack)) {
		if (pmp_python_state() == PMP_PYTHON_OTHER)
			pmp_arena_warn(&self->rank->arena, PMP_WARN_PYTHON);
		return true;
	}
	found = pmp_map_find(&self->python_paths, stack.hash, *node);
	if (!found) {
		if (pmp_map_room(&self->python_paths))
			return true;
		found = build(self, &stack, inner, inner_count);
		if (!found)
			found = *node;
		pmp_map_add(&self->python_paths, stack.hash, *node, found);
	}
	*node = found;
	return true;
}
