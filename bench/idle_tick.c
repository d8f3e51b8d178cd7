/*
 * The system calls of one idle tick of proctor, at its pace: ppoll(2) until it is due, waitid(2) for ended children,
 * pread(2) of a cgroup's cpu.stat, and the own CPU clock.
 *
 * usage: idle_tick INTERVAL_MS CPU_STAT; runs until its stdin ends.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

int main(int argc, char **argv) {
  if (argc != 3) return 2;
  long interval_ns = atol(argv[1]) * 1000000L;
  int stat = open(argv[2], O_RDONLY | O_CLOEXEC);
  if (stat < 0) return perror(argv[2]), 1;
  struct timespec due, now, rest, own;
  clock_gettime(CLOCK_MONOTONIC, &due);
  char text[4096];
  for (;;) {
    due.tv_nsec += interval_ns;
    due.tv_sec += due.tv_nsec / 1000000000L;
    due.tv_nsec %= 1000000000L;
    clock_gettime(CLOCK_MONOTONIC, &now);
    long left = (due.tv_sec - now.tv_sec) * 1000000000L + due.tv_nsec - now.tv_nsec;
    if (left < 0) left = 0;
    rest.tv_sec = left / 1000000000L;
    rest.tv_nsec = left % 1000000000L;
    struct pollfd input = {.fd = 0, .events = POLLIN};
    if (ppoll(&input, 1, &rest, NULL) > 0) return 0;
    siginfo_t ended = {0};
    waitid(P_ALL, 0, &ended, WEXITED | WNOHANG | WNOWAIT);
    if (pread(stat, text, sizeof text, 0) < 0) return perror(argv[2]), 1;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &own);
  }
}
