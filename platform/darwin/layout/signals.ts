/** The signals from 1 on (bsd/sys/signal.h of XNU). Many numbers are others than Linux has. */
const NAMES = [
  "SIGHUP",
  "SIGINT",
  "SIGQUIT",
  "SIGILL",
  "SIGTRAP",
  "SIGABRT",
  "SIGEMT",
  "SIGFPE",
  "SIGKILL",
  "SIGBUS",
  "SIGSEGV",
  "SIGSYS",
  "SIGPIPE",
  "SIGALRM",
  "SIGTERM",
  "SIGURG",
  "SIGSTOP",
  "SIGTSTP",
  "SIGCONT",
  "SIGCHLD",
  "SIGTTIN",
  "SIGTTOU",
  "SIGIO",
  "SIGXCPU",
  "SIGXFSZ",
  "SIGVTALRM",
  "SIGPROF",
  "SIGWINCH",
  "SIGINFO",
  "SIGUSR1",
  "SIGUSR2",
];
/** A second name. */
const ALIASES = new Map([["SIGIOT", "SIGABRT"]]);

/** Numbers of signals end here. */
export const LAST_SIGNAL = NAMES.length;

/** `SIGTERM` for 15. */
export function signalName(number: number): string {
  return NAMES[number - 1] ?? `SIG${number}`;
}

/** 15 for `SIGTERM`; 0 when there is no such signal. */
export function signalNumber(name: string): number {
  return NAMES.indexOf(ALIASES.get(name) ?? name) + 1;
}
