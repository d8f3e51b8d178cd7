/*
 * What a reading of the machine costs in C: the files that proctor's host methods read, through open descriptors where
 * proctor keeps them open, and the same fields parsed.
 *
 * usage: read_host METHOD; for each line with a number of readings on stdin, prints the nanoseconds that all of them
 * took. METHOD is one of the names in `methods`.
 */
#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statfs.h>
#include <time.h>
#include <unistd.h>

/* As large as proctor's own: the kernel allocates and clears as much for some files of /proc/sys. */
enum { SIZE = 16384 };
static char text[SIZE], table[SIZE];
static size_t table_length;
static volatile double sink;

/* Read a kernel file from its beginning; piecewise, as those of many records want it. */
static size_t read_kept(int *file, const char *path) {
  if (*file == 0) *file = open(path, O_RDONLY | O_CLOEXEC);
  size_t length = 0;
  ssize_t piece;
  while ((piece = pread(*file, text + length, SIZE - 1 - length, (off_t)length)) > 0) length += (size_t)piece;
  text[length] = 0;
  return length;
}

/* The same, for files that come in one piece. */
static size_t read_once(int *file, const char *path) {
  if (*file == 0) *file = open(path, O_RDONLY | O_CLOEXEC);
  ssize_t length = pread(*file, text, SIZE - 1, 0);
  if (length < 0) exit(1);
  text[length] = 0;
  return (size_t)length;
}

static int64_t next_integer(const char **at) {
  const char *p = *at;
  while (*p && !isdigit((unsigned char)*p)) p++;
  int64_t value = 0;
  while (isdigit((unsigned char)*p)) value = value * 10 + (*p++ - '0');
  *at = p;
  return value;
}

static const char *after(const char *from, const char *key) {
  const char *found = strstr(from, key);
  return found ? found + strlen(key) : "";
}

static int stat_file;

static void cpu(void) {
  static double before[8];
  read_once(&stat_file, "/proc/stat");
  const char *at = text + 4;
  double total = 0, idle = 0, times[10];
  for (int mode = 0; mode < 10; mode++) times[mode] = (double)next_integer(&at) / 100;
  for (int mode = 0; mode < 8; mode++) {
    total += times[mode] - before[mode];
    if (mode == 3 || mode == 4) idle += times[mode] - before[mode];
    before[mode] = times[mode];
  }
  sink = total > 0 ? (total - idle) / total : 0;
}

static void memory(void) {
  static int file;
  static const char *const keys[] = {"MemTotal:", "MemFree:", "MemAvailable:", "\nBuffers:", "\nCached:", "SwapTotal:", "SwapFree:"};
  read_once(&file, "/proc/meminfo");
  const char *at = text;
  for (int key = 0; key < 7; key++) {
    at = after(at, keys[key]);
    sink = (double)next_integer(&at) * 1024;
  }
}

static void load(void) {
  static int file;
  read_once(&file, "/proc/loadavg");
  char *at = text;
  for (int field = 0; field < 3; field++) sink = strtod(at, &at);
  const char *tasks = at;
  sink = (double)next_integer(&tasks);
  sink = (double)next_integer(&tasks);
}

static void uptime(void) {
  static int file;
  read_once(&file, "/proc/uptime");
  char *at = text;
  sink = strtod(at, &at);
  sink = strtod(at, &at);
}

static void network(void) {
  static int file;
  read_kept(&file, "/proc/self/net/dev");
  for (char *line = text; *line;) {
    char *end = strchr(line, '\n');
    if (!end) break;
    char *colon = memchr(line, ':', (size_t)(end - line));
    if (colon) {
      const char *at = colon + 1;
      double total = 0;
      for (int field = 0; field < 11; field++) total += (double)next_integer(&at);
      char name[16];
      size_t length = (size_t)(colon - line) < sizeof name ? (size_t)(colon - line) : sizeof name - 1;
      memcpy(name, line, length);
      sink = total + name[0];
    }
    line = end + 1;
  }
}

/* The mount table is looked at, and parsed only when it changed, as in proctor; here the root alone is on a disk. */
static void disk(void) {
  static int file;
  size_t length = read_kept(&file, "/proc/self/mountinfo");
  if (length != table_length || memcmp(text, table, length) != 0) {
    memcpy(table, text, length);
    table_length = length;
  }
  struct statfs found;
  if (statfs("/", &found) != 0) exit(1);
  sink = (double)(found.f_blocks - found.f_bfree) * (double)found.f_frsize;
}

static void processes(void) {
  DIR *directory = opendir("/proc");
  int64_t states[128] = {0}, threads = 0;
  for (struct dirent *entry; (entry = readdir(directory));) {
    if (!isdigit((unsigned char)entry->d_name[0])) continue;
    char path[64];
    snprintf(path, sizeof path, "/proc/%.20s/stat", entry->d_name);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) continue;
    ssize_t length = read(file, text, SIZE - 1);
    close(file);
    if (length <= 0) continue;
    text[length] = 0;
    const char *at = strrchr(text, ')') + 2;
    states[*at & 127]++;
    int64_t value = 0;
    for (int field = 0; field < 17; field++) {
      at += strcspn(at, " ") + 1;
      value = atoll(at);
    }
    threads += value;
  }
  closedir(directory);
  read_once(&stat_file, "/proc/stat");
  const char *at = after(text, "procs_blocked ");
  sink = (double)(threads + states['R'] + next_integer(&at));
}

static void machine(void) {
  static int files[5];
  static const char *const names[] = {"/proc/sys/kernel/hostname", "/proc/sys/kernel/osrelease", "/proc/sys/kernel/ostype",
                                      "/proc/sys/kernel/arch", "/sys/devices/system/cpu/online"};
  read_once(&stat_file, "/proc/stat");
  const char *at = after(text, "btime ");
  sink = (double)next_integer(&at);
  for (int name = 0; name < 5; name++) sink = (double)read_once(&files[name], names[name]);
}

static void metrics(void) {
  cpu(), memory(), load(), uptime(), disk(), network();
}

static const struct {
  const char *name;
  void (*read)(void);
} methods[] = {{"metrics", metrics}, {"disk", disk},       {"network", network},
               {"memory", memory},   {"load", load},       {"uptime", uptime},
               {"cpu", cpu},         {"processes", processes}, {"system", machine}};

static int64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * INT64_C(1000000000) + time.tv_nsec;
}

int main(int count, char **arguments) {
  if (count != 2) return 2;
  for (size_t method = 0; method < sizeof methods / sizeof *methods; method++) {
    if (strcmp(methods[method].name, arguments[1]) != 0) continue;
    char line[64];
    while (fgets(line, sizeof line, stdin)) {
      int64_t start = now();
      for (long left = atol(line); left > 0; left--) methods[method].read();
      printf("%lld\n", (long long)(now() - start));
      fflush(stdout);
    }
    return 0;
  }
  return 2;
}
