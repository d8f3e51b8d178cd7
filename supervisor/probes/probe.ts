import type { ProbeTarget } from "../definition.ts";

/** What a probe may know of the process it asks. */
export interface ProbeContext {
  /** Whether the program is there and not suspended; what is wrong, or null. */
  readonly processFault: () => string | null;
  readonly workingDirectory: string;
  readonly environment: Readonly<Record<string, string>>;
}

/**
 * Ask once.
 * @returns what is wrong, in words; null when nothing is
 */
export async function probe(
  target: ProbeTarget,
  timeoutMs: number,
  context: ProbeContext,
): Promise<string | null> {
  const fault = context.processFault();
  if (fault !== null || target.type === "process") return fault;
  try {
    if (target.type === "http") return await (await import("./http.ts")).httpFault(target.http!, timeoutMs);
    if (target.type === "tcp") return await (await import("./tcp.ts")).tcpFault(target.tcp!, timeoutMs);
    if (target.type === "grpc") return await (await import("./grpc.ts")).grpcFault(target.grpc!, timeoutMs);
    return await (await import("./exec.ts")).execFault(target.exec!.command, timeoutMs, context);
  } catch (error) {
    return (error as Error).message;
  }
}
