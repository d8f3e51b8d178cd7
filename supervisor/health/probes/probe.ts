import { hideSecrets } from "../../../core/hide_secrets.ts";
import type { ProbeTarget } from "../../definition.ts";
import type { ExecContext } from "./exec.ts";

/** What a probe may know of the process it asks. */
export interface ProbeContext extends ExecContext {
  /** Whether the program is there and not suspended; what is wrong, or null. */
  readonly processFault: () => string | null;
  /** The mark of a file as it was at the start; undefined where that is not known. */
  readonly fileBefore?: (path: string) => string | null | undefined;
  /** Whether it has written the line that is waited for. */
  readonly hasWritten?: () => boolean;
  /** Whether it has said that it is ready. */
  readonly hasNotified?: () => boolean;
}

/**
 * Ask once.
 * @param signal ends the question, and whatever it has started
 * @returns what is wrong, in words that everybody may read; null when nothing is
 */
export async function probe(
  target: ProbeTarget,
  timeoutMs: number,
  context: ProbeContext,
  signal?: AbortSignal,
): Promise<string | null> {
  const fault = await ask(target, timeoutMs, context, signal);
  return fault === null ? null : hideSecrets(fault);
}

async function ask(
  target: ProbeTarget,
  timeoutMs: number,
  context: ProbeContext,
  signal?: AbortSignal,
): Promise<string | null> {
  const fault = context.processFault();
  if (fault !== null || target.type === "process") return fault;
  try {
    if (target.type === "file") {
      const { fileFault } = await import("./file.ts");
      const { path } = target.file!;
      return await fileFault(path, context.workingDirectory, timeoutMs, context.fileBefore?.(path));
    }
    if (target.type === "log") {
      return context.hasWritten?.() ? null : `no line has matched ${JSON.stringify(target.log!.match)} yet`;
    }
    if (target.type === "notify") {
      return context.hasNotified?.() ? null : "it has not sent READY=1 yet (sd_notify(3))";
    }
    if (target.type === "http") {
      return await (await import("./http.ts")).httpFault(target.http!, timeoutMs, signal);
    }
    if (target.type === "tcp") {
      return await (await import("./tcp.ts")).tcpFault(target.tcp!, timeoutMs, signal);
    }
    if (target.type === "grpc") {
      return await (await import("./grpc.ts")).grpcFault(target.grpc!, timeoutMs, signal);
    }
    const { asNamed, execFault } = await import("./exec.ts");
    return await execFault(target.exec!.command, timeoutMs, asNamed(context, target.exec!), signal);
  } catch (error) {
    return (error as Error).message;
  }
}
