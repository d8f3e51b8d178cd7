/** struct rusage (getrusage(2)) on 64-bit Linux: its size, and offsets in it. */
export const RUSAGE_SIZE = 144;
export const RU_UTIME = 0;
export const RU_STIME = 16;
export const RU_MAXRSS = 32;
export const RU_MINFLT = 64;
export const RU_MAJFLT = 72;
export const RU_INBLOCK = 88;
export const RU_OUBLOCK = 96;
export const RU_NVCSW = 128;
export const RU_NIVCSW = 136;
