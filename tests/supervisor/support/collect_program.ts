/*
 * usage: collect_program.ts DIRECTORY [SCRIPT]: collects the logs of a process called "web", starting it with a script
 * or taking up what an earlier one has started; until it is killed, or its standard input ends. Rotates early.
 */
import process from "node:process";
import { ProcessGroup } from "../../../group/process_group.ts";
import { logService, openLogs, startScript } from "./logs.ts";

const [directory, script] = process.argv.slice(2);
const service = await logService(directory);
const rotation = { max_size: "40K", max_files: 10_000, compress: false };
const outputs = {
  combined: [
    { type: "file", path: "web.log", format: "plain", rotation },
    {
      type: "file",
      path: "web.json",
      format: "json",
      rotation: { ...rotation, max_size: "30K", compress: true },
    },
  ],
};
const logs = openLogs(service, "web", { outputs });
if (script !== undefined) {
  const group = await ProcessGroup.create({ onOwnerDeath: "keep" });
  const running = startScript(logs, group, script);
  process.stdout.write(`${JSON.stringify({ pid: running.pid, saved: group.save() })}\n`);
}
process.stdin.on("end", async () => {
  await logs.ended();
  await service.close();
  process.exit(0);
});
process.stdin.resume();
