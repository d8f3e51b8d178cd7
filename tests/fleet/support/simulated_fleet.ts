/* A manager's state, store and API, filled with what simulated agents publish; no broker is between them. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fleetMessages } from "../../../bench/fleet/simulator/fleet.ts";
import { SMALL_FLEET } from "../../../bench/fleet/simulator/plan.ts";
import type { FleetPlan } from "../../../bench/fleet/simulator/plan.ts";
import { AlertBook } from "../../../fleet/alert/alert_book.ts";
import { ruleSchema } from "../../../fleet/alert/rules/rule_schema.ts";
import type { IngestReport } from "../../../fleet/api/ingest_report.ts";
import { FleetServer } from "../../../fleet/api/serve.ts";
import type { FleetServeOptions } from "../../../fleet/api/serve.ts";
import { Intake } from "../../../fleet/ingest/intake.ts";
import { FleetQuery } from "../../../fleet/query/fleet_query.ts";
import { lookForAbsent } from "../../../fleet/state/absence.ts";
import { FleetState } from "../../../fleet/state/fleet_state.ts";
import { ReservedNumbers } from "../../../fleet/state/numbers.ts";
import { Sealer } from "../../../fleet/state/sealer.ts";
import { openDirectory } from "../../../fleet/store/sqlite/open.ts";
import type { Store } from "../../../fleet/store/contract.ts";
import { fleetPage } from "../../../render/page/fleet_page.ts";

const tier = { days: 14, bytes: null };
const RETENTION = { raw: tier, fiveMinutes: tier, hours: tier, runs: { days: 1_825 } };

/** A fleet to fill a manager with. */
export interface SimulatedFleetOptions {
  readonly plan?: Partial<FleetPlan>;
  /** How long it has been publishing until now, ms. */
  readonly forMs?: number;
  /** Rules of alerts, as they are written in a file. */
  readonly rules?: readonly Readonly<Record<string, unknown>>[];
  readonly serve?: Partial<FleetServeOptions>;
  /** How taking in goes, where somebody asks. */
  readonly ingest?: IngestReport;
  /** Where people see traces. */
  readonly traceUrl?: string;
}

/** A manager that has everything but a broker. */
export class SimulatedFleet implements AsyncDisposable {
  #sealed = 0;
  /** Until when agents have published, ms since 1970: a busy machine takes its time until somebody asks. */
  heardUntil = 0;

  private constructor(
    readonly state: FleetState,
    readonly store: Store,
    readonly intake: Intake,
    readonly numbers: ReservedNumbers,
    readonly alerts: AlertBook,
    readonly server: FleetServer,
    readonly directory: string,
  ) {}

  /** Fill a store of its own with what a fleet has published until now, and serve it. */
  static async open(options: SimulatedFleetOptions = {}): Promise<SimulatedFleet> {
    const { plan, forMs = 600_000, rules = [], serve } = options;
    const directory = mkdtempSync(join(tmpdir(), "proctor-fleet-"));
    const store = await openDirectory(join(directory, "store"));
    const numbers = new ReservedNumbers(store);
    const now = Date.now;
    const startAt = now() - forMs;
    const state = new FleetState(numbers, () => startAt);
    state.listenTo(null, startAt);
    const alerts = await AlertBook.open({
      ...{ view: state, store, now, notifiers: [], say: () => {} },
      rules: rules.map((rule) => ruleSchema.parse(rule)),
    });
    const server = await FleetServer.open(
      {
        view: state,
        query: new FleetQuery(state, store, now),
        store,
        retention: RETENTION,
        alerts,
        now,
        ingest: options.ingest ?? null,
        traceUrl: options.traceUrl ?? null,
      },
      { host: "127.0.0.1", port: 0, tls: null, allowPlain: false, directory, files: fleetPage(), ...serve },
    );
    const fleet = new SimulatedFleet(state, store, new Intake(), numbers, alerts, server, directory);
    await fleet.publish({ ...SMALL_FLEET, startAt, ...plan }, now());
    return fleet;
  }

  /** Take in what a fleet publishes until a time. */
  async publish(plan: FleetPlan, until: number): Promise<void> {
    this.heardUntil = until;
    for (const { topic, payload, isRetained, at } of fleetMessages(plan, until)) {
      await this.take({ topic, payload, isRetained, receivedAt: at });
    }
  }

  /** Take in one message. */
  async take(message: Parameters<Intake["take"]>[0]): Promise<void> {
    const arrivals = this.intake.take(message);
    await this.numbers.ensure(arrivals.length);
    for (const arrival of arrivals) this.state.apply(arrival, message.receivedAt);
  }

  /** Ask the API, with its own token. */
  ask(path: string): Promise<Response> {
    const token = readFileSync(this.server.tokenFile, "utf8").trim();
    return fetch(`${this.server.address}${path}`, { headers: { authorization: `Bearer ${token}` } });
  }

  /** Look who is missing, evaluate the rules, and write all there is into the store. */
  async settle(now = Date.now()): Promise<void> {
    lookForAbsent(this.state, now);
    await this.alerts.tick();
    // Without a journal each seal is one entry further: what is sealed under a number is sealed for good.
    await new Sealer(this.state, this.store, () => ++this.#sealed, () => new Map()).seal(null);
    await this.store.makeHours(now);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server.close();
    await this.alerts.stop();
    await this.store.close();
    rmSync(this.directory, { recursive: true });
  }
}
