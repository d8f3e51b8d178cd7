/* Prints CLOCK_MONOTONIC in milliseconds as it is at the beginning of main(). */
#include <stdio.h>
#include <time.h>

int main(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  printf("%.6f\n", time.tv_sec * 1e3 + time.tv_nsec / 1e6);
  return 0;
}
