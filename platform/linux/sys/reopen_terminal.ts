import { nodeFs } from "../../../io/builtins.ts";

/**
 * Open the terminal that a standard stream of ours is once more, for writes that do not wait: by its name in
 * /proc/self/fd (proc_pid_fd(5)) it is another description, whose flags nobody shares. Null where that may not be, as
 * with one of another user's.
 */
export function reopenTerminal(stream: 1 | 2): number | null {
  const { constants, openSync } = nodeFs();
  try {
    return openSync(
      `/proc/self/fd/${stream}`,
      constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY,
    );
  } catch {
    return null;
  }
}
