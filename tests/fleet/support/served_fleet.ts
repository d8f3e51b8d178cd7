/* A manager's API over a fleet of two domains, at a port. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AlertBook } from "../../../fleet/alert/alert_book.ts";
import { ruleSchema } from "../../../fleet/alert/rules/rule_schema.ts";
import type { Grant } from "../../../fleet/api/access/grant.ts";
import type { UnitIngest } from "../../../fleet/api/ingest_report.ts";
import { GIVEN, keptOrders } from "../../../fleet/control/kept_orders.ts";
import { AdaptiveSampling } from "../../../fleet/control/adaptive_sampling.ts";
import { FleetServer } from "../../../fleet/api/serve.ts";
import type { FleetServeOptions } from "../../../fleet/api/serve.ts";
import { FleetQuery } from "../../../fleet/query/fleet_query.ts";
import { ask } from "../../supervisor/support/http.ts";
import type { Answer, Ask } from "../../supervisor/support/http.ts";
import { DAY_START, HOUR, QueryFleet, sampleOf } from "./query_fleet.ts";

/** A word in every name of the foreign domain: no answer to anybody else may have it. */
export const SECRET = "zanzibar";
export const NOW = DAY_START + 6 * HOUR;

const tier = { days: 14, bytes: null };
const RETENTION = { raw: tier, fiveMinutes: tier, hours: tier, runs: { days: 1_825 } };

const ingestOf = (unit: UnitIngest["unit"], reason: string): UnitIngest => ({
  unit,
  state: "subscribed",
  why: null,
  messages: 12,
  samples: 120,
  bytes: 4_000,
  messagesPerSecond: 0.2,
  samplesPerSecond: 2,
  lagSeconds: 0.5,
  refused: [{ propletId: `${reason}-agent`, reason, count: 3, lastAt: NOW }],
});

/** Two hosts of `factory/one`, and one of a domain that others must not see. */
function twoDomains(): QueryFleet {
  const fleet = new QueryFleet();
  const press = fleet.addAgent("factory/one", "press");
  const oven = fleet.addAgent("factory/one", "oven");
  const spy = fleet.addAgent(`${SECRET}/one`, `${SECRET}-agent`, {
    labels: { [SECRET]: SECRET },
    presenceSince: NOW - 1_000,
  });
  const facts = { target: SECRET, name: `${SECRET}-name`, stateSince: NOW - 1_000 };
  const tasks = [
    fleet.addTask(press, "mill", { target: "mill" }),
    fleet.addTask(press, ""),
    fleet.addTask(oven, "mill"),
    fleet.addTask(spy, `${SECRET}-task`, facts),
    fleet.addTask(spy, ""),
  ];
  tasks.forEach((task, at) => {
    const samples = Array.from({ length: 360 }, (_, minute) =>
      sampleOf(DAY_START + minute * 60_000, {
        cpu_seconds: (at + 1) * minute,
        cpu_percent: 10 * at,
        memory_bytes: 1_000 + minute,
      }, minute === 0));
    fleet.take(task, samples.slice(0, 300));
    fleet.store.runRows.push({
      task: task.id,
      started: DAY_START,
      ended: NOW - HOUR,
      state: "ended",
      error: at > 2 ? SECRET : null,
      figures: { cpu_seconds: at },
      quality: {},
    });
    fleet.seal();
    fleet.take(task, samples.slice(300));
  });
  fleet.makeHours(DAY_START + 4 * HOUR);
  return fleet;
}

/** The API of a fleet, and how to ask it. */
export class ServedFleet implements AsyncDisposable {
  private constructor(
    readonly server: FleetServer,
    readonly fleet: QueryFleet,
    readonly directory: string,
    readonly clock: { now: number },
    readonly broker: { hindrance: string | null },
    readonly alerts: AlertBook,
  ) {}

  static async open(fleet = twoDomains(), options: Partial<FleetServeOptions> = {}): Promise<ServedFleet> {
    const directory = mkdtempSync(join(tmpdir(), "proctor-fleet-"));
    const [clock, broker] = [{ now: NOW }, { hindrance: null }];
    const now = () => clock.now;
    const alerts = await AlertBook.open({
      view: fleet,
      store: fleet.store,
      rules: [ruleSchema.parse({ alert: "high", of: "task", when: "memory_bytes > 1" })],
      notifiers: [],
      now,
      say: () => {},
    });
    const profiles = new AdaptiveSampling({
      ...{ view: fleet, store: fleet.store, now },
      newPost: () => ({ open: () => {}, put: () => {}, close: () => Promise.resolve() }),
      tellKey: () => {},
      rules: { intervalMs: 1_000, lastsMs: 300_000, mostAgents: 100 },
      troubled: () => [],
      say: () => {},
    });
    // Every task is in trouble, of hosts too.
    profiles.orders.plan(fleet, fleet.tasks.keys(), NOW, 1);
    // As another manager has written them down, which is where they are read from here.
    await fleet.store.saveDocuments("control", new Map([[GIVEN, keptOrders(profiles.orders.given)]]));
    const server = await FleetServer.open(
      {
        view: fleet,
        query: new FleetQuery(fleet, fleet.store, now),
        store: fleet.store,
        ingest: {
          get hindrance() {
            return broker.hindrance;
          },
          clockAheadMs: 0,
          units: () => [ingestOf("factory/one", "torn"), ingestOf(`${SECRET}/one`, SECRET)],
        },
        forwarding: {
          reports: () => [{
            ...{ destination: `http://${SECRET}/write`, sent: 1, dropped: 0, failed: 0, waiting: 0 },
            ...{ isCatchingUp: false, why: null },
          }],
        },
        retention: RETENTION,
        alerts,
        profiles,
        now,
      },
      { host: "127.0.0.1", port: 0, tls: null, allowPlain: false, directory, files: null, ...options },
    );
    return new ServedFleet(server, fleet, directory, clock, broker, alerts);
  }

  /** The token of this machine's own user. */
  get token(): string {
    return readFileSync(this.server.tokenFile, "utf8").trim();
  }

  /** Ask as the user of this machine, or with another token; null: with none. */
  ask(path: string, options: Ask = {}, token: string | null = this.token): Promise<Answer> {
    const bearer: Record<string, string> = token === null ? {} : { authorization: `Bearer ${token}` };
    return ask(this.server.address, path, { ...options, headers: { ...bearer, ...options.headers } });
  }

  async makeToken(...grants: Partial<Grant>[]): Promise<string> {
    const { status, text, json } = await this.ask("/api/v1/tokens", {
      method: "POST",
      body: { name: "t", grants },
    });
    if (status !== 201) throw new Error(text);
    return json.token;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server.close();
    await this.alerts.stop();
    rmSync(this.directory, { recursive: true });
  }
}
