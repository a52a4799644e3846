/*
 * fuzz_file.c - damaged .pmprof.h5 files: a model whose numbers hold, or one line; never a crash
 *
 *   fuzz_file FILE FOLDER TRIALS [SEED]
 *
 * Says how often the HDF5 library itself died: those are the reason for the child process in load.c.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fuzz_support.h"
#include "store/reader.h"

/* Every index of the model is used once: what the reader let through must be safe for everybody behind it. */
static uint64_t walk(const struct pmp_model *m)
{
	uint64_t sum = strlen(m->run.command) + strlen(m->run.mpi);

	for (size_t i = 0; i < m->stat_count; i++) {
		const struct pmp_model_stat *s = &m->stats[i];

		sum += strlen(m->ranks[s->rank].host) + m->comms[s->comm].size +
		       strlen(m->regions[s->region].name);
		for (uint32_t p = s->path; p; p = m->paths[p].parent) {
			const struct pmp_model_address *a = &m->addresses[m->paths[p].address];

			sum += a->module == PMP_NONE ? 0 : strlen(m->modules[a->module].path);
			for (uint32_t f = 0; f < a->frame_count; f++)
				sum += strlen(m->frames[a->first_frame + f].function);
		}
	}
	for (size_t i = 0; i < m->event_count; i++)
		sum += m->paths[m->events[i].path].parent;
	return sum;
}

int main(int argc, char **argv)
{
	unsigned good = 0, refused = 0, died = 0, failures = 0;
	uint64_t state, trials;
	uint64_t sum = 0;
	struct bytes whole;
	char path[4096];

	if (argc < 4)
		return 100;
	trials = strtoull(argv[3], NULL, 0);
	state = argc > 4 ? strtoull(argv[4], NULL, 0) : 1;
	whole = bytes_load(argv[1]);
	snprintf(path, sizeof(path), "%s/mutated.pmprof.h5", argv[2]);
	for (uint64_t trial = 0; trial < trials; trial++) {
		struct bytes b = bytes_copy(whole);
		struct pmp_model *model = NULL;
		struct pmp_diag diag = {""};
		int rc;

		fuzz_damage(&b, &state);
		bytes_store(path, b);
		free(b.data);
		rc = pmp_read(path, &model, &diag);
		if (rc == 0) {
			sum += walk(model);
			pmp_model_free(model);
			good++;
			continue;
		}
		refused++;
		died += strstr(diag.text, "HDF5 library failed") ||
			strstr(diag.text, "did not come to an end");
		if (diag.text[0] == '\0' || strchr(diag.text, '\n') || !strstr(diag.text, path)) {
			fprintf(stderr, "trial %llu: '%s' is not one line that names the file\n",
				(unsigned long long)trial, diag.text);
			failures++;
		}
	}
	free(whole.data);
	unlink(path);
	printf("%llu trials: %u read, %u refused, of these HDF5 died on %u; %u failures (%llx)\n",
	       (unsigned long long)trials, good, refused, died, failures, (unsigned long long)sum);
	return failures != 0;
}
