/*
 * cmd_speedup.c - `pmprof speedup FILE|FOLDER...`: runs of one program on several numbers of ranks, what they gain and where the rest
 * went. Options only.
 */
#include "cli/speedup_view.h"

enum { KEY_STRONG = 0x100, KEY_WEAK, KEY_RANKS, KEY_ALL, KEY_MIXED };

static const struct argp_option options[] = {
	{"strong", KEY_STRONG, NULL, 0, "The problem is the same on any number of ranks", 0},
	{"weak", KEY_WEAK, NULL, 0, "The problem grows with the ranks", 0},
	{"ranks", KEY_RANKS, "N", 0, "Explain this number of ranks (default: the largest)", 0},
	{"all", KEY_ALL, NULL, 0, "Explain every number of ranks, name more places", 0},
	{"mixed", KEY_MIXED, NULL, 0, "Compare runs of different programs", 0},
	{0},
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct pmp_speedup_view *request = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &request->output;
		state->child_inputs[1] = &request->expect;
		break;
	case KEY_STRONG:
		request->runs.scaling = PMP_SCALING_STRONG;
		break;
	case KEY_WEAK:
		request->runs.scaling = PMP_SCALING_WEAK;
		break;
	case KEY_RANKS:
		request->doc.ranks = (uint32_t)pmp_cli_number("ranks", arg, 1, UINT32_MAX - 1);
		break;
	case KEY_ALL:
		request->doc.has_all = true;
		break;
	case KEY_MIXED:
		request->runs.is_mixed_allowed = true;
		break;
	case ARGP_KEY_ARGS:
		request->paths = state->argv + state->next;
		request->count = (size_t)(state->argc - state->next);
		state->next = state->argc;
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static const struct argp_child children[] = {
	{&pmp_output_argp, 0, NULL, 0}, {&pmp_expect_argp, 0, "Expectations:", 0}, {0}};

static const struct argp argp = {
	.options = options,
	.parser = parse_option,
	.args_doc = "FILE|FOLDER...",
	.doc = "How much faster a program is on more ranks, and where the rest went.\v"
	       "A folder is a set of 'pmprof scale', or holds *.pmprof.h5 files.",
	.children = children,
};

static void parse_request(int argc, char **argv, struct pmp_speedup_view *request)
{
	*request = (struct pmp_speedup_view){.runs.scaling = PMP_SCALING_AUTO};
	pmp_cli_parse(&argp, argc, argv, 0, request);
	if (request->count == 0)
		pmp_cli_usage("which runs? pmprof speedup FILE.pmprof.h5... or a folder of them");
	request->doc.is_forced = request->expect.is_forced;
}

int cmd_speedup(int argc, char **argv)
{
	struct pmp_diag diag = {""};
	struct pmp_speedup_view view;
	int rc, code;

	parse_request(argc, argv, &view);
	rc = pmp_expect_load(&view.expect, &diag);
	code = rc ? pmp_cli_fail(rc, &diag) : pmp_speedup_show(&view);
	pmp_expect_release(&view.expect);
	return code;
}
