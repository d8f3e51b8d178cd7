import { ProctorError } from "../../core/error.ts";
import { compileSoon } from "../../ffi/mod.ts";
import { withoutCredentials } from "../../exporters/settings.ts";
import { AlertBook } from "../../fleet/alert/alert_book.ts";
import { FleetServer } from "../../fleet/api/serve.ts";
import { Forwarder } from "../../fleet/forward/forwarder.ts";
import { Manager } from "../../fleet/manager.ts";
import { FleetQuery } from "../../fleet/query/fleet_query.ts";
import { openDirectory } from "../../fleet/store/sqlite/open.ts";
import { DAY_MS } from "../../fleet/state/sealer.ts";
import { Tenure } from "../../fleet/tenure.ts";
import type { Retention, Store } from "../../fleet/store/contract.ts";
import { isTerminal } from "../../io/terminal/output.ts";
import { reasonOf } from "../../io/errno_words.ts";
import { loadPlatform, takePrivateDirectory } from "../../platform/mod.ts";
import { fleetPage } from "../../render/page/fleet_page.ts";
import { SignalQueue } from "../supervise/signal_queue.ts";
import { onStandardError, OwnLog } from "../supervise/own_lines.ts";
import type { ManagerSettings } from "./settings.ts";

/** Manage to the end; the exit code. */
export async function runManager(settings: ManagerSettings): Promise<number> {
  compileSoon();
  const { broker, config, directory, http, tls } = settings;
  const platform = await loadPlatform();
  const { tell } = new OwnLog(onStandardError(undefined));
  const signals = new SignalQueue(platform.terminalSignals);
  const store = await openStore(settings, (line) => tell("warn", line));
  const closing: (() => Promise<void>)[] = [() => store.close()];
  const end = new AbortController();
  let hangUp = () => {};
  signals.take((signal) => signal === "SIGHUP" ? hangUp() : end.abort());
  try {
    tell("info", `everything is kept in ${store.place}`);
    if (settings.database) {
      const tenure = await Tenure.begin(store, {
        signal: end.signal,
        say: tell,
        lost: () => end.abort(new ProctorError("system", `another manager has taken ${store.place} over`)),
      });
      if (!tenure) return 0;
      closing.push(() => tenure.end());
    }
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
    const forwarders: Forwarder[] = [];
    for (const { destination, units } of settings.forwards) {
      const forwarder = await Forwarder.open({
        ...{ view, store, destination, now, say: tell },
        isWanted: ({ unit }) => units === null || units.has(unit),
        keptMs: retention.raw.days * DAY_MS,
      });
      closing.push(() => forwarder.close());
      forwarders.push(forwarder);
    }
    const parts = { view, query, store, retention, alerts, now, ingest: manager, forwarders };
    const server = await FleetServer.open(parts, {
      ...{ ...http, directory, files: fleetPage(), allowPlain: config.http_plain },
      tls,
    });
    closing.push(() => server.close());
    address = server.address;
    const link = isTerminal(2) ? server.makeLink() : null;
    tell("info", `the API and the page are at ${server.address}; its token is in ${server.tokenFile}`);
    if (link !== null) tell("info", `this link lets one browser in, once: ${link}`);
    for (const forwarder of forwarders) forwarder.start();
    manager.start();
    alerts.start();
    hangUp = () => {
      try {
        server.renewTls();
      } catch (error) {
        tell("error", `${(error as Error).message}; the certificate is as it was`);
      }
    };
    await aborted(end.signal);
    if (end.signal.reason instanceof ProctorError) throw end.signal.reason;
    return 0;
  } finally {
    // What one of them cannot write keeps the others from nothing.
    for (const close of closing.reverse()) {
      await close().catch((error: Error) => tell("error", error.message));
    }
  }
}

/** Open the store of a manager. @throws ProctorError */
export async function openStore(
  { directory, database }: Pick<ManagerSettings, "directory" | "database">,
  say: (line: string) => void,
): Promise<Store> {
  if (!database) return await openDirectory(directory, say);
  try {
    takePrivateDirectory(directory, () => true);
  } catch (error) {
    throw new ProctorError("system", `state_dir: ${directory} cannot be used: ${reasonOf(error)}`);
  }
  const { openPostgres } = await import("../../fleet/store/postgres/open.ts");
  return await openPostgres(database.url, say, database.password);
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

function retentionOf({ raw, five_minutes, hours, runs }: ManagerSettings["config"]["retention"]): Retention {
  const tier = ({ age, size }: { age: number; size?: number }) => ({ days: age, bytes: size ?? null });
  return { raw: tier(raw), fiveMinutes: tier(five_minutes), hours: tier(hours), runs: { days: runs.age } };
}
