/** What can go wrong, in the classes that callers and exit codes distinguish. */
export const ERROR_KINDS = [
  /** The caller asked for something that makes no sense: bad option, bad profile, bad PID. */
  "usage",
  /** The command does not exist (exit code 127). */
  "command_not_found",
  /** The command exists and cannot be executed (exit code 126). */
  "command_not_executable",
  /** The operating system refused or lacks something proctor needs. */
  "system",
] as const;
/** What went wrong. */
export type ErrorKind = typeof ERROR_KINDS[number];

/** Exit codes of `proctor`, after env(1), timeout(1) and the shells. */
export const EXIT = {
  timedOut: 124,
  proctorFailed: 125,
  notExecutable: 126,
  notFound: 127,
  signalBase: 128,
} as const;

const EXIT_CODES: Record<ErrorKind, number> = {
  usage: EXIT.proctorFailed,
  system: EXIT.proctorFailed,
  command_not_executable: EXIT.notExecutable,
  command_not_found: EXIT.notFound,
};

/** An error meant for the user: one clear line, no stack trace at the edge. */
export class ProctorError extends Error {
  /** `ProctorError`. */
  override readonly name = "ProctorError";
  /** A new error. @param kind decides the exit code. @param message one line: what, where, and what would be right. */
  constructor(readonly kind: ErrorKind, message: string, options?: ErrorOptions) {
    super(message, options);
  }

  /** What is said of it: one line, or several where the other side of a socket has told several faults. */
  get lines(): readonly string[] {
    return [this.message];
  }

  /** The exit code a command ends with when this error reaches its edge. */
  get exitCode(): number {
    return EXIT_CODES[this.kind];
  }
}

/** Shorthand for the most common kind. */
export function usageError(message: string): ProctorError {
  return new ProctorError("usage", message);
}
