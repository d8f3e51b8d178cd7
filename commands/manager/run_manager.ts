import { usageError } from "../../core/error.ts";
import { withoutCredentials } from "../../exporters/settings.ts";
import { AlertBook } from "../../fleet/alert/alert_book.ts";
import { FleetServer } from "../../fleet/api/serve.ts";
import { Manager } from "../../fleet/manager.ts";
import { brokerToRead } from "../../fleet/mqtt/broker.ts";
import { FleetQuery } from "../../fleet/query/fleet_query.ts";
import { openDirectory } from "../../fleet/store/sqlite/open.ts";
import type { Retention } from "../../fleet/store/contract.ts";
import { isTerminal } from "../../io/terminal/output.ts";
import { loadPlatform } from "../../platform/mod.ts";
import { fleetPage } from "../../render/page/fleet_page.ts";
import { SignalQueue } from "../supervise/signal_queue.ts";
import { onStandardError, OwnLog } from "../supervise/own_lines.ts";
import type { ManagerSettings } from "./settings.ts";

/** Manage to the end; the exit code. */
export async function runManager({ config, directory, http }: ManagerSettings): Promise<number> {
  const broker = brokerToRead(config, process.env);
  const platform = await loadPlatform();
  const { tell } = new OwnLog(onStandardError(undefined));
  const signals = new SignalQueue(platform.terminalSignals);
  const store = await openDirectory(directory, (line) => tell("warn", line));
  const closing: (() => Promise<void>)[] = [() => store.close()];
  try {
    tell("info", `everything is kept in ${store.place}`);
    const retention = retentionOf(config.retention);
    const manager = await Manager.open({
      ...{ store, retention, say: tell },
      session: { broker, clientId: `proctor-manager-${config.group}` },
      brokerName: withoutCredentials(config.mqtt),
      units: config.units ?? null,
    });
    // It closes the store, when nothing needs it any more.
    closing[0] = () => manager.close();
    const [view, now] = [manager.state, Date.now];
    const query = new FleetQuery(view, store, now);
    let address: string | null = null;
    const alerts = await AlertBook.open({
      ...{ view, store, now, rules: config.alerts, notifiers: config.notifiers },
      say: (line) => tell("warn", line),
      linkTo: () => address && `${address}/#/alerts`,
    });
    closing.push(() => alerts.stop());
    const server = await FleetServer.open({ view, query, store, retention, alerts, now, ingest: manager }, {
      ...{ ...http, directory, files: fleetPage(), allowPlain: config.http_plain },
      tls: tlsOf(config),
    });
    closing.push(() => server.close());
    address = server.address;
    const link = isTerminal(2) ? server.makeLink() : null;
    tell("info", `the API and the page are at ${server.address}; its token is in ${server.tokenFile}`);
    if (link !== null) tell("info", `this link lets one browser in, once: ${link}`);
    manager.start();
    alerts.start();
    await ended(signals, () => {
      try {
        server.renewTls();
      } catch (error) {
        tell("error", `${(error as Error).message}; the certificate is as it was`);
      }
    });
    return 0;
  } finally {
    for (const close of closing.reverse()) await close();
  }
}

/** Resolves when we are to end. @param hangUp is done on SIGHUP, which is no end */
function ended(signals: SignalQueue, hangUp: () => void): Promise<void> {
  return new Promise((resolve) => {
    signals.take((signal) => signal === "SIGHUP" ? hangUp() : resolve());
  });
}

function tlsOf({ http_cert: cert, http_key: key }: ManagerSettings["config"]) {
  if (cert === undefined && key === undefined) return null;
  if (cert !== undefined && key !== undefined) return { cert, key };
  throw usageError(
    `${cert === undefined ? "http_key" : "http_cert"}: certificate and key belong together; write both`,
  );
}

function retentionOf({ raw, five_minutes, hours, runs }: ManagerSettings["config"]["retention"]): Retention {
  const tier = ({ age, size }: { age: number; size?: number }) => ({ days: age, bytes: size ?? null });
  return { raw: tier(raw), fiveMinutes: tier(five_minutes), hours: tier(hours), runs: { days: runs.age } };
}
