import { parseDuration } from "../../core/duration.ts";
import type { LaunchRule } from "../definition.ts";
import type { ExecContext } from "../health/probes/exec.ts";

/**
 * Ask a service to stop in its own words; whether it has understood.
 * @param signal ends the asking, and whatever it has started
 */
export async function sendStopRequest(
  request: NonNullable<LaunchRule["stopRequest"]>,
  context: ExecContext,
  signal: AbortSignal,
): Promise<boolean> {
  const timeoutMs = parseDuration(request.timeout, "timeout");
  try {
    if (request.type === "http") {
      const { httpFault } = await import("../health/probes/http.ts");
      return await httpFault(request.http!, timeoutMs, signal) === null;
    }
    if (request.type === "grpc") {
      const { callGrpc } = await import("../health/probes/grpc.ts");
      await callGrpc(request.grpc!, request.grpc!.method, new Uint8Array(), timeoutMs, signal);
      return true;
    }
    const { asNamed, execFault } = await import("../health/probes/exec.ts");
    return await execFault(request.exec!.command, timeoutMs, asNamed(context, request.exec!), signal) ===
      null;
  } catch {
    return false;
  }
}
