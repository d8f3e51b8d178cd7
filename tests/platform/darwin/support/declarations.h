/*
 * What Darwin's public headers declare, as far as proctor reads or writes it: the names, types and order of the fields,
 * from which the compiler makes offsets and sizes. 64 bits, arm64 and x86-64 alike.
 */
#pragma once
#include <stdint.h>

/* sys/proc_info.h */
struct d_bsdinfo {
  uint32_t pbi_flags, pbi_status, pbi_xstatus, pbi_pid, pbi_ppid, pbi_uid, pbi_gid, pbi_ruid, pbi_rgid, pbi_svuid,
      pbi_svgid, rfu_1;
  char pbi_comm[16];
  char pbi_name[32];
  uint32_t pbi_nfiles, pbi_pgid, pbi_pjobc, e_tdev, e_tpgid;
  int32_t pbi_nice;
  uint64_t pbi_start_tvsec, pbi_start_tvusec;
};
struct d_bsdshortinfo {
  uint32_t pbsi_pid, pbsi_ppid, pbsi_pgid, pbsi_status;
  char pbsi_comm[16];
  uint32_t pbsi_flags, pbsi_uid, pbsi_gid, pbsi_ruid, pbsi_rgid, pbsi_svuid, pbsi_svgid, pbsi_rfu;
};
struct d_taskinfo {
  uint64_t pti_virtual_size, pti_resident_size, pti_total_user, pti_total_system, pti_threads_user, pti_threads_system;
  int32_t pti_policy, pti_faults, pti_pageins, pti_cow_faults, pti_messages_sent, pti_messages_received,
      pti_syscalls_mach, pti_syscalls_unix, pti_csw, pti_threadnum, pti_numrunning, pti_priority;
};
struct d_taskallinfo {
  struct d_bsdinfo pbsd;
  struct d_taskinfo ptinfo;
};
struct d_threadinfo {
  uint64_t pth_user_time, pth_system_time;
  int32_t pth_cpu_usage, pth_policy, pth_run_state, pth_flags, pth_sleep_time, pth_curpri, pth_priority, pth_maxpriority;
  char pth_name[64];
};
struct d_fdinfo {
  int32_t proc_fd;
  uint32_t proc_fdtype;
};
struct d_fileinfo {
  uint32_t fi_openflags, fi_status;
  int64_t fi_offset;
  int32_t fi_type;
  uint32_t fi_guardflags;
};
struct d_vinfo_stat {
  uint32_t vst_dev;
  uint16_t vst_mode, vst_nlink;
  uint64_t vst_ino;
  uint32_t vst_uid, vst_gid;
  int64_t vst_times[8], vst_size, vst_blocks;
  int32_t vst_blksize;
  uint32_t vst_flags, vst_gen, vst_rdev;
  int64_t vst_qspare[2];
};
struct d_sockbuf_info {
  uint32_t sbi_cc, sbi_hiwat, sbi_mbcnt, sbi_mbmax, sbi_lowat;
  int16_t sbi_flags, sbi_timeo;
};
struct d_in_sockinfo {
  int32_t insi_fport, insi_lport;
  uint64_t insi_gencnt;
  uint32_t insi_flags, insi_flow;
  uint8_t insi_vflag, insi_ip_ttl;
  uint32_t rfu_1, insi_faddr[4], insi_laddr[4];
  struct { uint8_t in4_tos; } insi_v4;
  struct { uint8_t in6_hlim; int32_t in6_cksum; uint16_t in6_ifindex; int16_t in6_hops; } insi_v6;
};
struct d_tcp_sockinfo {
  struct d_in_sockinfo tcpsi_ini;
  int32_t tcpsi_state, tcpsi_timer[4], tcpsi_mss;
  uint32_t tcpsi_flags, rfu_1;
  uint64_t tcpsi_tp;
};
struct d_un_sockinfo { /* the largest of all kinds; SOCK_MAXADDRLEN is 255 */
  uint64_t unsi_conn_so, unsi_conn_pcb;
  char unsi_addr[255], unsi_caddr[255];
};
struct d_socket_fdinfo {
  struct d_fileinfo pfi;
  struct d_vinfo_stat soi_stat;
  uint64_t soi_so, soi_pcb;
  int32_t soi_type, soi_protocol, soi_family;
  int16_t soi_options, soi_linger, soi_state, soi_qlen, soi_incqlen, soi_qlimit, soi_timeo;
  uint16_t soi_error;
  uint32_t soi_oobmark;
  struct d_sockbuf_info soi_rcv, soi_snd;
  int32_t soi_kind;
  uint32_t rfu_1;
  union {
    struct d_in_sockinfo pri_in;
    struct d_tcp_sockinfo pri_tcp;
    struct d_un_sockinfo pri_un;
  } soi_proto;
};
struct d_uniqidentifierinfo {
  uint8_t p_uuid[16];
  uint64_t p_uniqueid, p_puniqueid;
  int32_t p_idversion, p_orig_ppidversion;
  uint64_t p_reserve2, p_reserve3;
};

/* sys/resource.h */
struct d_rusage_info_v6 {
  uint8_t ri_uuid[16];
  uint64_t ri_user_time, ri_system_time, ri_pkg_idle_wkups, ri_interrupt_wkups, ri_pageins, ri_wired_size,
      ri_resident_size, ri_phys_footprint, ri_proc_start_abstime, ri_proc_exit_abstime, ri_child_user_time,
      ri_child_system_time, ri_child_pkg_idle_wkups, ri_child_interrupt_wkups, ri_child_pageins,
      ri_child_elapsed_abstime, ri_diskio_bytesread, ri_diskio_byteswritten, ri_cpu_time_qos_default,
      ri_cpu_time_qos_maintenance, ri_cpu_time_qos_background, ri_cpu_time_qos_utility, ri_cpu_time_qos_legacy,
      ri_cpu_time_qos_user_initiated, ri_cpu_time_qos_user_interactive, ri_billed_system_time, ri_serviced_system_time,
      ri_logical_writes, ri_lifetime_max_phys_footprint, ri_instructions, ri_cycles, ri_billed_energy,
      ri_serviced_energy, ri_interval_max_phys_footprint, ri_runnable_time;
  /* Here ends the fourth version. */
  uint64_t ri_flags, ri_user_ptime, ri_system_ptime, ri_pinstructions, ri_pcycles, ri_energy_nj, ri_penergy_nj,
      ri_secure_time_in_system, ri_secure_ptime_in_system, ri_neural_footprint, ri_lifetime_max_neural_footprint,
      ri_interval_max_neural_footprint, ri_reserved[9];
};
struct d_timeval {
  int64_t tv_sec;
  int32_t tv_usec;
};
struct d_rusage {
  struct d_timeval ru_utime, ru_stime;
  int64_t ru_maxrss, ru_ixrss, ru_idrss, ru_isrss, ru_minflt, ru_majflt, ru_nswap, ru_inblock, ru_oublock, ru_msgsnd,
      ru_msgrcv, ru_nsignals, ru_nvcsw, ru_nivcsw;
};

/* sys/signal.h */
struct d_siginfo {
  int32_t si_signo, si_errno, si_code, si_pid;
  uint32_t si_uid;
  int32_t si_status;
  void *si_addr;
  uint64_t si_value;
  int64_t si_band;
  uint64_t pad[7];
};
struct d_sigaction {
  void *handler;
  uint32_t sa_mask;
  int32_t sa_flags;
};

/* mach/vm_statistics.h, mach/host_info.h */
struct d_vm_statistics64 {
  uint32_t free_count, active_count, inactive_count, wire_count;
  uint64_t zero_fill_count, reactivations, pageins, pageouts, faults, cow_faults, lookups, hits, purges;
  uint32_t purgeable_count, speculative_count;
  uint64_t decompressions, compressions, swapins, swapouts;
  uint32_t compressor_page_count, throttled_count, external_page_count, internal_page_count;
  uint64_t total_uncompressed_pages_in_compressor;
};
struct d_processor_set_load_info {
  int task_count, thread_count;
  int load_average, mach_factor;
};

struct d_cpu_load_info {
  uint32_t cpu_ticks[4]; /* user, system, idle, nice */
};

/* sys/sysctl.h */
struct d_xsw_usage {
  uint64_t xsu_total, xsu_avail, xsu_used;
  uint32_t xsu_pagesize;
  int32_t xsu_encrypted;
};
struct d_loadavg {
  uint32_t ldavg[3];
  long fscale;
};

/* pwd.h, sys/stat.h */
struct d_passwd {
  char *pw_name, *pw_passwd;
  uint32_t pw_uid, pw_gid;
  int64_t pw_change;
  char *pw_class, *pw_gecos, *pw_dir, *pw_shell;
  int64_t pw_expire;
};
struct d_timespec {
  int64_t tv_sec, tv_nsec;
};
struct d_stat {
  int32_t st_dev;
  uint16_t st_mode, st_nlink;
  uint64_t st_ino;
  uint32_t st_uid, st_gid;
  int32_t st_rdev;
  struct d_timespec st_atim, st_mtim, st_ctim, st_birthtim;
  int64_t st_size, st_blocks;
  int32_t st_blksize;
  uint32_t st_flags, st_gen;
  int32_t st_lspare;
  int64_t st_qspare[2];
};

/* These headers pack to four bytes: sys/event.h, net/if.h, net/if_var.h, sys/mount.h. */
#pragma pack(push, 4)
struct d_kevent {
  uint64_t ident;
  int16_t filter;
  uint16_t flags;
  uint32_t fflags;
  int64_t data;
  uint64_t udata;
};
struct d_timeval32 {
  int32_t tv_sec, tv_usec;
};
struct d_if_data64 {
  uint8_t ifi_type, ifi_typelen, ifi_physical, ifi_addrlen, ifi_hdrlen, ifi_recvquota, ifi_xmitquota, ifi_unused1;
  uint32_t ifi_mtu, ifi_metric;
  uint64_t ifi_baudrate, ifi_ipackets, ifi_ierrors, ifi_opackets, ifi_oerrors, ifi_collisions, ifi_ibytes, ifi_obytes,
      ifi_imcasts, ifi_omcasts, ifi_iqdrops, ifi_noproto;
  uint32_t ifi_recvtiming, ifi_xmittiming;
  struct d_timeval32 ifi_lastchange;
};
struct d_if_msghdr2 {
  uint16_t ifm_msglen;
  uint8_t ifm_version, ifm_type;
  int32_t ifm_addrs, ifm_flags;
  uint16_t ifm_index;
  int32_t ifm_snd_len, ifm_snd_maxlen, ifm_snd_drops, ifm_timer;
  struct d_if_data64 ifm_data;
};
struct d_statfs {
  uint32_t f_bsize;
  int32_t f_iosize;
  uint64_t f_blocks, f_bfree, f_bavail, f_files, f_ffree;
  int32_t f_fsid[2];
  uint32_t f_owner, f_type, f_flags, f_fssubtype;
  char f_fstypename[16], f_mntonname[1024], f_mntfromname[1024];
  uint32_t f_flags_ext, f_reserved[7];
};
#pragma pack(pop)
