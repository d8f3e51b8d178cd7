/*
 * A libSystem for Linux, with Darwin's structures, units and errors: what it tells stands in a text beside it
 * (LIBRARY.script), which `fake_load` reads. Processes that are started through it are real ones of Linux; their
 * descendants are seen by /proc whenever processes are asked for.
 *
 * Lines of the script; values are numbers, or words without blanks:
 *   me uid=501                                  who asks; 0 may look at everybody
 *   process PID ppid= unique= starter= …        see `read_process`
 *   thread PID ID user= system= name=           nanoseconds
 *   descriptor PID NUMBER TYPE
 *   socket PID NUMBER KIND PROTOCOL STATE PORT  what such a descriptor is, if it is one
 *   words PID ARGC WORD…                        the executable, arguments, environment (`|` stands for nothing)
 *   rusage VERSION                              the newest that is known
 *   number NAME VALUE | word NAME VALUE | text NAME TEXT   for sysctlbyname, 64 bits, 32 bits or a string
 *   vm free= … | cpu USER SYSTEM IDLE NICE | swap TOTAL AVAIL | load A B C SCALE | boot SEC USEC
 *   interface INDEX NAME flags= … | filesystem TYPE FROM ON flags= bsize= blocks= bfree= bavail= id=
 *   uuid HEX | threads TASKS THREADS            the machine's own
 *   disk NAME location= reads= …                see fake_iokit.c
 *   event PID NOTES DATA                        to be told by kevent, if PID was asked for
 *   fail FUNCTION ERRNO                         whatever it is asked
 */
#define _GNU_SOURCE
#include "declarations.h"
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Macros of Linux' headers stand where the fields of Darwin's structures are meant. */
#undef si_pid
#undef si_status

/* Functions that Linux has as well, with other structures or constants: their names are given to the linker only. */
#define NAMED(name) __asm__(name)

#define MOST 4096
#define TICKS 24000000.0 /* of Apple silicon, a second */
enum { D_ENOENT = 2, D_EPERM = 1, D_ESRCH = 3, D_ENOMEM = 12, D_EACCES = 13, D_EINVAL = 22, D_EAGAIN = 35 };

struct process {
  int pid, ppid, uid, gid, pgid, tpgid, status, threads, running, real;
  uint64_t unique, starter, start_us, start_ticks, user, system, cuser, csystem, cpageins, resident, footprint, peak,
      dread, dwrite, instructions, cycles;
  int faults, pageins, csw, watched, forks_told;
  char name[32], comm[17];
};

static struct process world[MOST];
static int world_size, own_uid, newest_rusage, darwin_errno;
static uint64_t next_unique;
static char script[65536];

int *__error(void) { return &darwin_errno; }
static int fail(int number) {
  darwin_errno = number;
  return -1;
}

/* The script. */

static const char *script_path(void) {
  static char path[4096];
  Dl_info info;
  dladdr((void *)script_path, &info);
  snprintf(path, sizeof path, "%s.script", info.dli_fname);
  return path;
}

static const char *value_of(const char *line, const char *key) {
  char wanted[64];
  snprintf(wanted, sizeof wanted, " %s=", key);
  const char *found = strstr(line, wanted);
  return found ? found + strlen(wanted) : NULL;
}
static uint64_t number_of(const char *line, const char *key, uint64_t otherwise) {
  const char *value = value_of(line, key);
  return value ? strtoull(value, NULL, 0) : otherwise;
}

static struct process *find(int pid) {
  for (int i = 0; i < world_size; i++)
    if (world[i].pid == pid && world[i].status != 0) return &world[i];
  return NULL;
}

static struct process *add(int pid) {
  struct process *one = find(pid);
  if (!one) {
    /* A place that was left: whoever has come and gone is not counted for ever. */
    for (int i = 0; !one && i < world_size; i++)
      if (world[i].status == 0) one = &world[i];
    if (!one) one = &world[world_size < MOST ? world_size++ : MOST - 1];
  }
  memset(one, 0, sizeof *one);
  one->pid = pid;
  one->status = 2;
  return one;
}

static void read_process(const char *line) {
  struct process *p = add(atoi(line + 8));
  p->ppid = number_of(line, "ppid", 1);
  p->uid = number_of(line, "uid", own_uid);
  p->gid = number_of(line, "gid", 20);
  p->pgid = number_of(line, "pgid", p->pid);
  p->tpgid = number_of(line, "tpgid", 0);
  p->status = number_of(line, "status", 2);
  p->unique = number_of(line, "unique", next_unique++);
  p->starter = number_of(line, "starter", 1);
  p->start_us = number_of(line, "start_us", 1700000000000000ull + p->pid);
  p->start_ticks = number_of(line, "start_ticks", 1000 + p->pid);
  p->user = number_of(line, "user", 0), p->system = number_of(line, "system", 0);
  p->cuser = number_of(line, "cuser", 0), p->csystem = number_of(line, "csystem", 0);
  p->cpageins = number_of(line, "cpageins", 0), p->resident = number_of(line, "resident", 0);
  p->footprint = number_of(line, "footprint", 0), p->peak = number_of(line, "peak", 0);
  p->dread = number_of(line, "dread", 0), p->dwrite = number_of(line, "dwrite", 0);
  p->instructions = number_of(line, "instructions", 0), p->cycles = number_of(line, "cycles", 0);
  p->faults = number_of(line, "faults", 0), p->pageins = number_of(line, "pageins", 0);
  p->csw = number_of(line, "csw", 0), p->threads = number_of(line, "threads", 1);
  p->running = number_of(line, "running", 0);
  const char *name = value_of(line, "name"), *comm = value_of(line, "comm");
  if (name) sscanf(name, "%31s", p->name);
  if (comm) sscanf(comm, "%16s", p->comm);
  else snprintf(p->comm, sizeof p->comm, "%.15s", p->name);
}

/* The line of the script that begins so; NULL when there is none. `again` goes on behind one. */
static const char *line_of(const char *again, const char *format, ...) {
  char wanted[256];
  va_list args;
  va_start(args, format);
  vsnprintf(wanted, sizeof wanted, format, args);
  va_end(args);
  static char line[8192];
  const char *at = again ? again : script;
  while (at && *at) {
    const char *end = strchr(at, '\n');
    size_t length = end ? (size_t)(end - at) : strlen(at);
    if (length >= strlen(wanted) && strncmp(at, wanted, strlen(wanted)) == 0) {
      snprintf(line, sizeof line, "%.*s", (int)length, at);
      return line;
    }
    at = end ? end + 1 : NULL;
  }
  return NULL;
}
static void for_lines(const char *begins, void (*take)(const char *line)) {
  char copy[sizeof script];
  strcpy(copy, script);
  for (char *rest = copy, *line; (line = strsep(&rest, "\n"));)
    if (strncmp(line, begins, strlen(begins)) == 0) take(line);
}
static int failure_of(const char *function) {
  const char *line = line_of(NULL, "fail %s ", function);
  return line ? atoi(line + 6 + strlen(function)) : 0;
}
#define MAY_FAIL(name, result) \
  do { \
    int number = failure_of(name); \
    if (number) { \
      darwin_errno = number; \
      return result; \
    } \
  } while (0)

static int events_taken;
__attribute__((constructor)) int fake_load(void) {
  int fd = open(script_path(), O_RDONLY | O_CLOEXEC);
  ssize_t length = fd < 0 ? 0 : read(fd, script, sizeof script - 1);
  if (fd >= 0) close(fd);
  script[length < 0 ? 0 : length] = 0;
  for (int i = 0; i < world_size; i++)
    if (!world[i].real) world[i].status = 0;
  const char *me = line_of(NULL, "me");
  own_uid = me ? number_of(me, "uid", 501) : 501;
  const char *version = line_of(NULL, "rusage ");
  newest_rusage = version ? atoi(version + 7) : 6;
  if (next_unique == 0) next_unique = 1000;
  for_lines("process ", read_process);
  events_taken = 0;
  return 0;
}

/* Real processes. */

static int read_stat(int pid, char *state, int *ppid, int *pgid, char *name) {
  char path[64], text[1024];
  snprintf(path, sizeof path, "/proc/%d/stat", pid);
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return 0;
  ssize_t length = read(fd, text, sizeof text - 1);
  close(fd);
  if (length <= 0) return 0;
  text[length] = 0;
  char *open_at = strchr(text, '('), *close_at = strrchr(text, ')');
  if (!open_at || !close_at) return 0;
  snprintf(name, 16, "%.*s", (int)(close_at - open_at - 1), open_at + 1);
  return sscanf(close_at + 2, "%c %d %d", state, ppid, pgid) == 3;
}

static void refresh(struct process *p) {
  char state, name[16];
  int ppid, pgid;
  if (!read_stat(p->pid, &state, &ppid, &pgid, name)) {
    p->status = 0;
    return;
  }
  p->ppid = ppid, p->pgid = pgid;
  p->status = state == 'Z' || state == 'X' ? 5 : state == 'T' ? 4 : 2;
  p->running = state == 'R';
  strcpy(p->name, name), strcpy(p->comm, name);
  clockid_t clock;
  struct timespec used;
  if (clock_getcpuclockid(p->pid, &clock) == 0 && clock_gettime(clock, &used) == 0)
    p->user = (used.tv_sec + used.tv_nsec / 1e9) * TICKS;
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/statm", p->pid);
  FILE *file = fopen(path, "re");
  unsigned long pages = 0;
  if (file) {
    if (fscanf(file, "%*u %lu", &pages) != 1) pages = 0;
    fclose(file);
  }
  p->resident = p->footprint = pages * 4096;
  if (p->footprint > p->peak) p->peak = p->footprint;
}

static struct process *add_real(int pid, uint64_t starter) {
  struct process *p = add(pid);
  p->real = 1, p->uid = own_uid, p->threads = 1;
  p->unique = next_unique++, p->starter = starter;
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  p->start_us = now.tv_sec * 1000000ull + now.tv_nsec / 1000, p->start_ticks = p->unique * 7;
  refresh(p);
  return p;
}

/* Find out who is there; who was started by somebody known is known from now on. */
static void look(void) {
  int any = 0;
  for (int i = 0; i < world_size; i++)
    if (world[i].real && world[i].status != 0) refresh(&world[i]), any = 1;
  if (!any) return;
  for (int grown = 1; grown;) {
    grown = 0;
    DIR *directory = opendir("/proc");
    for (struct dirent *entry; (entry = readdir(directory));) {
      int pid = atoi(entry->d_name), ppid, pgid;
      char state, name[16];
      if (pid <= 0 || find(pid) || !read_stat(pid, &state, &ppid, &pgid, name)) continue;
      struct process *parent = find(ppid);
      if (!parent || !parent->real) continue;
      parent->forks_told = parent->watched ? 1 : 0;
      add_real(pid, parent->unique);
      grown = 1;
    }
    closedir(directory);
  }
}

/* A process as it is now. */
static struct process *find_now(int pid) {
  struct process *p = find(pid);
  if (p && p->real) refresh(p);
  return p && p->status != 0 ? p : NULL;
}

/* libproc */

int proc_listpids(uint32_t type, uint32_t of, void *buffer, int bytes) {
  MAY_FAIL("proc_listpids", 0);
  look();
  if (!buffer) return (world_size + 20) * sizeof(int); /* An upper bound, as the kernel gives it. */
  int count = 0;
  for (int i = 0; i < world_size && (count + 1) * (int)sizeof(int) <= bytes; i++) {
    struct process *p = &world[i];
    if (p->status == 0 || (type == 6 && ((uint32_t)p->ppid != of || p->status == 5))) continue;
    ((int *)buffer)[count++] = p->pid;
  }
  return count * sizeof(int);
}

static void fill_bsd(struct d_bsdinfo *info, const struct process *p) {
  memset(info, 0, sizeof *info);
  info->pbi_status = p->status, info->pbi_pid = p->pid, info->pbi_ppid = p->ppid;
  info->pbi_uid = p->uid, info->pbi_gid = p->gid, info->pbi_pgid = p->pgid, info->e_tpgid = p->tpgid;
  memcpy(info->pbi_comm, p->comm, 16);
  memcpy(info->pbi_name, p->name, 32);
  info->pbi_start_tvsec = p->start_us / 1000000, info->pbi_start_tvusec = p->start_us % 1000000;
}

static int list_lines(const char *format, int pid, void *buffer, int bytes, int unit, void (*put)(void *, const char *)) {
  char begins[64], copy[sizeof script];
  snprintf(begins, sizeof begins, format, pid);
  strcpy(copy, script);
  int filled = 0;
  for (char *rest = copy, *line; (line = strsep(&rest, "\n"));) {
    if (strncmp(line, begins, strlen(begins)) != 0) continue;
    if (buffer && filled + unit > bytes) break;
    if (buffer) put((char *)buffer + filled, line + strlen(begins));
    filled += unit;
  }
  /* Asked for the size, the kernel tells that of the table. */
  return buffer ? filled : filled + 8 * unit;
}
static void put_descriptor(void *at, const char *text) {
  struct d_fdinfo *info = at;
  sscanf(text, "%d %u", &info->proc_fd, &info->proc_fdtype);
}
static void put_thread(void *at, const char *text) { *(uint64_t *)at = strtoull(text, NULL, 0); }

int proc_pidfdinfo(int pid, int descriptor, int flavor, void *buffer, int bytes) {
  struct process *p = find_now(pid);
  struct d_socket_fdinfo info;
  if (!p || (own_uid != 0 && p->uid != own_uid)) return darwin_errno = p ? D_EPERM : D_ESRCH, 0;
  const char *line = line_of(NULL, "socket %d %d ", pid, descriptor);
  if (!line || flavor != 3 || bytes < (int)sizeof info) return darwin_errno = D_ESRCH, 0;
  unsigned port;
  memset(&info, 0, sizeof info);
  sscanf(line, "socket %*d %*d %d %d %d %u", &info.soi_kind, &info.soi_protocol, 
         &info.soi_proto.pri_tcp.tcpsi_state, &port);
  info.soi_proto.pri_in.insi_lport = (port & 0xff) << 8 | port >> 8;
  memcpy(buffer, &info, sizeof info);
  return sizeof info;
}

int proc_pidinfo(int pid, int flavor, uint64_t argument, void *buffer, int bytes) {
  MAY_FAIL("proc_pidinfo", 0);
  struct process *p = find_now(pid);
  int told_to_all = flavor == 13 || flavor == 17;
  int told_of_zombies = argument == 1 && (flavor == 3 || told_to_all);
  if (!p || (p->status == 5 && !told_of_zombies)) return darwin_errno = D_ESRCH, 0;
  if (!told_to_all && own_uid != 0 && p->uid != own_uid) return darwin_errno = D_EPERM, 0;
  if (flavor == 1) return list_lines("descriptor %d ", pid, buffer, bytes, sizeof(struct d_fdinfo), put_descriptor);
  if (flavor == 6) return list_lines("thread %d ", pid, buffer, bytes, sizeof(uint64_t), put_thread);
  union {
    struct d_bsdinfo bsd;
    struct d_taskallinfo all;
    struct d_threadinfo thread;
    struct d_bsdshortinfo brief;
    struct d_uniqidentifierinfo unique;
  } info;
  memset(&info, 0, sizeof info);
  int size;
  if (flavor == 3) {
    fill_bsd(&info.bsd, p);
    size = sizeof info.bsd;
  } else if (flavor == 2) {
    fill_bsd(&info.all.pbsd, p);
    struct d_taskinfo *task = &info.all.ptinfo;
    task->pti_resident_size = p->resident, task->pti_total_user = p->user, task->pti_total_system = p->system;
    task->pti_faults = p->faults, task->pti_pageins = p->pageins, task->pti_csw = p->csw;
    task->pti_threadnum = p->threads, task->pti_numrunning = p->running;
    size = sizeof info.all;
  } else if (flavor == 5) {
    const char *line = line_of(NULL, "thread %d %llu", pid, (unsigned long long)argument);
    if (!line) return darwin_errno = D_ESRCH, 0;
    info.thread.pth_user_time = number_of(line, "user", 0), info.thread.pth_system_time = number_of(line, "system", 0);
    const char *name = value_of(line, "name");
    if (name) sscanf(name, "%63s", info.thread.pth_name);
    size = sizeof info.thread;
  } else if (flavor == 13) {
    struct d_bsdshortinfo *brief = &info.brief;
    brief->pbsi_pid = pid, brief->pbsi_ppid = p->ppid, brief->pbsi_pgid = p->pgid, brief->pbsi_status = p->status;
    brief->pbsi_uid = p->uid, brief->pbsi_gid = p->gid;
    memcpy(brief->pbsi_comm, p->comm, 16);
    size = sizeof info.brief;
  } else if (flavor == 17) {
    info.unique.p_uniqueid = p->unique, info.unique.p_puniqueid = p->starter;
    size = sizeof info.unique;
  } else return darwin_errno = D_EINVAL, 0;
  if (bytes < size) return darwin_errno = D_ENOMEM, 0;
  memcpy(buffer, &info, size);
  return size;
}

int proc_pid_rusage(int pid, int flavor, void *buffer) {
  MAY_FAIL("proc_pid_rusage", -1);
  struct process *p = find_now(pid);
  if (flavor > newest_rusage) return fail(D_EINVAL);
  if (!p) return fail(D_ESRCH);
  if (own_uid != 0 && p->uid != own_uid) return fail(D_EPERM);
  struct d_rusage_info_v6 info;
  memset(&info, 0, sizeof info);
  info.ri_user_time = p->user, info.ri_system_time = p->system;
  info.ri_child_user_time = p->cuser, info.ri_child_system_time = p->csystem, info.ri_child_pageins = p->cpageins;
  info.ri_resident_size = p->status == 5 ? 0 : p->resident;
  info.ri_phys_footprint = p->status == 5 ? 0 : p->footprint;
  info.ri_lifetime_max_phys_footprint = p->peak, info.ri_proc_start_abstime = p->start_ticks;
  info.ri_diskio_bytesread = p->dread, info.ri_diskio_byteswritten = p->dwrite;
  info.ri_instructions = p->instructions, info.ri_cycles = p->cycles;
  memcpy(buffer, &info, flavor >= 6 ? sizeof info : offsetof(struct d_rusage_info_v6, ri_flags));
  return 0;
}

/* sysctl */

static int give(const void *value, size_t size, void *buffer, size_t *room) {
  if (buffer && *room < size) return fail(D_ENOMEM);
  if (buffer) memcpy(buffer, value, size);
  *room = size;
  return 0;
}

static size_t process_words(int pid, char *bytes, size_t room) {
  const char *line = line_of(NULL, "words %d ", pid);
  if (!line) return 0;
  char copy[4096];
  strcpy(copy, line);
  char *rest = copy;
  strsep(&rest, " "), strsep(&rest, " ");
  int count = atoi(strsep(&rest, " "));
  memset(bytes, 0, room);
  memcpy(bytes, &count, 4);
  size_t at = 4;
  for (int index = 0; rest; index++) {
    const char *word = strsep(&rest, " ");
    if (strcmp(word, "|") == 0) word = "";
    strcpy(bytes + at, word);
    at += strlen(word) + 1;
    if (index == 0) at = (at + 7) & ~7ul; /* Zeros up to a whole word follow the path. */
  }
  return at + 8;
}

/* Of a real process: Linux tells its words, and its environment, to whoever may see them. */
static size_t real_words(int pid, char *bytes, size_t room) {
  static char text[32768];
  char path[64];
  size_t length = 0, args = 0;
  for (int part = 0; part < 2; part++) {
    snprintf(path, sizeof path, "/proc/%d/%s", pid, part == 0 ? "cmdline" : "environ");
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got = fd < 0 ? 0 : read(fd, text + length, sizeof text - length - 1);
    if (fd >= 0) close(fd);
    length += got > 0 ? got : 0;
    if (part == 0) args = length;
  }
  int count = 0;
  for (size_t i = 0; i < args; i++) count += text[i] == 0;
  if (count == 0 || 16 + length + 8 > room) return 0;
  memset(bytes, 0, 16 + length + 8);
  memcpy(bytes, &count, 4);
  strcpy(bytes + 4, "/real");
  memcpy(bytes + 16, text, length);
  return 16 + length + 8;
}

static char interface_bytes[16384];
static size_t interface_size;
static void put_interface(const char *line) {
  struct d_if_msghdr2 message;
  memset(&message, 0, sizeof message);
  int index;
  sscanf(line, "interface %d", &index);
  /* One that is not an interface, and another length, stands before each. */
  struct d_if_msghdr2 other = { .ifm_msglen = 20, .ifm_type = 0xc };
  memcpy(interface_bytes + interface_size, &other, 20);
  interface_size += 20;
  message.ifm_msglen = sizeof message + 4, message.ifm_type = 0x12, message.ifm_index = index;
  message.ifm_flags = number_of(line, "flags", 0);
  struct d_if_data64 *data = &message.ifm_data;
  data->ifi_ipackets = number_of(line, "ipackets", 0), data->ifi_opackets = number_of(line, "opackets", 0);
  data->ifi_ierrors = number_of(line, "ierrors", 0), data->ifi_oerrors = number_of(line, "oerrors", 0);
  data->ifi_ibytes = number_of(line, "ibytes", 0), data->ifi_obytes = number_of(line, "obytes", 0);
  memcpy(interface_bytes + interface_size, &message, sizeof message);
  interface_size += sizeof message + 4;
}

int sysctl(int *mib, unsigned levels, void *buffer, size_t *room, void *set, size_t set_size) {
  (void)set, (void)set_size;
  MAY_FAIL("sysctl", -1);
  if (levels == 3 && mib[0] == 1 && mib[1] == 49) {
    static char bytes[65536];
    struct process *p = find_now(mib[2]);
    if (!p || p->status == 5 || (own_uid != 0 && p->uid != own_uid)) return fail(D_EINVAL);
    if (*room < 1048576) return fail(D_EINVAL); /* Apple's gives the end of it: nobody is to ask so. */
    size_t size = p->real ? real_words(p->pid, bytes, sizeof bytes) : process_words(p->pid, bytes, sizeof bytes);
    return size == 0 ? fail(D_EINVAL) : give(bytes, size, buffer, room);
  }
  if (levels == 4 && mib[0] == 1 && mib[1] == 14 && mib[2] == 1) {
    struct process *p = find_now(mib[3]);
    char kinfo[648] = { 0 };
    if (!p) return *room = 0, 0; /* Nothing, and no error. */
    struct d_timeval start = { p->start_us / 1000000, p->start_us % 1000000 };
    memcpy(kinfo, &start, sizeof start);
    return give(kinfo, sizeof kinfo, buffer, room);
  }
  if (levels == 6 && mib[0] == 4 && mib[1] == 17 && mib[4] == 6) {
    memset(interface_bytes, 0, sizeof interface_bytes), interface_size = 0;
    for_lines("interface ", put_interface);
    return give(interface_bytes, interface_size, buffer, room);
  }
  return fail(D_ENOENT);
}

int sysctlbyname(const char *name, void *buffer, size_t *room, void *set, size_t set_size) {
  (void)set, (void)set_size;
  MAY_FAIL("sysctlbyname", -1);
  const char *line;
  if (strcmp(name, "vm.swapusage") == 0 && (line = line_of(NULL, "swap "))) {
    struct d_xsw_usage swap = { 0 };
    sscanf(line, "swap %lu %lu", &swap.xsu_total, &swap.xsu_avail);
    return give(&swap, sizeof swap, buffer, room);
  }
  if (strcmp(name, "vm.loadavg") == 0 && (line = line_of(NULL, "load "))) {
    struct d_loadavg load;
    memset(&load, 0, sizeof load);
    sscanf(line, "load %u %u %u %ld", &load.ldavg[0], &load.ldavg[1], &load.ldavg[2], &load.fscale);
    return give(&load, sizeof load, buffer, room);
  }
  if (strcmp(name, "kern.boottime") == 0 && (line = line_of(NULL, "boot "))) {
    struct d_timeval boot;
    memset(&boot, 0, sizeof boot);
    sscanf(line, "boot %ld %d", &boot.tv_sec, &boot.tv_usec);
    return give(&boot, sizeof boot, buffer, room);
  }
  if ((line = line_of(NULL, "number %s ", name))) {
    uint64_t value = strtoull(line + 8 + strlen(name), NULL, 0);
    return give(&value, sizeof value, buffer, room);
  }
  if ((line = line_of(NULL, "word %s ", name))) {
    uint32_t value = strtoul(line + 6 + strlen(name), NULL, 0);
    return give(&value, sizeof value, buffer, room);
  }
  if ((line = line_of(NULL, "text %s ", name))) {
    const char *text = line + 6 + strlen(name);
    return give(text, strlen(text) + 1, buffer, room);
  }
  return fail(D_ENOENT);
}

/* The machine */

unsigned mach_host_self(void) { return 0x1103; }

int host_statistics64(unsigned host, int flavor, void *buffer, unsigned *count) {
  MAY_FAIL("host_statistics64", 5);
  const char *line = line_of(NULL, "vm");
  struct d_vm_statistics64 vm;
  memset(&vm, 0, sizeof vm);
  if (host != 0x1103 || flavor != 4 || *count < sizeof vm / 4 || !line) return 4; /* KERN_INVALID_ARGUMENT */
  vm.free_count = number_of(line, "free", 0), vm.active_count = number_of(line, "active", 0);
  vm.inactive_count = number_of(line, "inactive", 0), vm.wire_count = number_of(line, "wired", 0);
  vm.purgeable_count = number_of(line, "purgeable", 0), vm.speculative_count = number_of(line, "speculative", 0);
  vm.external_page_count = number_of(line, "external", 0), vm.internal_page_count = number_of(line, "internal", 0);
  memcpy(buffer, &vm, sizeof vm);
  *count = sizeof vm / 4;
  return 0;
}

int host_statistics(unsigned host, int flavor, void *buffer, unsigned *count) {
  MAY_FAIL("host_statistics", 5);
  const char *line = line_of(NULL, "cpu ");
  struct d_cpu_load_info load;
  if (host != 0x1103 || flavor != 3 || *count < 4 || !line) return 4;
  sscanf(line, "cpu %u %u %u %u", &load.cpu_ticks[0], &load.cpu_ticks[1], &load.cpu_ticks[2], &load.cpu_ticks[3]);
  memcpy(buffer, &load, sizeof load);
  *count = 4;
  return 0;
}

char *if_indextoname(unsigned index, char *name) {
  const char *line = line_of(NULL, "interface %u ", index);
  if (!line) return NULL;
  sscanf(line, "interface %*u %15s", name);
  return name;
}

static struct d_statfs *mounts;
static int mount_count, mount_room;
static void put_mount(const char *line) {
  if (mounts && mount_count < mount_room) {
    struct d_statfs *at = &mounts[mount_count];
    memset(at, 0, sizeof *at);
    sscanf(line, "filesystem %15s %1023s %1023s", at->f_fstypename, at->f_mntfromname, at->f_mntonname);
    at->f_bsize = number_of(line, "bsize", 4096), at->f_blocks = number_of(line, "blocks", 0);
    at->f_bfree = number_of(line, "bfree", 0), at->f_bavail = number_of(line, "bavail", 0);
    at->f_flags = number_of(line, "flags", 0), at->f_fsid[0] = number_of(line, "id", 0);
  }
  mount_count++;
}
static int list_mounts(void *buffer, int bytes, int flags) {
  if (flags != 2) return fail(D_EINVAL);
  MAY_FAIL("getfsstat", -1);
  mounts = buffer, mount_count = 0, mount_room = bytes / sizeof(struct d_statfs);
  for_lines("filesystem ", put_mount);
  return mounts && mount_count > mount_room ? mount_room : mount_count;
}

static int fill_stat(int fd, struct d_stat *to) {
  struct stat from;
  if (syscall(SYS_fstat, fd, &from) != 0) return fail(9);
  memset(to, 0, sizeof *to);
  to->st_mode = from.st_mode, to->st_ino = from.st_ino, to->st_size = from.st_size;
  return 0;
}

#ifdef __x86_64__
/* Here the plain names are those of structures with small inodes, which nobody should call. */
int getfsstat(void *buffer, int bytes, int flags) { return (void)buffer, (void)bytes, (void)flags, fail(78); }
int getfsstat_inode64(void *buffer, int bytes, int flags) NAMED("getfsstat$INODE64");
int getfsstat_inode64(void *buffer, int bytes, int flags) { return list_mounts(buffer, bytes, flags); }
int fake_fstat(int fd, void *to) NAMED("fstat");
int fake_fstat(int fd, void *to) { return (void)fd, (void)to, fail(78); }
int fstat_inode64(int fd, struct d_stat *to) NAMED("fstat$INODE64");
int fstat_inode64(int fd, struct d_stat *to) { return fill_stat(fd, to); }
#else
int getfsstat(void *buffer, int bytes, int flags) { return list_mounts(buffer, bytes, flags); }
int fake_fstat(int fd, struct d_stat *to) NAMED("fstat");
int fake_fstat(int fd, struct d_stat *to) { return fill_stat(fd, to); }
#endif

/* kqueue */

int kqueue(void) {
  MAY_FAIL("kqueue", -1);
  return open("/dev/null", O_RDONLY | O_CLOEXEC);
}

static struct d_kevent *told;
static int told_count, told_room, event_index;
static void put_event(const char *line) {
  int pid;
  unsigned notes;
  long data;
  if (event_index++ < events_taken || told_count >= told_room) return;
  events_taken++;
  if (sscanf(line, "event %d %x %ld", &pid, &notes, &data) != 3) return;
  struct process *p = find(pid);
  if (!p || !p->watched) return;
  told[told_count++] = (struct d_kevent){ .ident = pid, .filter = -5, .flags = 0x20, .fflags = notes, .data = data };
}

int kevent(int queue, const struct d_kevent *changes, int change_count, struct d_kevent *events, int event_count,
           const void *timeout) {
  (void)queue, (void)timeout;
  MAY_FAIL("kevent", -1);
  look();
  told = events, told_count = 0, told_room = event_count, event_index = 0;
  for (int i = 0; i < change_count; i++) {
    const struct d_kevent *change = &changes[i];
    struct process *p = find(change->ident);
    /* NOTE_TRACK, NOTE_TRACKERR and NOTE_CHILD are refused. */
    int error = change->fflags & 7 ? 45 : !p || p->status == 5 ? D_ESRCH : own_uid != 0 && p->uid != own_uid ? D_EACCES : 0;
    if (!error) p->watched = 1;
    events[told_count] = *change;
    events[told_count].flags = 0x4000;
    events[told_count++].data = error;
  }
  if (change_count > 0) return told_count;
  for_lines("event ", put_event);
  for (int i = 0; i < world_size && told_count < event_count; i++) {
    struct process *p = &world[i];
    if (p->status == 0 || !p->forks_told) continue;
    p->forks_told = 0;
    told[told_count++] = (struct d_kevent){ .ident = p->pid, .filter = -5, .flags = 0x20, .fflags = 0x40000000 };
  }
  return told_count;
}

/* Signals: those whose numbers differ */
static const int linux_signals[] = { 0, 1, 2, 3, 4, 5, 6, 0, 8, 9, 7, 11, 31, 13, 14, 15, 23, 19, 20, 18, 17, 21, 22, 29, 24, 25, 26, 27, 28, 0, 10, 12 };
static int to_darwin(int number) {
  for (int i = 1; i < 32; i++)
    if (linux_signals[i] == number) return i;
  return number;
}

int darwin_kill(int pid, int number) NAMED("kill");
int darwin_kill(int pid, int number) {
  if (number < 0 || number > 31) return fail(D_EINVAL);
  if (number != 0 && linux_signals[number] == 0) return 0;
  int result = syscall(SYS_kill, pid, linux_signals[number]);
  return result == 0 ? 0 : fail(errno == EPERM ? D_EPERM : D_ESRCH);
}

/* Children */

static void to_darwin_usage(struct d_rusage *to, const struct rusage *from) {
  memset(to, 0, sizeof *to);
  to->ru_utime = (struct d_timeval){ from->ru_utime.tv_sec, from->ru_utime.tv_usec };
  to->ru_stime = (struct d_timeval){ from->ru_stime.tv_sec, from->ru_stime.tv_usec };
  to->ru_maxrss = from->ru_maxrss * 1024; /* Bytes here. */
  to->ru_minflt = from->ru_minflt, to->ru_majflt = from->ru_majflt;
  to->ru_nvcsw = from->ru_nvcsw, to->ru_nivcsw = from->ru_nivcsw;
}

int darwin_wait4(int pid, int *status, int options, struct d_rusage *usage) NAMED("wait4");
int darwin_wait4(int pid, int *status, int options, struct d_rusage *usage) {
  struct rusage own;
  int word = 0;
  int result = syscall(SYS_wait4, pid, &word, options & 1 ? WNOHANG : 0, &own);
  if (result < 0) return fail(10);
  if (result == 0) return 0;
  struct process *p = find(result);
  if (p) p->status = 0;
  if (status) *status = WIFSIGNALED(word) ? (word & ~0x7f) | to_darwin(WTERMSIG(word)) : word;
  if (usage) to_darwin_usage(usage, &own);
  return result;
}

int darwin_waitid(int kind, unsigned id, struct d_siginfo *info, int options) NAMED("waitid");
int darwin_waitid(int kind, unsigned id, struct d_siginfo *info, int options) {
  if ((options & ~0x3f) != 0 || !(options & 4)) return fail(D_EINVAL);
  siginfo_t found;
  memset(&found, 0, sizeof found);
  int own = WEXITED | (options & 1 ? WNOHANG : 0) | (options & 0x20 ? WNOWAIT : 0);
  if (syscall(SYS_waitid, kind == 0 ? P_ALL : P_PID, id, &found, own, NULL) != 0) return fail(10);
  if (found._sifields._sigchld.si_pid == 0) return 0; /* Nothing is written then. */
  memset(info, 0, sizeof *info);
  info->si_signo = 20, info->si_pid = found._sifields._sigchld.si_pid, info->si_status = found._sifields._sigchld.si_status;
  return 0;
}

int darwin_getrusage(int who, struct d_rusage *usage) NAMED("getrusage");
int darwin_getrusage(int who, struct d_rusage *usage) {
  struct rusage own;
  if (syscall(SYS_getrusage, who, &own) != 0) return fail(D_EINVAL);
  to_darwin_usage(usage, &own);
  return 0;
}

int darwin_sigaction(int number, const struct d_sigaction *set, struct d_sigaction *old) NAMED("sigaction");
int darwin_sigaction(int number, const struct d_sigaction *set, struct d_sigaction *old) {
  (void)set;
  if (number == 9 || number == 17) return fail(D_EINVAL);
  memset(old, 0, sizeof *old);
  const char *line = line_of(NULL, "ignored ");
  if (line && atoi(line + 8) == number) old->handler = (void *)1;
  return 0;
}

/* posix_spawn: attributes and actions are pointers that init fills in. */

struct attributes {
  short flags;
  uint32_t defaults, mask;
};
struct actions {
  int count;
  struct {
    int kind, from, to;
    char *path;
  } one[64];
};

int posix_spawnattr_init(struct attributes **attributes) { return *attributes = calloc(1, sizeof **attributes), 0; }
int posix_spawnattr_destroy(struct attributes **attributes) { return free(*attributes), 0; }
int posix_spawnattr_setflags(struct attributes **attributes, short flags) { return (*attributes)->flags = flags, 0; }
int posix_spawnattr_setsigdefault(struct attributes **a, const uint32_t *set) { return (*a)->defaults = *set, 0; }
int posix_spawnattr_setsigmask(struct attributes **a, const uint32_t *set) { return (*a)->mask = *set, 0; }
int posix_spawn_file_actions_init(struct actions **actions) { return *actions = calloc(1, sizeof **actions), 0; }
int posix_spawn_file_actions_destroy(struct actions **actions) {
  for (int i = 0; i < (*actions)->count; i++) free((*actions)->one[i].path);
  return free(*actions), 0;
}
static int add_action(struct actions *actions, int kind, int from, int to, const char *path) {
  if (from < 0 || to < 0 || actions->count == 64) return 9;
  int at = actions->count++;
  actions->one[at].kind = kind, actions->one[at].from = from, actions->one[at].to = to;
  actions->one[at].path = path ? strdup(path) : NULL;
  return 0;
}
int posix_spawn_file_actions_adddup2(struct actions **a, int from, int to) { return add_action(*a, 0, from, to, NULL); }
int posix_spawn_file_actions_addinherit_np(struct actions **a, int fd) { return add_action(*a, 1, fd, fd, NULL); }
int posix_spawn_file_actions_addchdir_np(struct actions **a, const char *path) { return add_action(*a, 2, 0, 0, path); }

/* Whether a file that can be read is a program of Linux, or names who interprets it. */
static int is_program(const char *file) {
  char head[4] = { 0 };
  int fd = open(file, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return 1;
  ssize_t length = read(fd, head, sizeof head);
  close(fd);
  return length >= 2 && (memcmp(head, "#!", 2) == 0 || memcmp(head, "\x7f" "ELF", 4) == 0);
}

int posix_spawn(int *pid, const char *file, struct actions **actions, struct attributes **attributes, char **argv,
                char **envp) {
  MAY_FAIL("posix_spawn", (darwin_errno = 0, failure_of("posix_spawn")));
  int flags = (*attributes)->flags;
  int report[2];
  if (pipe2(report, O_CLOEXEC) != 0) return 24;
  int child = syscall(SYS_fork);
  if (child == 0) {
    int kept[64] = { 0 }, failed = 0;
    sigset_t set;
    sigemptyset(&set);
    syscall(SYS_rt_sigprocmask, SIG_SETMASK, &set, NULL, 8);
    struct { void *handler; unsigned long flags; void *restorer; unsigned long mask; } plain = { 0 };
    for (int number = 1; number < 32; number++)
      if ((*attributes)->defaults & (1u << (number - 1))) syscall(SYS_rt_sigaction, linux_signals[number], &plain, NULL, 8);
    if (flags & 0x400) setsid();
    for (int i = 0; i < (*actions)->count && !failed; i++) {
      int from = (*actions)->one[i].from, to = (*actions)->one[i].to;
      if ((*actions)->one[i].kind == 2) failed = chdir((*actions)->one[i].path) == 0 ? 0 : D_ENOENT;
      else if ((*actions)->one[i].kind == 0) failed = dup2(from, to) >= 0 ? 0 : 9;
      else failed = fcntl(from, F_SETFD, 0) == 0 ? 0 : 9;
      if ((*actions)->one[i].kind != 2 && to < 64) kept[to] = 1;
    }
    if (flags & 0x4000)
      for (int fd = 0; fd < 256; fd++)
        if ((fd >= 64 || !kept[fd]) && fd != report[1]) close(fd);
    if (!failed && access(file, X_OK) != 0) failed = errno == ENOENT ? D_ENOENT : D_EACCES;
    if (!failed && !is_program(file)) failed = 8; /* The kernel has loaded it before it stands still. */
    if (failed && write(report[1], &failed, sizeof failed)) _exit(127);
    if (failed) _exit(127);
    if (flags & 0x80) {
      /* In front of the first instruction; what is written says so. */
      failed = -1;
      if (write(report[1], &failed, sizeof failed) < 0) _exit(127);
      fcntl(report[1], F_SETFD, FD_CLOEXEC);
      syscall(SYS_kill, (int)syscall(SYS_getpid), SIGSTOP);
    }
    syscall(SYS_execve, file, argv, envp);
    failed = errno == ENOEXEC ? 8 : D_EACCES;
    if (write(report[1], &failed, sizeof failed) < 0) _exit(127);
    _exit(127);
  }
  close(report[1]);
  if (child < 0) return close(report[0]), D_EAGAIN;
  int failed = 0;
  ssize_t length = read(report[0], &failed, sizeof failed);
  close(report[0]);
  if (length == sizeof failed && failed > 0) {
    syscall(SYS_wait4, child, NULL, 0, NULL);
    return failed;
  }
  if (flags & 0x80) {
    siginfo_t stopped;
    syscall(SYS_waitid, P_PID, child, &stopped, WSTOPPED | WEXITED | WNOWAIT, NULL);
  }
  struct process *own = find(syscall(SYS_getpid));
  add_real(child, own ? own->unique : 1);
  *pid = child;
  return 0;
}

/* Descriptors and users: constants of Darwin, else as on Linux. */

int open_darwin(const char *path, int flags) NAMED("open");
int open_darwin(const char *path, int flags) {
  int own = flags & 3;
  if (flags & 4) own |= O_NONBLOCK;
  if (flags & 8) own |= O_APPEND;
  if (flags & 0x100) own |= O_NOFOLLOW;
  if (flags & 0x1000000) own |= O_CLOEXEC;
  if (flags & 0x200) return fail(D_EINVAL); /* The mode would stand where nobody has put it. */
  int fd = syscall(SYS_openat, AT_FDCWD, path, own);
  return fd < 0 ? fail(errno == ENOENT ? D_ENOENT : errno == ELOOP ? 62 : D_EACCES) : fd;
}
int ioctl_darwin(int fd, unsigned long request) NAMED("ioctl");
int ioctl_darwin(int fd, unsigned long request) {
  if (request != 0x20006601) return fail(25);
  return syscall(SYS_fcntl, fd, F_SETFD, FD_CLOEXEC) == 0 ? 0 : fail(9);
}
long send_darwin(int fd, const void *bytes, size_t length, int flags) NAMED("send");
long send_darwin(int fd, const void *bytes, size_t length, int flags) {
  long sent = syscall(SYS_sendto, fd, bytes, length, (flags & 0x80 ? MSG_DONTWAIT : 0) | MSG_NOSIGNAL, NULL, 0);
  return sent < 0 ? fail(errno == EAGAIN ? D_EAGAIN : errno == EPIPE ? 32 : 9) : sent;
}
long write_darwin(int fd, const void *bytes, size_t length) NAMED("write");
long write_darwin(int fd, const void *bytes, size_t length) {
  long written = syscall(SYS_write, fd, bytes, length);
  return written < 0 ? fail(errno == EAGAIN ? D_EAGAIN : errno == EPIPE ? 32 : errno == EBADF ? 9 : 5) : written;
}
int flock_darwin(int fd, int how) NAMED("flock");
int flock_darwin(int fd, int how) { return syscall(SYS_flock, fd, how) == 0 ? 0 : fail(errno == EAGAIN ? D_EAGAIN : 9); }
int getpeereid(int fd, unsigned *uid, unsigned *gid) {
  struct { int pid; unsigned uid, gid; } peer;
  socklen_t size = sizeof peer;
  if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0 || peer.uid == -1u) return fail(22);
  return *uid = peer.uid, *gid = peer.gid, 0;
}

static int fill_user(const char *line, struct d_passwd *to, char *texts, size_t room, struct d_passwd **result) {
  *result = NULL;
  if (!line) return 0;
  if (room < 256) return 34;
  char name[64], home[64], shell[64];
  unsigned uid, gid;
  if (sscanf(line, "user %63s %u %u %63s %63s", name, &uid, &gid, home, shell) != 5) return 0;
  memset(to, 0, sizeof *to);
  to->pw_name = texts, to->pw_dir = texts + 64, to->pw_shell = texts + 128, to->pw_uid = uid, to->pw_gid = gid;
  strcpy(to->pw_name, name), strcpy(to->pw_dir, home), strcpy(to->pw_shell, shell);
  *result = to;
  return 0;
}
static char wanted_line[256];
static unsigned wanted_uid;
static void match_uid(const char *line) {
  unsigned uid;
  if (sscanf(line, "user %*s %u", &uid) == 1 && uid == wanted_uid) snprintf(wanted_line, sizeof wanted_line, "%s", line);
}
int getpwnam_darwin(const char *name, struct d_passwd *to, char *texts, size_t room, struct d_passwd **result) NAMED("getpwnam_r");
int getpwnam_darwin(const char *name, struct d_passwd *to, char *texts, size_t room, struct d_passwd **result) {
  return fill_user(line_of(NULL, "user %s ", name), to, texts, room, result);
}
int getpwuid_darwin(unsigned uid, struct d_passwd *to, char *texts, size_t room, struct d_passwd **result) NAMED("getpwuid_r");
int getpwuid_darwin(unsigned uid, struct d_passwd *to, char *texts, size_t room, struct d_passwd **result) {
  wanted_line[0] = 0, wanted_uid = uid;
  for_lines("user ", match_uid);
  return fill_user(wanted_line[0] ? wanted_line : NULL, to, texts, room, result);
}
int getgrouplist_darwin(const char *name, int gid, int *groups, int *count) NAMED("getgrouplist");
int getgrouplist_darwin(const char *name, int gid, int *groups, int *count) {
  (void)name;
  groups[0] = gid, groups[1] = 80, *count = 2;
  return 0;
}

/* What tells the machine from others, and how many threads there are in all. */

int gethostuuid(unsigned char *uuid, const struct timespec *wait) {
  MAY_FAIL("gethostuuid", -1);
  const char *line = line_of(NULL, "uuid ");
  if (!line || wait->tv_sec != 1 || wait->tv_nsec != 0) return fail(D_EINVAL);
  for (int i = 0; i < 16; i++) sscanf(line + 5 + 2 * i, "%2hhx", &uuid[i]);
  return 0;
}
int processor_set_default(unsigned host, unsigned *set) {
  if (host != 0x1103) return 4;
  *set = 0x2203;
  return 0;
}
int processor_set_statistics(unsigned set, int flavor, void *buffer, unsigned *count) {
  MAY_FAIL("processor_set_statistics", 5);
  const char *line = line_of(NULL, "threads ");
  struct d_processor_set_load_info load;
  memset(&load, 0, sizeof load);
  if (set != 0x2203 || flavor != 4 || *count < 4 || !line) return 4;
  sscanf(line, "threads %d %d", &load.task_count, &load.thread_count);
  memcpy(buffer, &load, sizeof load);
  *count = 4;
  return 0;
}

#include "fake_iokit.c"
