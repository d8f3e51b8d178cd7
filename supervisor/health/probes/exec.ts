import { ProcessGroup } from "../../../group/process_group.ts";
import { startedAs } from "../../process/account.ts";
import type { Identity } from "../../process/account.ts";
import { ABORTED } from "./network_fault.ts";

/** What is kept of the output of a command that failed. */
const KEPT_BYTES = 4_096;

/** Where a command of ours runs, and as whom. */
export interface ExecContext extends Identity {
  readonly workingDirectory: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** Another identity where a command names one. */
export function asNamed<T extends ExecContext>(
  context: T,
  { user, group }: { user?: string | number; group?: string | number },
): T {
  return user === undefined ? context : { ...context, user, group: group ?? null };
}

/** Whether a command ends with exit code 0; what is wrong, or null. Whatever it started ends with it. */
export async function execFault(
  command: readonly string[],
  timeoutMs: number,
  { workingDirectory, environment, user, group: userGroup }: ExecContext,
  signal?: AbortSignal,
): Promise<string | null> {
  const account = await startedAs({ user, group: userGroup }, environment);
  if (typeof account === "string") return `${command[0]}: ${account}`;
  await using group = await ProcessGroup.create();
  if (signal?.aborted) return ABORTED;
  let isOverdue = false;
  const kill = () => void group.stop({ signal: "SIGKILL", graceMs: 0 });
  const timer = setTimeout(() => {
    isOverdue = true;
    kill();
  }, timeoutMs);
  signal?.addEventListener("abort", kill);
  try {
    const { exitCode, signal: endedBy, stderr, stdout } = await group.output(command, {
      cwd: workingDirectory,
      ...account,
      maxBytes: KEPT_BYTES,
    });
    if (isOverdue) return `${command[0]}: no end within ${timeoutMs} ms`;
    if (exitCode === 0) return null;
    const said = new TextDecoder().decode(stderr.length > 0 ? stderr : stdout).trim().split("\n")[0];
    const how = endedBy ? `ended by ${endedBy}` : `exit code ${exitCode}`;
    return `${command[0]}: ${how}${said ? ` (${said})` : ""}`;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", kill);
  }
}
