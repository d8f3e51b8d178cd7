import { AppMetrics } from "../../core/app/app_metrics.ts";
import type { AppSummary, AppValues } from "../../core/schema/app_schema.ts";
import { AppEndpoints } from "../../monitor/app/app_endpoints.ts";
import type { EndpointWishes } from "../../monitor/app/app_endpoints.ts";
import type { Variables } from "../../monitor/app/app_variables.ts";
import { absentLine, droppedLine } from "../../monitor/app/app_watch.ts";
import { Scraper } from "../../monitor/app/scraper.ts";
import type { AppReader } from "../../monitor/tasks/task.ts";
import type { Definition } from "../definition.ts";
import type { KeptEndpoints } from "../kept/state_directory.ts";
import type { SupervisorContext } from "./supervised.ts";

/** How often an address that somebody else has is tried again. */
const AGAIN_MS = 5_000;
/** Where nothing has come for a while datagrams may wait so long. */
const QUIET_MS = 200;

/**
 * What one process under supervision tells of itself: asked for at its pages, or sent to endpoints of its own. These
 * stay where they are over all its runs, and the next supervisor takes the same ones again: the environment of what
 * runs names them, and does not change.
 */
export class ProcessApp implements AppReader {
  readonly #endpoints: AppEndpoints;
  #metrics: AppMetrics;
  #begunMs = performance.now();
  #scraper: Scraper | undefined;
  /** What the environment of what runs says. */
  #places: KeptEndpoints | null = null;
  #again: ReturnType<typeof setTimeout> | undefined;
  /** Counts runs and their ends: what was begun before has no say any more. */
  #turn = 0;
  /** One opening after another: two at a time would both find nothing there. */
  #opening: Promise<unknown> = Promise.resolve();
  /** Lines that have been told. */
  readonly #told = new Set<string>();
  /** Datagrams that were dropped in runs before. */
  #lostBefore = 0;
  #isClosed = false;

  /** null where nothing of it is to be had. */
  static of(...means: ConstructorParameters<typeof ProcessApp>): ProcessApp | null {
    const [{ scrape, endpoints }] = means;
    return scrape || endpoints ? new ProcessApp(...means) : null;
  }

  /** @param onTrouble called with the reason why what it sends cannot be had; with null when it can be */
  constructor(
    readonly definition: Pick<Definition, "id" | "scrape" | "endpoints">,
    readonly context: Pick<SupervisorContext, "directory" | "say" | "drainClock">,
    readonly onTrouble: (reason: string | null) => void = () => {},
  ) {
    this.#metrics = this.#newMetrics();
    this.#endpoints = new AppEndpoints(this.#metrics, QUIET_MS);
  }

  /** Where what runs can send to; null: nowhere. */
  get places(): KeptEndpoints | null {
    return this.#places;
  }

  /**
   * A run is about to be launched.
   * @param before what it finds in its environment but for ours
   * @param isOther whether it runs as another user, to whom our directory is closed
   * @returns what it is to find there
   */
  async prepare(before: Variables, isOther: boolean): Promise<Readonly<Record<string, string>>> {
    this.#giveUpWaiting();
    const { endpoints, id } = this.definition;
    if (!endpoints) {
      this.restart();
      return {};
    }
    const { statsd, otlp } = endpoints;
    const path = this.context.directory.metricsSocket(id);
    await this.#open({
      ...(statsd && { udp: {}, ...(isOther ? {} : { socket: { path } }) }),
      ...(otlp && { otlp: {} }),
    }).then((faults) => faults.forEach((fault) => this.#say(absentLine(fault))));
    this.restart();
    const { udpPort, socketPath, otlpPort } = this.#endpoints;
    this.#places = {
      statsd_port: udpPort ?? null,
      socket: socketPath ?? null,
      otlp_port: otlpPort ?? null,
    };
    this.onTrouble(null);
    const { variables, notes } = this.#endpoints.variablesFor(before);
    for (const note of notes) this.#say(note);
    return variables;
  }

  /** What the last supervisor has launched goes on: be where its environment says. */
  async takeUp(places: KeptEndpoints | null): Promise<void> {
    this.restart();
    const { endpoints, id } = this.definition;
    if (!endpoints) return;
    this.#places = places;
    if (places === null) {
      // Its definition has changed, most often, and it is about to be restarted.
      return this.#say(
        "app metrics: it was started without an address to send them to; a restart gives it one",
      );
    }
    const { statsd_port, socket, otlp_port } = places;
    const isOurs = socket === this.context.directory.metricsSocket(id);
    await this.#takeBack({
      ...(endpoints.statsd && statsd_port !== null && { udp: { port: statsd_port } }),
      ...(endpoints.statsd && socket !== null && isOurs && { socket: { path: socket } }),
      ...(endpoints.otlp && otlp_port !== null && { otlp: { port: otlp_port } }),
    });
    if (socket !== null && !isOurs) this.#say(`app metrics: ${socket} is in another state directory now`);
  }

  /** Another run begins: all counts begin anew. */
  restart(): void {
    this.#endpoints.statsd.hurry();
    this.#lostBefore = this.#endpoints.statsd.lostCount() ?? 0;
    this.#begunMs = performance.now();
    this.#metrics = this.#newMetrics();
    this.#endpoints.follow(this.#metrics);
  }

  /** The run is over: nobody sends any more. */
  ended(): void {
    this.#giveUpWaiting();
    const dropped = this.#dropped();
    if (dropped) this.context.say("warn", `${this.definition.id}: ${droppedLine(dropped)}`);
  }

  begin(): void {
    const { scrape } = this.definition;
    if (!scrape) return;
    this.#scraper?.close();
    this.#scraper = new Scraper(scrape.urls, this.#metrics, (line) => this.#say(line), scrape.everyMs);
    this.#scraper.begin();
  }

  sample(intervalSeconds: number): AppValues | null {
    this.#endpoints.statsd.hurry();
    return this.#isDeaf ? null : this.#metrics.sample(intervalSeconds);
  }

  /** What it has told since it was started, or taken up; null where it cannot tell anything. */
  summary(): AppSummary | null {
    if (this.#isDeaf) return null;
    this.#endpoints.statsd.hurry();
    return this.#metrics.summary((performance.now() - this.#begunMs) / 1_000, this.#dropped());
  }

  /** The task is over; endpoints stay. */
  close(): void {
    this.#scraper?.close();
    this.#scraper = undefined;
  }

  /** Give back all that is held: nothing runs any more, or goes on without us. */
  release(): void {
    this.#isClosed = true;
    this.#giveUpWaiting();
    this.close();
    this.context.drainClock.remove(this.#endpoints.statsd);
    this.#endpoints.close();
  }

  get #isDeaf(): boolean {
    return this.#endpoints.isEmpty && !this.definition.scrape;
  }

  /** Nothing is tried again any more, and what is being tried is not told of. */
  #giveUpWaiting(): void {
    clearTimeout(this.#again);
    this.#turn++;
  }

  /** What cannot be had of these now is tried again until it can, or the run is over. */
  async #takeBack(wishes: EndpointWishes): Promise<void> {
    const turn = this.#turn;
    const faults = await this.#open(wishes, () => turn === this.#turn);
    if (turn !== this.#turn) return;
    this.onTrouble(faults.length === 0 ? null : faults.map((fault) => `there is no ${fault}`).join("; "));
    if (faults.length === 0) return;
    this.#again = setTimeout(() => void this.#takeBack(wishes), AGAIN_MS);
    this.#again.unref?.();
  }

  async #open(wishes: EndpointWishes, isWanted = () => true): Promise<string[]> {
    const opened = this.#opening.then(() => isWanted() ? this.#endpoints.open(wishes) : []);
    this.#opening = opened.catch(() => {});
    const faults = await opened;
    if (this.#isClosed) this.#endpoints.close();
    else if (!this.#endpoints.statsd.isEmpty) this.context.drainClock.add(this.#endpoints.statsd);
    return faults;
  }

  #newMetrics(): AppMetrics {
    const { endpoints, scrape } = this.definition;
    return new AppMetrics(endpoints?.names ?? scrape?.names ?? ["*"], (line) => this.#say(line));
  }

  #dropped(): number | null {
    const lost = this.#endpoints.statsd.lostCount();
    return lost === null ? null : lost - this.#lostBefore;
  }

  #say(line: string): void {
    // At each restart the same would be said again.
    if (this.#told.has(line) || this.#told.size >= MOST_TOLD) return;
    this.#told.add(line);
    this.context.say("warn", `${this.definition.id}: ${line}`);
  }
}

const MOST_TOLD = 100;
