import { parseDuration } from "../core/duration.ts";
import type { LaunchRule } from "./definition.ts";
import type { ExecContext } from "./probes/exec.ts";

/** Ask a service to stop in its own words; whether it has understood. */
export async function sendStopRequest(
  request: NonNullable<LaunchRule["stopRequest"]>,
  context: ExecContext,
): Promise<boolean> {
  const timeoutMs = parseDuration(request.timeout, "timeout");
  try {
    if (request.type === "http") {
      const { httpFault } = await import("./probes/http.ts");
      return await httpFault(request.http!, timeoutMs) === null;
    }
    if (request.type === "grpc") {
      const { callGrpc } = await import("./probes/grpc.ts");
      await callGrpc(request.grpc!, request.grpc!.method, new Uint8Array(), timeoutMs);
      return true;
    }
    const { execFault } = await import("./probes/exec.ts");
    return await execFault(request.exec!.command, timeoutMs, context) === null;
  } catch {
    return false;
  }
}
