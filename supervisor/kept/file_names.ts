/** The name of the lock in the base directory. */
export const LOCK_NAME = "proctor.lock";
/** The name of the socket in the base directory. */
export const SOCKET_NAME = "proctor.sock";
/** What the name of the socket for the metrics of a process ends in, after its id. */
export const METRICS_SOCKET_END = ".sock";
/** The name of the file with the token of the port, where that was given none, in the base directory. */
export const TOKEN_NAME = "api_token";
/** The name of the socket that processes notify us by; no id begins so. */
export const NOTIFY_SOCKET_NAME = ".notify.sock";
/** What the name of the file with the definitions by which a process was healthy ends in, after its id. */
export const DEFINITIONS_END = ".definitions";
/** Where a supervisor that nobody sees tells what it does, in the base directory. */
export const OWN_LOG_NAME = "supervisor.log";

/**
 * Whether a directory with these names in it is a base directory, or was to be one: where a service cannot start it
 * leaves its log alone.
 */
export function isBaseDirectory(names: readonly string[]): boolean {
  return names.includes(LOCK_NAME) || names.every((name) => name === OWN_LOG_NAME);
}
