import { usageError } from "../core/error.ts";

/** What a process is looked for by; several keys together mean that all of them hold. */
export interface ProcessQuery {
  /** Its process ID. */
  readonly pid?: number;
  /** A file whose first line is its process ID. */
  readonly pidFile?: string;
  /** Its name as ps(1) shows it (`comm`); where the kernel has cut that to 15 bytes, that of its program. */
  readonly name?: string;
  /** What its arguments, joined by blanks, contain. */
  readonly commandLine?: RegExp;
  /** Its effective user, by name or number. */
  readonly user?: string | number;
  /** Its cgroup or one above it: a path in the hierarchy (`/system.slice/nginx.service`) or in the file system. */
  readonly cgroup?: string;
  /** A local port at which it listens (TCP) or that it has bound (UDP). */
  readonly port?: number;
}

const KEYS = ["pid", "pidFile", "name", "commandLine", "user", "cgroup", "port"] as const;
const LARGEST_PORT = 65_535;

/**
 * Refuse what finds nothing or everything.
 * @throws ProctorError of kind `usage`
 */
export function checkQuery(query: ProcessQuery): void {
  if (KEYS.every((key) => query[key] === undefined)) {
    throw usageError(`query: it asks for nothing; there are ${KEYS.join(", ")}`);
  }
  const { pid, port } = query;
  if (pid !== undefined && !(Number.isSafeInteger(pid) && pid > 0)) {
    throw usageError(`query: ${pid} is no process ID`);
  }
  if (port !== undefined && !(Number.isInteger(port) && port > 0 && port <= LARGEST_PORT)) {
    throw usageError(`query: ${port} is no port; it is a number from 1 to ${LARGEST_PORT}`);
  }
  for (const key of ["pidFile", "name", "cgroup", "user"] as const) {
    if (query[key] === "") throw usageError(`query: ${key} is empty`);
  }
}

/** Whether a query names one process at most: then nothing has to be searched for it. */
export function namesOne({ pid, pidFile }: ProcessQuery): boolean {
  return pid !== undefined || pidFile !== undefined;
}
