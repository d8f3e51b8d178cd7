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
