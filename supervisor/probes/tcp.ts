import { connect } from "node:net";
import { networkFault } from "./network_fault.ts";

/** Whether somebody accepts a connection; what is wrong, or null. */
export function tcpFault(
  { host, port }: { host: string; port: number },
  timeoutMs: number,
): Promise<string | null> {
  const place = `${host}:${port}`;
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const end = (fault: string | null) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(fault);
    };
    const timer = setTimeout(() => end(`${place}: no connection within ${timeoutMs} ms`), timeoutMs);
    socket.on("connect", () => end(null));
    socket.on("error", (error) => end(`${place}: ${networkFault(error)}`));
  });
}
