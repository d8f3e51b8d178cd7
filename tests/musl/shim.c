/*
 * Stands in for glibc's ld-linux-x86-64.so.2, so that Debian's libstdc++ and libgcc_s, which are made for glibc, load
 * under musl: musl passes over symbol versions, is libc and libm itself, and lacks only what is here. (On Alpine there
 * are libstdc++ and libgcc_s of musl's own.)
 */
#include <stddef.h>

extern size_t strftime_l(char *, size_t, const char *, const void *, void *);
extern int pthread_key_create(void *, void (*)(void *));
extern long getrandom(void *, size_t, unsigned);

char __libc_single_threaded = 0;
unsigned __cpu_model[8];
unsigned __cpu_features2;

int __cpu_indicator_init(void) { return 0; }
size_t __strftime_l(char *to, size_t size, const char *format, const void *time, void *locale) {
  return strftime_l(to, size, format, time, locale);
}
int __pthread_key_create(void *key, void (*destroy)(void *)) { return pthread_key_create(key, destroy); }
/* No table of unwinding information: libgcc_s then asks dl_iterate_phdr. */
int _dl_find_object(void *address, void *result) { return -1; }
unsigned arc4random(void) {
  unsigned value = 0;
  getrandom(&value, sizeof value, 0);
  return value;
}
/* Destructors of thread-local objects do not run. */
int __cxa_thread_atexit_impl(void (*destroy)(void *), void *object, void *library) { return 0; }
