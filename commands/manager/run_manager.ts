import { ProctorError } from "../../core/error.ts";
import { compileSoon } from "../../ffi/mod.ts";
import { withoutCredentials } from "../../exporters/settings.ts";
import { AlertBook } from "../../fleet/alert/alert_book.ts";
import { FleetServer } from "../../fleet/api/serve.ts";
import { AdaptiveSampling } from "../../fleet/control/adaptive_sampling.ts";
import type { AdaptiveParts } from "../../fleet/control/adaptive_sampling.ts";
import { OrderPost } from "../../fleet/control/order_post.ts";
import { Forwarding } from "../../fleet/forward/forwarding.ts";
import { Manager } from "../../fleet/manager.ts";
import type { ManagerParts } from "../../fleet/manager.ts";
import type { Say } from "../../fleet/say.ts";
import { FleetQuery } from "../../fleet/query/fleet_query.ts";
import type { HouseTask } from "../../fleet/share/house.ts";
import { SharedManager } from "../../fleet/share/shared_manager.ts";
import { openDirectory } from "../../fleet/store/sqlite/open.ts";
import { DAY_MS } from "../../fleet/store/hour_of.ts";
import type { Retention, Store } from "../../fleet/store/contract.ts";
import type { Shares } from "../../fleet/store/shares.ts";
import { isTerminal } from "../../io/terminal/output.ts";
import { reasonOf } from "../../io/errno_words.ts";
import { loadPlatform, takePrivateDirectory } from "../../platform/mod.ts";
import { fleetPage } from "../../render/page/fleet_page.ts";
import { dropAfterStart } from "../drop_pages.ts";
import { SignalQueue } from "../supervise/signal_queue.ts";
import { onStandardError, OwnLog } from "../supervise/own_lines.ts";
import type { ManagerSettings } from "./settings.ts";

/** Manage to the end; the exit code. */
export async function runManager(settings: ManagerSettings): Promise<number> {
  compileSoon();
  const { broker, config, directory, http, tls, providers } = settings;
  const platform = await loadPlatform();
  dropAfterStart(platform.dropProgramPagesFinely);
  const { tell } = new OwnLog(onStandardError(undefined));
  const signals = new SignalQueue(platform.terminalSignals);
  const { store, shares } = await openStore(settings, (line) => tell("warn", line));
  const closing: (() => Promise<void>)[] = [() => store.close()];
  const end = new AbortController();
  let hangUp = () => {};
  signals.take((signal) => signal === "SIGHUP" ? hangUp() : end.abort());
  try {
    tell("info", `everything is kept in ${store.place}`);
    const retention = retentionOf(config.retention);
    const parts: ManagerParts = {
      ...{ store, retention, say: tell },
      session: { broker, clientId: `proctor-manager-${config.group}` },
      brokerName: withoutCredentials(config.mqtt),
      units: config.units ?? null,
    };
    const shared = shares && await SharedManager.open({ ...parts, shares });
    const manager = shared ?? await Manager.open(parts);
    // It closes the store, when nothing needs it any more.
    closing[0] = () => manager.close();
    const { state: view, now } = manager;
    const query = new FleetQuery(view, store, now);
    let address: string | null = null;
    const alerts = await AlertBook.open({
      ...{ view, store, now, rules: config.alerts, notifiers: config.notifiers },
      say: (line) => tell("warn", line),
      linkTo: () => address && `${address}/#/alerts`,
      isShared: shared !== null,
      origin: shared && settings.origin,
    });
    const profiles = adaptiveSampling(settings, { view, store, now }, alerts, tell);
    const keptMs = retention.raw.days * DAY_MS;
    const forwarding = new Forwarding(settings.forwards, { view, now, keptMs, say: tell });
    // What one manager does for all: where several share a store, whoever has the house does it.
    const tasks: HouseTask[] = [...profiles ? [profiles] : [], forwarding];
    if (shared) closing.push(() => alerts.leave());
    else closing.push(() => alerts.stop(), ...tasks.map((task) => () => task.end()));
    const traceUrl = config.trace_url ?? null;
    const apiParts = {
      ...{ view, query, store, retention, alerts, now, ingest: manager },
      ...{ profiles, forwarding, traceUrl },
    };
    const server = await FleetServer.open(apiParts, {
      ...{ ...http, directory, files: fleetPage(), allowPlain: config.http_plain },
      ...{ tls, providers, trustedProxies: config.http_trusted_proxies },
      ...(config.http_url !== undefined && { url: config.http_url }),
    });
    closing.push(() => server.close());
    address = config.http_url ?? server.address;
    const link = isTerminal(2) ? server.makeLink() : null;
    tell("info", `the API and the page are at ${server.address}; its token is in ${server.tokenFile}`);
    if (link !== null) tell("info", `this link lets one browser in, once: ${link}`);
    if (shared) {
      shared.addHouseTask({ begin: (store, isOurs) => alerts.lead(store, isOurs), end: () => alerts.rest() });
      for (const task of tasks) shared.addHouseTask(task);
      shared.addRefresh(() => alerts.refresh());
      shared.addRefresh(() => server.access.refresh());
    } else {
      alerts.start();
      for (const task of tasks) await task.begin(store, () => true);
    }
    manager.start();
    hangUp = () => {
      try {
        server.renewTls();
      } catch (error) {
        tell("error", `${(error as Error).message}; the certificate is as it was`);
      }
    };
    await aborted(end.signal);
    return 0;
  } finally {
    // What one of them cannot write keeps the others from nothing.
    for (const close of closing.reverse()) {
      await close().catch((error: Error) => tell("error", error.message));
    }
  }
}

function adaptiveSampling(
  { config: { adaptive, group }, broker }: ManagerSettings,
  parts: Pick<AdaptiveParts, "view" | "store" | "now">,
  alerts: AlertBook,
  tell: Say,
): AdaptiveSampling | null {
  if (!adaptive) return null;
  return new AdaptiveSampling({
    ...parts,
    tellKey: (key) =>
      tell("info", `agents that are to be asked for denser samples are given --mqtt-control ${key}`),
    newPost: () =>
      new OrderPost(
        broker,
        `proctor-manager-${group}-orders`,
        (line) => tell("warn", `adaptive: ${line}`),
      ),
    rules: { intervalMs: adaptive.interval, lastsMs: adaptive.lasts, mostAgents: adaptive.hosts },
    troubled: () => alerts.troubledTasks(),
    say: (line) => tell("error", line),
  });
}

/** Open the store of a manager. @throws ProctorError */
export async function openStore(
  { directory, database }: Pick<ManagerSettings, "directory" | "database">,
  say: (line: string) => void,
): Promise<{ readonly store: Store; readonly shares: Shares | null }> {
  if (!database) return { store: await openDirectory(directory, say), shares: null };
  try {
    takePrivateDirectory(directory, () => true);
  } catch (error) {
    throw new ProctorError("system", `state_dir: ${directory} cannot be used: ${reasonOf(error)}`);
  }
  const { openShared } = await import("../../fleet/store/postgres/open.ts");
  return await openShared(database.url, say, database.password);
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
