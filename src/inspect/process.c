/* process.c - reads /proc/PID. Used by the tools only; a process that has ended meanwhile is no error. */
#include "inspect/process.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/arena_view.h"

bool pmp_process_exists(int pid)
{
	return kill(pid, 0) == 0 || errno == EPERM;
}

bool pmp_process_is_ours(int pid, char *owner, size_t size)
{
	char path[64];
	struct stat st;
	const struct passwd *user;

	snprintf(path, sizeof(path), "/proc/%d", pid);
	if (stat(path, &st) || st.st_uid == geteuid() || geteuid() == 0)
		return true;
	user = getpwuid(st.st_uid);
	if (user)
		snprintf(owner, size, "%s", user->pw_name);
	else
		snprintf(owner, size, "%u", (unsigned)st.st_uid);
	return false;
}

/* A small file of /proc, terminated. Return: its length, 0 when it cannot be read. */
static size_t read_small(const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got = fd < 0 ? -1 : read(fd, text, size - 1);

	if (fd >= 0)
		close(fd);
	text[got > 0 ? got : 0] = '\0';
	return got > 0 ? (size_t)got : 0;
}

/* The number behind "Name:\t" in /proc/PID/status; 0 when it is not there. */
static int status_number(int pid, const char *name)
{
	char path[64], text[4096];
	const char *at;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	if (!read_small(path, text, sizeof(text)))
		return 0;
	at = strstr(text, name);
	return at ? atoi(at + strlen(name)) : 0;
}

int pmp_process_parent(int pid)
{
	return status_number(pid, "\nPPid:\t");
}

int pmp_process_tracer(int pid)
{
	return status_number(pid, "\nTracerPid:\t");
}

void pmp_process_name(int pid, char *name, size_t size)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/comm", pid);
	read_small(path, name, size);
	name[strcspn(name, "\n")] = '\0';
}

bool pmp_process_arena(int pid, char path[PMP_PROCESS_PATH])
{
	char name[64], line[PMP_PROCESS_PATH];
	bool found = false;
	FILE *maps;

	snprintf(name, sizeof(name), "/proc/%d/maps", pid);
	maps = fopen(name, "re");
	while (maps && !found && fgets(line, sizeof(line), maps)) {
		const char *at = strchr(line, '/');
		const char *base = strrchr(line, '/');

		line[strcspn(line, "\n")] = '\0';
		found = at && pmp_arena_is_name(base + 1);
		if (found)
			snprintf(path, PMP_PROCESS_PATH, "%s", at);
	}
	if (maps)
		fclose(maps);
	return found;
}

bool pmp_process_task(int pid, int tid, struct pmp_task *task)
{
	char path[64], text[1024];
	unsigned long user = 0, system = 0;
	const char *open, *close;
	long hz = sysconf(_SC_CLK_TCK);

	*task = (struct pmp_task){.tid = tid, .state = '?'};
	snprintf(path, sizeof(path), "/proc/%d/task/%d/stat", pid, tid);
	if (!read_small(path, text, sizeof(text)))
		return false;
	open = strchr(text, '('); /* the name may hold anything, also brackets */
	close = strrchr(text, ')');
	if (!open || !close || close < open)
		return false;
	snprintf(task->name, sizeof(task->name), "%.*s", (int)(close - open - 1), open + 1);
	if (sscanf(close + 1, " %c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &task->state,
		   &user, &system) < 3)
		return false;
	task->cpu_ns = (uint64_t)(user + system) * 1000000000 / (uint64_t)(hz > 0 ? hz : 100);
	return true;
}

size_t pmp_process_tasks(int pid, struct pmp_task *tasks, size_t max)
{
	char path[64];
	size_t count = 0;
	const struct dirent *entry;
	DIR *dir;

	if (max && pmp_process_task(pid, pid, &tasks[0]))
		count = 1;
	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	dir = opendir(path);
	while (dir && count < max && (entry = readdir(dir))) {
		int tid = atoi(entry->d_name);

		if (tid > 0 && tid != pid && pmp_process_task(pid, tid, &tasks[count]))
			count++;
	}
	if (dir)
		closedir(dir);
	return count;
}
