/** As the directory of a system call, as an unsigned word: a relative path is seen from our own. */
export const AT_FDCWD = 2 ** 32 - 100;
