/*
 * report_scene.c - the commands `report` and `info` as they are, over made-up models instead of files:
 * report_scene report SCENE [OPTION...]. The seam is pmp_read().
 */
#include <string.h>

#include "cli/cli.h"
#include "mkmodel.h"
#include "store/reader.h"
#include "store/symbols.h"

int pmp_read(const char *path, struct pmp_model **model, struct pmp_diag *diag)
{
	struct pmp_model *scene = mk_scene(path);

	if (!scene)
		return pmp_fail(diag, PMP_ENOTFOUND, "no scene '%s'", path);
	*model = scene;
	return 0;
}

int pmp_symbolize_model(struct pmp_model *model, struct pmp_diag *diag)
{
	(void)model;
	(void)diag;
	return 0;
}

int main(int argc, char **argv)
{
	static char name[] = "pmprof report";

	if (argc < 2)
		return 99;
	bool is_info = strcmp(argv[1], "info") == 0;

	argv[1] = name;
	return is_info ? cmd_info(argc - 1, argv + 1) : cmd_report(argc - 1, argv + 1);
}
