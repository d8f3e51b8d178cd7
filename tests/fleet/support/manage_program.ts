/* usage: manage_program.ts PORT DIRECTORY SEAL_MS: a manager that tells how far it is with the domain "fleet". */
import process from "node:process";
import { Manager } from "../../../fleet/manager.ts";
import { brokerToRead } from "../../../fleet/mqtt/broker.ts";
import { openDirectory } from "../../../fleet/store/sqlite/open.ts";

const [port, directory, sealMs] = process.argv.slice(2);
const tier = { days: 14, bytes: null };
const manager = await Manager.open({
  store: await openDirectory(directory),
  session: {
    broker: brokerToRead({ mqtt: `mqtt://127.0.0.1:${port}`, mqtt_version: "5" }, {}),
    clientId: "proctor-manager-test",
  },
  brokerName: "the broker",
  units: null,
  retention: { raw: tier, fiveMinutes: tier, hours: tier, runs: { days: 14 } },
  say: (level, line) => level === "info" || console.error(`${level} ${line}`),
  sealEveryMs: Number(sealMs),
});
manager.start();
const telling = setInterval(() => {
  const tasks = [...manager.state.tasks.values()];
  const times = tasks.filter(({ agent }) => agent.unit.startsWith("fleet/")).map(({ lastTime }) => lastTime);
  console.log(JSON.stringify({ all: tasks.length, tasks: times.length, least: Math.min(...times) }));
}, 50);
process.on("SIGTERM", () => {
  clearInterval(telling);
  void manager.close();
});
