/*
 * usage: fake_program.ts SOCKET: serves the API of a fake supervisor with some processes, until it is shut down or
 * its input ends.
 */
import process from "node:process";
import { ApiServer } from "../../../supervisor/api/serve.ts";
import { FakeControl, logLine } from "./fake_control.ts";

const control = new FakeControl();
control.put({
  id: "db",
  state: "backoff",
  pid: null,
  restarts: 5,
  uptime_seconds: null,
  cpu_percent: null,
  memory_bytes: null,
  process_count: null,
  health: null,
  reason: "it exited with code 1 after 0.2 s, for the fifth time; it is tried again in 8 s",
});
control.put({ id: "legacy", type: "unmanaged", health: "unknown" });
control.lines.set("web", [logLine("one"), logLine("tw\x1b[2Jo", "stderr")]);
control.lines.set("db", [logLine("WARN three", "stdout", "db")]);
control.emit({ reason: "it was started" });
control.emit({ id: "db", from: "running", to: "backoff", pid: null, reason: "it exited with code 1" });
const api = await ApiServer.open(control, { socket: process.argv[2] });
process.stdout.write("ready\n");
const shutdown = control.shutdown.bind(control);
control.shutdown = async () => {
  await shutdown();
  setTimeout(end, 50);
};
process.stdin.on("end", end).resume();

async function end(): Promise<void> {
  await api.close();
  process.exit(0);
}
