/**
 * Flags of open(2), openat(2) and pipe2(2). Most are the same everywhere (include/uapi/asm-generic/fcntl.h), but arm64
 * has numbers of its own for four of them (arch/arm64/include/uapi/asm/fcntl.h): what is O_DIRECTORY on x86-64 is
 * O_DIRECT there, and no directory of /proc can be opened with it.
 */
const FLAGS = {
  //           x86-64, arm64
  O_RDONLY: [0, 0],
  O_WRONLY: [1, 1],
  O_RDWR: [2, 2],
  O_CREAT: [0o100, 0o100],
  O_TRUNC: [0o1000, 0o1000],
  O_APPEND: [0o2000, 0o2000],
  O_NONBLOCK: [0o4000, 0o4000],
  O_DIRECTORY: [0o200000, 0o40000],
  O_NOFOLLOW: [0o400000, 0o100000],
  O_CLOEXEC: [0o2000000, 0o2000000],
  O_PATH: [0o10000000, 0o10000000],
} as const;

/** The name of a flag that is used here. */
export type OpenFlag = keyof typeof FLAGS;

const column = process.arch === "arm64" ? 1 : 0;

/** Some flags together, as this architecture has them. */
export function openFlags(...names: readonly OpenFlag[]): number {
  return names.reduce((flags, name) => flags | FLAGS[name][column], 0);
}
