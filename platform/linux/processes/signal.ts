/** The signals from 1 on (signal(7); the same on x86-64 and arm64). */
const NAMES = [
  "SIGHUP",
  "SIGINT",
  "SIGQUIT",
  "SIGILL",
  "SIGTRAP",
  "SIGABRT",
  "SIGBUS",
  "SIGFPE",
  "SIGKILL",
  "SIGUSR1",
  "SIGSEGV",
  "SIGUSR2",
  "SIGPIPE",
  "SIGALRM",
  "SIGTERM",
  "SIGSTKFLT",
  "SIGCHLD",
  "SIGCONT",
  "SIGSTOP",
  "SIGTSTP",
  "SIGTTIN",
  "SIGTTOU",
  "SIGURG",
  "SIGXCPU",
  "SIGXFSZ",
  "SIGVTALRM",
  "SIGPROF",
  "SIGWINCH",
  "SIGIO",
  "SIGPWR",
  "SIGSYS",
];
/** Second names of some. */
const ALIASES = new Map([["SIGIOT", "SIGABRT"], ["SIGPOLL", "SIGIO"], ["SIGUNUSED", "SIGSYS"]]);

/** What glibc leaves of the real-time signals (signal(7)). */
const FIRST_REAL_TIME = 34;
const LAST_REAL_TIME = 64;
const isRealTime = (number: number) => number >= FIRST_REAL_TIME && number <= LAST_REAL_TIME;

/** `SIGTERM` for 15; real-time signals are `SIGRTMIN+n` (signal(7), as glibc counts them). */
export function signalName(number: number): string {
  return NAMES[number - 1] ?? (isRealTime(number) ? `SIGRTMIN+${number - FIRST_REAL_TIME}` : `SIG${number}`);
}

/** 15 for `SIGTERM`; 0 when there is no such signal. */
export function signalNumber(name: string): number {
  const index = NAMES.indexOf(ALIASES.get(name) ?? name);
  if (index >= 0) return index + 1;
  const realTime = FIRST_REAL_TIME + Number(/^SIGRTMIN\+(\d+)$/.exec(name)?.[1] ?? NaN);
  return realTime <= LAST_REAL_TIME ? realTime : 0;
}
