import { join } from "node:path";
import process from "node:process";

/** The name of the socket in the base directory. */
export const SOCKET_NAME = "proctor.sock";

/** Where a supervisor keeps its state unless it is told. */
export function defaultBaseDirectory(variables: NodeJS.ProcessEnv = process.env): string {
  if (process.getuid?.() === 0) return "/var/lib/proctor";
  return join(variables.XDG_STATE_HOME || join(variables.HOME ?? "/tmp", ".local/state"), "proctor");
}
