/* usage: many_sleepers COUNT: forks COUNT children that sleep, prints "ready", and sleeps itself; all of 100 kB or so. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int main(int argc, char **argv) {
  int count = argc > 1 ? atoi(argv[1]) : 0;
  for (int i = 0; i < count; i++) {
    pid_t pid = fork();
    if (pid < 0) return 1;
    if (pid == 0) {
      pause();
      _exit(0);
    }
  }
  puts("ready");
  fflush(stdout);
  pause();
  return 0;
}
