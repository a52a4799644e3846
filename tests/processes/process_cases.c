/*
 * process_cases.c - what programs do to their own process between MPI calls: fork, exec, signals, jumps, stacks, threads that come
 * and go. Each case knows its calls (see tests/mpi/expect.h): process_cases FOLDER CASE. The same lines are printed bare and
 * under the profiler.
 */
#include <dlfcn.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#include "expect.h"

static char *self; /* this executable */
static char **environment;

static void talk(int times)
{
	for (int i = 0; i < times; i++) {
		int in = me, out = 0;

		DO(MPI_Allreduce(&in, &out, 1, MPI_INT, MPI_SUM, MPI_COMM_WORLD), 4, 4);
		if (out != all * (all - 1) / 2)
			abort();
	}
}

static int wait_for(pid_t pid)
{
	int status = -1;

	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

/* Children that end in every way; what the parent has recorded must not be ended by them. */
static void case_fork(void)
{
	talk(3);
	fflush(stdout);
	for (int way = 0; way < 4; way++) {
		pid_t pid = fork();

		if (pid == 0) {
			if (way == 0)
				exit(5);
			if (way == 1)
				_exit(6);
			if (way == 2)
				raise(SIGKILL);
			signal(SIGSEGV, SIG_DFL);
			raise(SIGSEGV);
		}
		printf("child %d ended with %d\n", way, wait_for(pid));
		talk(1);
	}
}

/* A child that lives on and works after its parent has finalized would record into the same memory if it could. */
static void case_orphan(void)
{
	int pipes[2];
	char said = 0;

	talk(2);
	fflush(stdout);
	if (pipe(pipes))
		abort();
	if (fork() == 0) {
		close(pipes[0]);
		usleep(100000);
		_exit(write(pipes[1], "x", 1) != 1);
	}
	close(pipes[1]);
	talk(2);
	printf("orphan said %zd byte\n", read(pipes[0], &said, 1));
}

static void case_exec(void)
{
	char helper[] = "helper";
	char *argv[] = {self, helper, NULL};
	char line[64] = "";
	FILE *pipe;
	pid_t pid;

	talk(1);
	fflush(stdout);
	printf("system: %d\n", system("exit 3") >> 8);
	if (posix_spawn(&pid, self, NULL, NULL, argv, environment))
		abort();
	printf("helper ended with %d\n", wait_for(pid));
	pipe = popen("echo from a pipe", "r");
	if (!pipe || !fgets(line, sizeof(line), pipe))
		abort();
	pclose(pipe);
	printf("read: %s", line);
	pid = vfork();
	if (pid == 0) {
		execv(self, argv);
		_exit(9);
	}
	printf("helper ended with %d\n", wait_for(pid));
	talk(1);
}

static sigjmp_buf landing;
static volatile sig_atomic_t hits;

static void jump_out(int signal)
{
	(void)signal;
	hits++;
	siglongjmp(landing, 1);
}

/* A page that may not be touched, asked for on purpose: the way of some interpreters and memory probes. */
static void probe_memory(void)
{
	static volatile int *forbidden;

	if (!forbidden)
		forbidden = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (sigsetjmp(landing, 1) == 0)
		*forbidden = 1;
}

static void case_segv_recovered(void)
{
	struct sigaction own = {.sa_handler = jump_out}, old, now;

	talk(1);
	sigaction(SIGSEGV, &own, &old);
	for (int i = 0; i < 3; i++) {
		probe_memory();
		talk(1);
	}
	sigaction(SIGSEGV, NULL, &now);
	printf("recovered %d times, handler is still %s\n", (int)hits,
	       now.sa_handler == jump_out ? "ours" : "another");
	sigaction(SIGSEGV, &old, NULL);
	talk(1);
}

/* Installed by main before MPI_Init. */
static void case_segv_early(void)
{
	talk(1);
	probe_memory();
	talk(1);
	probe_memory();
	printf("recovered %d times\n", (int)hits);
	talk(1);
}

static volatile sig_atomic_t ticks;

static void count_tick(int signal)
{
	(void)signal;
	ticks++;
}

/* A timer that interrupts calls all the time, and signals that the program sends to itself. */
static void case_timer(void)
{
	struct sigaction action = {.sa_handler = count_tick, .sa_flags = SA_RESTART};
	struct itimerval often = {{0, 200}, {0, 200}}, never = {{0, 0}, {0, 0}};
	int before;

	sigaction(SIGALRM, &action, NULL);
	sigaction(SIGUSR1, &action, NULL);
	sigaction(SIGUSR2, &action, NULL);
	setitimer(ITIMER_REAL, &often, NULL);
	while (ticks < 20)
		usleep(1000);
	talk(500);
	setitimer(ITIMER_REAL, &never, NULL);
	before = ticks;
	raise(SIGUSR1);
	kill(getpid(), SIGUSR2);
	printf("two signals of our own: %d\n", (int)ticks - before);
}

static char *other_stack;
static volatile sig_atomic_t was_on_other_stack;

static void look_where(int signal)
{
	char here;

	(void)signal;
	was_on_other_stack = &here >= other_stack && &here < other_stack + 65536;
}

static void case_altstack(void)
{
	struct sigaction action = {.sa_handler = look_where, .sa_flags = SA_ONSTACK};
	stack_t mine, seen;

	other_stack = malloc(65536);
	mine = (stack_t){.ss_sp = other_stack, .ss_size = 65536};
	sigaltstack(&mine, NULL);
	sigaction(SIGUSR1, &action, NULL);
	talk(2);
	raise(SIGUSR1);
	sigaltstack(NULL, &seen);
	printf("on the other stack: %d, it is still ours: %d\n", (int)was_on_other_stack,
	       seen.ss_sp == other_stack);
	talk(2);
}

/* Out of frames that called MPI, never back through them. */
static jmp_buf top;

__attribute__((noinline)) static void sink(int depth)
{
	volatile char room[100];

	room[0] = (char)depth;
	talk(1);
	if (depth > 0)
		sink(depth - 1);
	if (room[0] == 0)
		longjmp(top, 1);
}

static void case_longjmp(void)
{
	volatile int rounds = 0;

	if (setjmp(top))
		rounds++;
	if (rounds < 20)
		sink(rounds % 5);
	talk(1);
	printf("%d rounds\n", rounds);
}

static void escape(MPI_Comm *comm, int *code, ...)
{
	(void)comm;
	(void)code;
	longjmp(top, 1);
}

/* Out of the middle of an MPI call, by its own callback: that call never completes, all others count. */
static void case_longjmp_callback(void)
{
	MPI_Errhandler handler;
	volatile int rounds = 0;
	int data = 0;

	DO(MPI_Comm_create_errhandler(escape, &handler), 0, 0);
	DO(MPI_Comm_set_errhandler(MPI_COMM_WORLD, handler), 0, 0);
	if (setjmp(top))
		rounds++;
	talk(1);
	if (rounds < 10)
		MPI_Send(&data, 1, MPI_INT, all + 7, 0, MPI_COMM_WORLD);
	DO(MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_ARE_FATAL), 0, 0);
	DO(MPI_Errhandler_free(&handler), 0, 0);
	printf("%d rounds\n", rounds);
}

/* Two coroutines that talk in turn from the same line, each on a stack of its own, and the main one. */
static ucontext_t main_context, contexts[2];

static void coroutine(int number)
{
	for (int i = 0; i < 50; i++) {
		talk(1);
		swapcontext(&contexts[number], i == 49 ? &main_context : &contexts[!number]);
	}
}

static void make_coroutine(int number)
{
	ucontext_t *context = &contexts[number];

	getcontext(context);
	context->uc_stack.ss_sp = malloc(262144);
	context->uc_stack.ss_size = 262144;
	context->uc_link = &main_context;
	makecontext(context, (void (*)(void))coroutine, 1, number);
}

static void case_coroutines(void)
{
	make_coroutine(0);
	make_coroutine(1);
	talk(1);
	swapcontext(&main_context, &contexts[0]);
	swapcontext(&main_context, &contexts[1]);
	talk(1);
	free(contexts[0].uc_stack.ss_sp);
	free(contexts[1].uc_stack.ss_sp);
	printf("coroutines done\n");
}

static void *one_call(void *data)
{
	int in = 1, out;

	(void)data;
	DO(MPI_Sendrecv(&in, 1, MPI_INT, 0, 5, &out, 1, MPI_INT, 0, 5, MPI_COMM_SELF,
			MPI_STATUS_IGNORE),
	   4, 4);
	expect_sent(me, 4);
	expect_received(me, 4);
	return NULL;
}

/* Thousands of threads, some at the same time: their calls stay, their memory is used again. */
static void case_threads(void)
{
	pthread_t threads[8];

	talk(1);
	for (int round = 0; round < 400; round++) {
		for (int i = 0; i < 8; i++)
			if (pthread_create(&threads[i], NULL, one_call, NULL))
				abort();
		for (int i = 0; i < 8; i++)
			pthread_join(threads[i], NULL);
	}
	talk(1);
	printf("3200 threads\n");
}

/* A library that calls MPI comes, is used, goes and comes again, at the same address as a rule. */
static void case_dlopen(void)
{
	char path[4096];

	for (int i = 0; i < 10; i++) {
		snprintf(path, sizeof(path), "%.*s/libprocess_guest_%c.so",
			 (int)(strrchr(self, '/') - self), self, i % 2 ? 'b' : 'a');
		void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
		int (*visit)(void) = library ? (int (*)(void))dlsym(library, "guest_visit") : NULL;

		if (!visit) {
			printf("no guest: %s\n", dlerror());
			return;
		}
		expect_done(visit(), "MPI_Barrier(", __LINE__, 0, 0);
		dlclose(library);
	}
	printf("10 visits\n");
}

static const struct {
	const char *name;
	void (*run)(void);
} cases[] = {
	{"fork", case_fork},
	{"orphan", case_orphan},
	{"exec", case_exec},
	{"segv_recovered", case_segv_recovered},
	{"segv_early", case_segv_early},
	{"timer", case_timer},
	{"altstack", case_altstack},
	{"longjmp", case_longjmp},
	{"longjmp_callback", case_longjmp_callback},
	{"coroutines", case_coroutines},
	{"threads", case_threads},
	{"dlopen", case_dlopen},
};

static int unknown(const char *name)
{
	fprintf(stderr, "no case '%s'\n", name);
	return 2;
}

int main(int argc, char **argv, char **env)
{
	struct sigaction early = {.sa_handler = jump_out};
	size_t i = 0;

	if (argc == 2 && strcmp(argv[1], "helper") == 0)
		return 7; /* a program without MPI_Init in the same job */
	if (argc < 3)
		return unknown("");
	while (i < sizeof(cases) / sizeof(cases[0]) && strcmp(cases[i].name, argv[2]) != 0)
		i++;
	if (i == sizeof(cases) / sizeof(cases[0]))
		return unknown(argv[2]);
	self = argv[0];
	environment = env;
	if (cases[i].run == case_segv_early)
		sigaction(SIGSEGV, &early, NULL);
	expect_start(argc, argv, MPI_THREAD_MULTIPLE);
	cases[i].run();
	expect_finish();
	return 0;
}
