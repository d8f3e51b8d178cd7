import { usageError } from "../../core/error.ts";
import { checkOptions, either, NUMBER, rule, TEXT } from "../../core/option.ts";
import type { Rules } from "../../core/option.ts";

/** What a process is looked for by; several keys together mean that all of them hold. */
export interface ProcessQuery {
  /** Its process ID. */
  readonly pid?: number;
  /** A file whose first line is its process ID. */
  readonly pidFile?: string;
  /** Its name as ps(1) shows it (`comm`), whole where the kernel has cut it to 15 bytes; or that of its script. */
  readonly name?: string;
  /** What its arguments, joined by blanks, contain. */
  readonly commandLine?: RegExp;
  /** Its effective user, by name or number. */
  readonly user?: string | number;
  /** Its cgroup or one above it: a path in any hierarchy (`/system.slice/nginx.service`), or where one is mounted. */
  readonly cgroup?: string;
  /** The container it is in: its name, or the beginning of its ID. */
  readonly container?: string;
  /** The pod it is in: its name, `NAMESPACE/NAME`, or its UID. */
  readonly pod?: string;
  /** The unit of systemd it is in: `nginx.service`, of which `.service` may be left out. */
  readonly unit?: string;
  /** A local port at which it listens (TCP) or that it has bound (UDP). */
  readonly port?: number;
}

const KEYS = [
  "pid",
  "pidFile",
  "name",
  "commandLine",
  "user",
  "cgroup",
  "container",
  "pod",
  "unit",
  "port",
] as const;
const QUERY_RULES: Rules<ProcessQuery> = {
  pid: NUMBER,
  pidFile: TEXT,
  name: TEXT,
  commandLine: rule("a regular expression", (value) => value instanceof RegExp),
  user: either(TEXT, NUMBER),
  cgroup: TEXT,
  container: TEXT,
  pod: TEXT,
  unit: TEXT,
  port: NUMBER,
};
const LARGEST_PORT = 65_535;

/**
 * Refuse what finds nothing or everything.
 * @throws ProctorError of kind `usage`
 */
export function checkQuery(query: ProcessQuery): void {
  checkOptions(query, QUERY_RULES, "query");
  if (KEYS.every((key) => query[key] === undefined)) {
    throw usageError(`query: it asks for nothing; there are ${KEYS.join(", ")}`);
  }
  const { pid, port } = query;
  if (pid !== undefined && !(Number.isSafeInteger(pid) && pid > 0)) {
    throw usageError(`query: ${pid} is not a process ID`);
  }
  if (port !== undefined && !(Number.isInteger(port) && port > 0 && port <= LARGEST_PORT)) {
    throw usageError(`query: ${port} is not a port; it is a number from 1 to ${LARGEST_PORT}`);
  }
  for (const key of ["pidFile", "name", "cgroup", "container", "pod", "unit", "user"] as const) {
    if (query[key] === "") throw usageError(`query: ${key} is empty`);
  }
}

/** Whether a query names one process at most: then nothing has to be searched for it. */
export function namesOne({ pid, pidFile }: ProcessQuery): boolean {
  return pid !== undefined || pidFile !== undefined;
}

/**
 * Whether a query asks for nothing that others can change of a process while it does not run: where it is put, and
 * which sockets are whose.
 */
export function isItsOwn(query: ProcessQuery): boolean {
  return query.cgroup === undefined && query.port === undefined && !asksForWorkload(query);
}

/** Whether a process is meant by its ID alone, whatever it has become. */
export function isBareId(query: ProcessQuery): boolean {
  return query.pid !== undefined &&
    Object.entries(query).every(([key, value]) => key === "pid" || value === undefined);
}

/** Whether a query asks for a container, a pod or a unit, be it among other things. */
export function asksForWorkload({ container, pod, unit }: ProcessQuery): boolean {
  return container !== undefined || pod !== undefined || unit !== undefined;
}

/** Whether it asks for nothing else, so that all that is in there is meant as a whole. */
export function meansWhole(query: ProcessQuery): boolean {
  return asksForWorkload(query) &&
    KEYS.every((key) => query[key] === undefined || ["container", "pod", "unit"].includes(key));
}
