/*
 * Prints a line for each structure of declarations.h: its name, its size, its bytes in hexadecimal, and what stands in
 * which field. So the compiler, not proctor's table, says where a field is.
 */
#include "declarations.h"
#include <stdio.h>
#include <string.h>

static const char *separator;
static void field(const char *name, unsigned long long value) {
  printf("%s\"%s\":%llu", separator, name, value);
  separator = ",";
}
static void word(const char *name, const char *value) {
  printf("%s\"%s\":\"%s\"", separator, name, value);
  separator = ",";
}
static void begin(const char *name, const void *bytes, size_t size) {
  printf("{\"name\":\"%s\",\"size\":%zu,\"hex\":\"", name, size);
  for (size_t i = 0; i < size; i++) printf("%02x", ((const unsigned char *)bytes)[i]);
  printf("\",\"fields\":{");
  separator = "";
}
static void end(void) { printf("}}\n"); }

/* Each field has a value that no other has; 64-bit ones use both halves. */
static unsigned long long counter;
#define SMALL(s, f) (s.f = ++counter * 3)
#define LARGE(s, f) (counter++, s.f = (counter << 33) + counter)
#define TELL(s, f) field(#f, (unsigned long long)s.f)

int main(void) {
  struct d_taskallinfo all;
  memset(&all, 0x5a, sizeof all);
  struct d_bsdinfo *bsd = &all.pbsd;
  struct d_taskinfo *task = &all.ptinfo;
#define b (*bsd)
#define t (*task)
  SMALL(b, pbi_status), SMALL(b, pbi_pid), SMALL(b, pbi_ppid), SMALL(b, pbi_uid), SMALL(b, pbi_pgid);
  SMALL(b, e_tpgid), LARGE(b, pbi_start_tvusec);
  b.pbi_start_tvsec = 1700000001, b.pbi_start_tvusec = 654321;
  strcpy(b.pbi_name, "a name of thirty-one characters"), memcpy(b.pbi_comm, "fifteen of them", 16);
  t.pti_faults = 900, t.pti_pageins = 17;
  SMALL(t, pti_csw), SMALL(t, pti_threadnum), SMALL(t, pti_numrunning);
  begin("taskallinfo", &all, sizeof all);
  TELL(b, pbi_status), TELL(b, pbi_pid), TELL(b, pbi_ppid), TELL(b, pbi_uid), TELL(b, pbi_pgid), TELL(b, e_tpgid);
  TELL(b, pbi_start_tvsec), TELL(b, pbi_start_tvusec), word("pbi_name", b.pbi_name), word("pbi_comm", b.pbi_comm);
  TELL(t, pti_faults), TELL(t, pti_pageins), TELL(t, pti_csw), TELL(t, pti_threadnum), TELL(t, pti_numrunning);
  end();
  begin("bsdinfo", bsd, sizeof *bsd);
  end();

  struct d_bsdshortinfo brief;
  memset(&brief, 0x5a, sizeof brief);
  SMALL(brief, pbsi_pid), SMALL(brief, pbsi_ppid), SMALL(brief, pbsi_pgid), SMALL(brief, pbsi_status), SMALL(brief, pbsi_uid);
  strcpy(brief.pbsi_comm, "brief");
  begin("bsdshortinfo", &brief, sizeof brief);
  TELL(brief, pbsi_pid), TELL(brief, pbsi_ppid), TELL(brief, pbsi_pgid), TELL(brief, pbsi_status), TELL(brief, pbsi_uid);
  word("pbsi_comm", brief.pbsi_comm), end();

  struct d_uniqidentifierinfo unique;
  memset(&unique, 0x5a, sizeof unique);
  LARGE(unique, p_uniqueid), LARGE(unique, p_puniqueid);
  begin("uniqidentifierinfo", &unique, sizeof unique), TELL(unique, p_uniqueid), TELL(unique, p_puniqueid), end();

  struct d_threadinfo thread;
  memset(&thread, 0x5a, sizeof thread);
  LARGE(thread, pth_user_time), LARGE(thread, pth_system_time), strcpy(thread.pth_name, "worker");
  begin("threadinfo", &thread, sizeof thread);
  TELL(thread, pth_user_time), TELL(thread, pth_system_time), word("pth_name", thread.pth_name), end();

  struct d_fdinfo fds[2] = { { 0, 1 }, { 7, 6 } };
  begin("fdinfo", fds, sizeof fds), end();

  struct d_socket_fdinfo socket;
  memset(&socket, 0x5a, sizeof socket);
  socket.soi_kind = 2, socket.soi_protocol = 6, socket.soi_proto.pri_tcp.tcpsi_state = 1;
  socket.soi_proto.pri_tcp.tcpsi_ini.insi_lport = 0x901f, socket.soi_proto.pri_tcp.tcpsi_ini.insi_fport = 0x1234;
  begin("tcp_socket", &socket, sizeof socket), end();
  socket.soi_proto.pri_tcp.tcpsi_state = 4;
  begin("tcp_connection", &socket, sizeof socket), end();
  socket.soi_kind = 1, socket.soi_protocol = 17, socket.soi_proto.pri_in.insi_lport = 0x3500;
  begin("udp_socket", &socket, sizeof socket), end();
  socket.soi_proto.pri_in.insi_lport = 0;
  begin("unbound_socket", &socket, sizeof socket), end();
  socket.soi_kind = 3;
  begin("unix_socket", &socket, sizeof socket), end();

  struct d_rusage_info_v6 info;
  memset(&info, 0x5a, sizeof info);
  LARGE(info, ri_user_time), LARGE(info, ri_system_time), LARGE(info, ri_resident_size), LARGE(info, ri_phys_footprint);
  LARGE(info, ri_proc_start_abstime), LARGE(info, ri_child_user_time), LARGE(info, ri_child_system_time);
  LARGE(info, ri_child_pageins), LARGE(info, ri_diskio_bytesread), LARGE(info, ri_diskio_byteswritten);
  LARGE(info, ri_lifetime_max_phys_footprint), LARGE(info, ri_instructions), LARGE(info, ri_cycles);
  begin("rusage_info", &info, sizeof info);
  field("v4_size", (size_t)((char *)&info.ri_flags - (char *)&info));
  TELL(info, ri_user_time), TELL(info, ri_system_time), TELL(info, ri_resident_size), TELL(info, ri_phys_footprint);
  TELL(info, ri_proc_start_abstime), TELL(info, ri_child_user_time), TELL(info, ri_child_system_time);
  TELL(info, ri_child_pageins), TELL(info, ri_diskio_bytesread), TELL(info, ri_diskio_byteswritten);
  TELL(info, ri_lifetime_max_phys_footprint), TELL(info, ri_instructions), TELL(info, ri_cycles), end();

  struct d_rusage usage;
  memset(&usage, 0x5a, sizeof usage);
  usage.ru_utime.tv_sec = 12, usage.ru_utime.tv_usec = 345678, usage.ru_stime.tv_sec = 3, usage.ru_stime.tv_usec = 7;
  LARGE(usage, ru_maxrss), LARGE(usage, ru_minflt), LARGE(usage, ru_majflt), LARGE(usage, ru_nvcsw), LARGE(usage, ru_nivcsw);
  begin("rusage", &usage, sizeof usage);
  TELL(usage, ru_maxrss), TELL(usage, ru_minflt), TELL(usage, ru_majflt), TELL(usage, ru_nvcsw), TELL(usage, ru_nivcsw), end();

  struct d_siginfo signal;
  memset(&signal, 0x5a, sizeof signal);
  SMALL(signal, si_pid), begin("siginfo", &signal, sizeof signal), TELL(signal, si_pid), end();

  struct d_kevent event = { .ident = 4711, .filter = -5, .flags = 0x4021, .fflags = 0xc2000000, .data = 0x20000, .udata = 9 };
  begin("kevent", &event, sizeof event);
  TELL(event, ident), TELL(event, flags), TELL(event, fflags), TELL(event, data), end();

  struct d_vm_statistics64 vm;
  memset(&vm, 0x5a, sizeof vm);
  SMALL(vm, free_count), SMALL(vm, inactive_count), SMALL(vm, purgeable_count), SMALL(vm, speculative_count);
  SMALL(vm, external_page_count), begin("vm_statistics64", &vm, sizeof vm), TELL(vm, free_count), TELL(vm, inactive_count);
  TELL(vm, purgeable_count), TELL(vm, speculative_count), TELL(vm, external_page_count), end();

  struct d_cpu_load_info cpu = { { 4294967295u, 200, 300, 400 } };
  begin("cpu_load_info", &cpu, sizeof cpu), end();
  struct d_processor_set_load_info set = { 300, 2000, 5, 6 };
  begin("processor_set_load_info", &set, sizeof set), end();
  struct d_xsw_usage swap;
  memset(&swap, 0x5a, sizeof swap);
  LARGE(swap, xsu_total), LARGE(swap, xsu_avail);
  begin("xsw_usage", &swap, sizeof swap), TELL(swap, xsu_total), TELL(swap, xsu_avail), end();
  struct d_loadavg load;
  memset(&load, 0x5a, sizeof load);
  load.ldavg[0] = 2048, load.ldavg[1] = 3072, load.ldavg[2] = 512, load.fscale = 2048;
  begin("loadavg", &load, sizeof load), end();
  struct d_timeval boot;
  memset(&boot, 0x5a, sizeof boot);
  boot.tv_sec = 1700000000, boot.tv_usec = 250000;
  begin("timeval", &boot, sizeof boot), end();

  struct d_statfs mount;
  memset(&mount, 0, sizeof mount);
  mount.f_bsize = 4096, mount.f_fsid[0] = 16777234, mount.f_fsid[1] = 27, mount.f_flags = 0x1000 | 0x100000;
  LARGE(mount, f_blocks), LARGE(mount, f_bfree), LARGE(mount, f_bavail);
  strcpy(mount.f_fstypename, "apfs"), strcpy(mount.f_mntonname, "/System/Volumes/Data"), strcpy(mount.f_mntfromname, "/dev/disk3s5");
  begin("statfs", &mount, sizeof mount), TELL(mount, f_blocks), TELL(mount, f_bfree), TELL(mount, f_bavail), end();

  struct {
    struct d_if_msghdr2 a;
    char gap[8];
    struct d_if_msghdr2 c;
  } messages;
  memset(&messages, 0, sizeof messages);
  messages.a.ifm_msglen = sizeof messages.a + 8, messages.a.ifm_type = 0x12, messages.a.ifm_index = 1, messages.a.ifm_flags = 8;
  struct d_if_data64 *data = &messages.a.ifm_data;
#define d (*data)
  LARGE(d, ifi_ipackets), LARGE(d, ifi_ierrors), LARGE(d, ifi_opackets), LARGE(d, ifi_oerrors), LARGE(d, ifi_ibytes), LARGE(d, ifi_obytes);
  messages.c.ifm_msglen = sizeof messages.c, messages.c.ifm_type = 0x12, messages.c.ifm_index = 11;
  begin("if_msghdr2", &messages, sizeof messages);
  TELL(d, ifi_ipackets), TELL(d, ifi_ierrors), TELL(d, ifi_opackets), TELL(d, ifi_oerrors), TELL(d, ifi_ibytes), TELL(d, ifi_obytes), end();

  struct d_stat file;
  memset(&file, 0x5a, sizeof file);
  file.st_mode = 0x1000 | 0600;
  begin("stat", &file, sizeof file), end();
  struct d_passwd user;
  memset(&user, 0x5a, sizeof user);
  user.pw_name = (char *)1, user.pw_uid = 501, user.pw_gid = 20, user.pw_dir = (char *)2, user.pw_shell = (char *)3;
  begin("passwd", &user, sizeof user), end();
  struct d_sigaction action;
  memset(&action, 0, sizeof action);
  action.handler = (void *)1;
  begin("sigaction", &action, sizeof action), end();
  return 0;
}
