/*
 * What a reading of one process costs in C: the system calls of proctor's reader (the process' CPU clock, then
 * /proc/PID/stat through an open descriptor) and the same fields parsed; or the least that gives CPU and resident
 * memory (the clock and /proc/PID/statm).
 *
 * usage: read_one stat|statm PID; for each line with a number of readings on stdin, prints the nanoseconds that all
 * of them took.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct reading {
  double cpu_seconds, user_seconds, system_seconds, reaped_user_seconds, reaped_system_seconds;
  int64_t parent_pid, session, minor_faults, reaped_minor_faults, major_faults, reaped_major_faults;
  int64_t thread_count, start_ticks, memory_bytes;
  char state;
};

static long page_size;
static double ticks_per_second;

static int64_t next_integer(const char **at, const char *end) {
  const char *p = *at;
  while (p < end && (*p < '0' || *p > '9') && *p != '-') p++;
  int negative = p < end && *p == '-';
  if (negative) p++;
  int64_t value = 0;
  while (p < end && *p >= '0' && *p <= '9') value = value * 10 + (*p++ - '0');
  *at = p;
  return negative ? -value : value;
}

static void skip(const char **at, const char *end, int fields) {
  while (fields-- > 0) next_integer(at, end);
}

/* proc_pid_statm(5): size, resident, … in pages. */
static int parse_statm(const char *text, ssize_t length, struct reading *into) {
  const char *at = text;
  skip(&at, text + length, 1);
  into->memory_bytes = next_integer(&at, text + length) * page_size;
  return length > 0 ? 0 : -1;
}

/* proc_pid_stat(5); the name may hold anything, so the fields are counted from the last parenthesis. */
static int parse_stat(const char *text, ssize_t length, struct reading *into) {
  const char *end = text + length, *at = end - 1;
  while (at > text && *at != ')') at--;
  if (at == text || at + 2 >= end) return -1;
  into->state = at[2];
  at += 3;
  into->parent_pid = next_integer(&at, end);
  skip(&at, end, 1);
  into->session = next_integer(&at, end);
  skip(&at, end, 3);
  into->minor_faults = next_integer(&at, end);
  into->reaped_minor_faults = next_integer(&at, end);
  into->major_faults = next_integer(&at, end);
  into->reaped_major_faults = next_integer(&at, end);
  into->user_seconds = next_integer(&at, end) / ticks_per_second;
  into->system_seconds = next_integer(&at, end) / ticks_per_second;
  into->reaped_user_seconds = next_integer(&at, end) / ticks_per_second;
  into->reaped_system_seconds = next_integer(&at, end) / ticks_per_second;
  skip(&at, end, 2);
  into->thread_count = next_integer(&at, end);
  skip(&at, end, 1);
  into->start_ticks = next_integer(&at, end);
  skip(&at, end, 1);
  into->memory_bytes = next_integer(&at, end) * page_size;
  return 0;
}

static int64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * INT64_C(1000000000) + time.tv_nsec;
}

int main(int count, char **arguments) {
  if (count != 3) return 2;
  int (*parse)(const char *, ssize_t, struct reading *) = strcmp(arguments[1], "statm") ? parse_stat : parse_statm;
  int pid = atoi(arguments[2]);
  char path[64], line[64], text[16384];
  snprintf(path, sizeof path, "/proc/%d/%s", pid, arguments[1]);
  int file = open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return 1;
  page_size = sysconf(_SC_PAGESIZE);
  ticks_per_second = sysconf(_SC_CLK_TCK);
  clockid_t clock = (clockid_t)((~(unsigned)pid << 3) | 2);
  volatile struct reading last;
  while (fgets(line, sizeof line, stdin)) {
    int64_t start = now();
    for (long left = atol(line); left > 0; left--) {
      struct reading reading = {0};
      struct timespec cpu;
      if (clock_gettime(clock, &cpu) != 0) return 1;
      ssize_t length = pread(file, text, sizeof text, 0);
      if (length < 0 || parse(text, length, &reading) != 0) return 1;
      reading.cpu_seconds = cpu.tv_sec + cpu.tv_nsec / 1e9;
      last = reading;
    }
    printf("%lld\n", (long long)(now() - start));
    fflush(stdout);
  }
  (void)last;
  return 0;
}
