/*
 * arena_parts.c - the further files of an arena whose folder was full. Used by arena_view.c, one thread.
 *
 * The names stand in a header that may be damaged, and whoever collects removes these files: one is taken only if its first page
 * says that it belongs to this very arena.
 */
#include "store/arena_internal.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_part_of(int fd, const struct pmp_arena_header *header,
		       const struct pmp_part_name *name, struct stat *st)
{
	struct pmp_part page;

	return fstat(fd, st) == 0 && S_ISREG(st->st_mode) && st->st_size >= PMP_ARENA_PAGE &&
	       pread(fd, &page, sizeof(page), 0) == (ssize_t)sizeof(page) &&
	       memcmp(page.magic, PMP_PART_MAGIC, sizeof(page.magic)) == 0 &&
	       page.owner == header->check && page.first == name->first;
}

static bool open_part(struct pmp_arena_scan *scan, const struct pmp_arena_header *header,
		      const struct pmp_part_name *name)
{
	struct pmp_arena_file *last = &scan->files[scan->file_count - 1];
	struct stat st;
	int fd = -1;

	if (name->first % PMP_ARENA_PAGE == 0 && name->first > last->first)
		fd = open(name->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd >= 0 && !is_part_of(fd, header, name, &st)) {
		close(fd);
		fd = -1;
	}
	if (fd < 0)
		return false;
	if (last->first + last->bytes < name->first)
		scan->is_cut = true;
	last->bytes = name->first - last->first;
	last[1] = (struct pmp_arena_file){.fd = fd,
					  .first = name->first,
					  .skip = PMP_ARENA_PAGE,
					  .bytes = (uint64_t)st.st_size - PMP_ARENA_PAGE};
	scan->file_count++;
	scan->file_bytes = name->first + last[1].bytes;
	return true;
}

void pmp_arena_open_parts(struct pmp_arena_scan *scan, struct pmp_arena_view *view)
{
	for (size_t i = 0; i < PMP_PARTS_MAX; i++) {
		struct pmp_part_name *name = &view->header.parts[i];

		name->path[sizeof(name->path) - 1] = '\0';
		if (!name->first)
			continue;
		if (open_part(scan, &view->header, name))
			strcpy(view->parts[view->part_count++], name->path);
		else
			scan->has_lost_part = true;
	}
}

void pmp_arena_close_files(struct pmp_arena_scan *scan)
{
	for (unsigned i = 0; i < scan->file_count; i++)
		close(scan->files[i].fd);
	scan->file_count = 0;
}
