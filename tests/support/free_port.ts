import { createServer } from "node:net";
import process from "node:process";

/** Below what the kernel gives out by itself (ip_local_port_range, ip(7)): nobody is given it meanwhile. */
const [FIRST, LAST] = [10_000, 32_000];
let next = FIRST + (process.pid * 17) % (LAST - FIRST);

/** A port of this machine that nobody listens on just now; tests that run beside this one look elsewhere for theirs. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = next++;
    if (next > LAST) next = FIRST;
    if (await isFree(port)) return port;
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  const isListening = await new Promise<boolean>((resolve) => {
    server.once("error", () => resolve(false)).listen(port, "127.0.0.1", () => resolve(true));
  });
  if (isListening) await new Promise((resolve) => server.close(resolve));
  return isListening;
}
