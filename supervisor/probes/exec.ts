import { ProcessGroup } from "../../group/process_group.ts";

/** What is kept of the output of a command that failed. */
const KEPT_BYTES = 4_096;

/** Where a command of ours runs. */
export interface ExecContext {
  readonly workingDirectory: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** Whether a command ends with exit code 0; what is wrong, or null. Whatever it started ends with it. */
export async function execFault(
  command: readonly string[],
  timeoutMs: number,
  { workingDirectory, environment }: ExecContext,
): Promise<string | null> {
  await using group = await ProcessGroup.create();
  let isOverdue = false;
  const timer = setTimeout(() => {
    isOverdue = true;
    void group.stop({ signal: "SIGKILL", graceMs: 0 });
  }, timeoutMs);
  try {
    const { exitCode, signal, stderr, stdout } = await group.output(command, {
      cwd: workingDirectory,
      env: environment,
      maxBytes: KEPT_BYTES,
    });
    if (isOverdue) return `${command[0]}: no end within ${timeoutMs} ms`;
    if (exitCode === 0) return null;
    const said = new TextDecoder().decode(stderr.length > 0 ? stderr : stdout).trim().split("\n")[0];
    const how = signal ? `ended by ${signal}` : `exit code ${exitCode}`;
    return `${command[0]}: ${how}${said ? ` (${said})` : ""}`;
  } finally {
    clearTimeout(timer);
  }
}
