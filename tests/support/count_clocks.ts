import { libc } from "../../platform/linux/sys/libc.ts";

/** What an action comes to, and how often it asks clock_gettime(2) for the clock of a process. */
export function countClocks<T>(action: () => T): [outcome: T, count: number] {
  const functions = libc as { -readonly [K in keyof typeof libc]: typeof libc[K] };
  const real = libc.clock_gettime;
  let count = 0;
  functions.clock_gettime = (...args) => {
    count++;
    return real(...args);
  };
  try {
    return [action(), count];
  } finally {
    functions.clock_gettime = real;
  }
}
