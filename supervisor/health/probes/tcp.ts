import { connect } from "node:net";
import { ABORTED, networkFault } from "./network_fault.ts";

/** Whether somebody accepts a connection; what is wrong, or null. */
export function tcpFault(
  { host, port }: { host: string; port: number },
  timeoutMs: number,
  signal?: AbortSignal,
): Promise<string | null> {
  const place = `${host}:${port}`;
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const end = (fault: string | null) => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", abort);
      socket.destroy();
      resolve(fault);
    };
    const timer = setTimeout(() => end(`${place}: no connection within ${timeoutMs} ms`), timeoutMs);
    const abort = () => end(ABORTED);
    signal?.addEventListener("abort", abort);
    socket.on("error", (error) => end(`${place}: ${networkFault(error)}`));
    if (signal?.aborted) return abort();
    socket.on("connect", () => end(null));
  });
}
