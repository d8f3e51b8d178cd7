import { withoutCredentials } from "../../exporters/settings.ts";
import { openAlerts } from "../../fleet/alert/alert_book.ts";
import { Manager } from "../../fleet/manager.ts";
import { brokerToRead } from "../../fleet/mqtt/broker.ts";
import { openDirectory } from "../../fleet/store/sqlite/open.ts";
import type { Retention } from "../../fleet/store/contract.ts";
import { loadPlatform } from "../../platform/mod.ts";
import { SignalQueue } from "../supervise/signal_queue.ts";
import { onStandardError, OwnLog } from "../supervise/own_lines.ts";
import type { ManagerSettings } from "./settings.ts";

/** Manage to the end; the exit code. */
export async function runManager({ config, directory }: ManagerSettings): Promise<number> {
  const platform = await loadPlatform();
  const { tell } = new OwnLog(onStandardError(undefined));
  const signals = new SignalQueue(platform.terminalSignals);
  const ended = new Promise<void>((resolve) => {
    signals.take((signal) => {
      if (signal !== "SIGHUP") resolve();
    });
  });
  const store = await openDirectory(directory);
  tell("info", `everything is kept in ${store.place}`);
  const manager = await Manager.open({
    store,
    session: { broker: brokerToRead(config, process.env), clientId: `proctor-manager-${config.group}` },
    brokerName: withoutCredentials(config.mqtt),
    units: config.units ?? null,
    retention: retentionOf(config.retention),
    say: tell,
  });
  manager.start();
  const alerts = await openAlerts({
    ...{ view: manager.state, store, rules: config.alerts, notifiers: config.notifiers, now: Date.now },
    say: (line) => tell("warn", line),
  });
  alerts.start();
  await ended;
  await alerts.stop();
  await manager.close();
  return 0;
}

function retentionOf({ raw, five_minutes, hours, runs }: ManagerSettings["config"]["retention"]): Retention {
  const tier = ({ age, size }: { age: number; size?: number }) => ({ days: age, bytes: size ?? null });
  return { raw: tier(raw), fiveMinutes: tier(five_minutes), hours: tier(hours), runs: { days: runs.age } };
}
