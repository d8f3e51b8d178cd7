/*
 * usage: manage_program.ts PORT STORE [MQTT_VERSION]: a manager that tells how far it is with the domain
 * "fleet", and which units are its own. STORE is a directory, or a database that it shares with others; these have
 * alerts by the variable PROCTOR_TEST_ALERTS, and one of them tells the receiver of remote write that
 * PROCTOR_TEST_FORWARD names; more rules are in PROCTOR_TEST_RULES. It reads the channels of PROCTOR_TEST_CHANNELS
 * alone, where there are some, its clock is PROCTOR_TEST_CLOCK_MS ahead, and it seals all PROCTOR_TEST_SEAL_MS.
 */
import process from "node:process";
import { AlertBook } from "../../../fleet/alert/alert_book.ts";
import { notifierSchema } from "../../../fleet/alert/notify/notifier_schema.ts";
import { ruleSchema } from "../../../fleet/alert/rules/rule_schema.ts";
import { Forwarding } from "../../../fleet/forward/forwarding.ts";
import { forwardSchema } from "../../../fleet/forward/forward_schema.ts";
import { openDestination } from "../../../fleet/forward/open_destination.ts";
import { Manager } from "../../../fleet/manager.ts";
import type { ManagerParts } from "../../../fleet/manager.ts";
import { brokerToRead } from "../../../fleet/mqtt/broker.ts";
import { SharedManager } from "../../../fleet/share/shared_manager.ts";
import { openShared } from "../../../fleet/store/postgres/open.ts";
import { openDirectory } from "../../../fleet/store/sqlite/open.ts";

const aheadMs = Number(process.env.PROCTOR_TEST_CLOCK_MS ?? 0);
const wall = Date.now;
if (aheadMs !== 0) Date.now = () => wall() + aheadMs;
const channels = process.env.PROCTOR_TEST_CHANNELS?.split(",");
const [port, place, version = "5"] = process.argv.slice(2);
const tier = { days: 14, bytes: null };
const parts: Omit<ManagerParts, "store"> = {
  session: {
    broker: brokerToRead(
      { mqtt: `mqtt://127.0.0.1:${port}`, mqtt_version: version === "5" ? "5" : "3.1.1" },
      {},
    ),
    clientId: "proctor-manager-test",
  },
  brokerName: "the broker",
  units: channels?.map((channel) => ({ domain: "fleet", channel })) ?? null,
  retention: { raw: tier, fiveMinutes: tier, hours: tier, runs: { days: 14 } },
  say: (level, line) => {
    if (level === "error" || process.env.PROCTOR_TEST_SAY) console.error(`${process.pid} ${level} ${line}`);
  },
  sealEveryMs: Number(process.env.PROCTOR_TEST_SEAL_MS ?? 150),
};
let forwarding: Forwarding | undefined;
const manager = await open();
manager.start();
const telling = setInterval(() => {
  const tasks = [...manager.state.tasks.values()];
  const times = tasks.filter(({ agent }) => agent.unit.startsWith("fleet/")).map(({ lastTime }) => lastTime);
  const own = [...manager.units()].filter(({ state, isOfOther }) => state === "subscribed" && !isOfOther);
  const held = own.map(({ unit }) => unit);
  const isForwarding = (forwarding?.reports().length ?? 0) > 0;
  const least = Math.min(...times);
  console.log(JSON.stringify({ all: tasks.length, tasks: times.length, least, held, isForwarding }));
}, 50);
process.on("SIGTERM", () => {
  clearInterval(telling);
  void manager.close();
});

async function open(): Promise<Manager | SharedManager> {
  if (!place.includes("://")) return await Manager.open({ ...parts, store: await openDirectory(place) });
  const shared = await openShared(place, (line) => console.error(line));
  const manager = await SharedManager.open({ ...parts, ...shared });
  const receiver = process.env.PROCTOR_TEST_FORWARD;
  if (receiver !== undefined) {
    const destination = openDestination(forwardSchema.parse({ remote_write: receiver }));
    forwarding = new Forwarding([{ destination, units: null }], {
      ...{ view: manager.state, keptMs: 14 * 86_400_000, now: manager.now, say: parts.say },
    });
    manager.addHouseTask(forwarding);
  }
  const written = process.env.PROCTOR_TEST_ALERTS;
  if (written === undefined) return manager;
  const { rules, notifiers } = JSON.parse(written) as Record<string, unknown[]>;
  const book = await AlertBook.open({
    view: manager.state,
    store: shared.store,
    rules: [...rules, ...JSON.parse(process.env.PROCTOR_TEST_RULES ?? "[]")].map((rule) =>
      ruleSchema.parse(rule)
    ),
    notifiers: notifiers.map((notifier) => notifierSchema.parse(notifier)),
    now: manager.now,
    say: (line) => parts.say("warn", line),
    everyMs: 200,
    isShared: true,
  });
  manager.addHouseTask({ begin: (store, isOurs) => book.lead(store, isOurs), end: () => book.rest() });
  manager.addRefresh(() => book.refresh());
  return manager;
}
