import type { AppMetrics } from "../../core/app/app_metrics.ts";
import { openDatagrams } from "../../platform/mod.ts";
import type { Datagrams, DatagramsPlace } from "../../platform/mod.ts";
import { otlpVariables, statsdVariables } from "./app_variables.ts";
import type { AppVariables, Variables } from "./app_variables.ts";
import type { OtlpListener } from "./otlp_listener.ts";
import { StatsdSockets } from "./statsd_sockets.ts";

/** Which endpoints a program gets, each where it is to be; of what is left out there is none. */
export interface EndpointWishes {
  /** UDP on the loopback. */
  readonly udp?: Pick<DatagramsPlace, "port">;
  /** A private socket. */
  readonly socket?: Pick<DatagramsPlace, "path">;
  /** OTLP over HTTP on the loopback. */
  readonly otlp?: Pick<DatagramsPlace, "port">;
}

/** Where a watched program can send what it tells of itself to: StatsD, and OTLP. */
export class AppEndpoints {
  readonly statsd: StatsdSockets;
  #udp: Datagrams | undefined;
  #socket: Datagrams | undefined;
  #otlp: OtlpListener | undefined;

  /**
   * @param metrics gets what comes
   * @param quietMs how often is looked for datagrams where none have come for a while
   */
  constructor(metrics: AppMetrics, quietMs?: number) {
    this.statsd = new StatsdSockets(metrics, quietMs);
  }

  /** Open what is wished for and is not there yet; lines say what cannot be had, and why. */
  async open({ udp, socket, otlp }: EndpointWishes): Promise<string[]> {
    const faults: string[] = [];
    const kept = <T extends object>(what: string, port: number | undefined, opened: T | string) => {
      if (typeof opened !== "string") return opened;
      faults.push(`${what}${port ? ` at port ${port}` : ""}: ${opened}`);
      return undefined;
    };
    if (udp && !this.#udp) {
      const opened = await openDatagrams("port", udp);
      this.#udp = kept("StatsD endpoint on the loopback", udp.port, opened);
      if (this.#udp) this.statsd.add(this.#udp);
    }
    if (socket && !this.#socket) {
      this.#socket = kept("private socket", undefined, await openDatagrams("private", socket));
      if (this.#socket) this.statsd.add(this.#socket);
    }
    if (otlp && !this.#otlp) {
      const { OtlpListener } = await import("./otlp_listener.ts");
      const opened = await OtlpListener.open(this.statsd.metrics, otlp.port);
      this.#otlp = kept("OTLP endpoint", otlp.port, opened);
    }
    return faults;
  }

  get udpPort(): number | undefined {
    return this.#udp?.port;
  }

  get socketPath(): string | undefined {
    return this.#socket?.path;
  }

  get otlpPort(): number | undefined {
    return this.#otlp?.port;
  }

  /** Whether it needs turns of the event loop. */
  get needsLoop(): boolean {
    return this.#otlp !== undefined;
  }

  /** Whether nothing can come. */
  get isEmpty(): boolean {
    return this.statsd.isEmpty && this.#otlp === undefined;
  }

  /** What a program is to find in its environment, which has other variables already. */
  variablesFor(before: Variables): AppVariables {
    const statsd = statsdVariables({ port: this.udpPort, path: this.socketPath }, before);
    const otlp = this.#otlp && otlpVariables(this.#otlp.url, before);
    return {
      variables: { ...statsd.variables, ...otlp?.variables },
      notes: [...statsd.notes, ...otlp?.notes ?? []],
    };
  }

  /** What comes from now on is of another run of the program. */
  follow(metrics: AppMetrics): void {
    this.statsd.metrics = metrics;
    this.#otlp?.follow(metrics);
  }

  /** Take nothing more; how many datagrams were dropped in all, null where there was nowhere to send them to. */
  close(): number | null {
    this.#otlp?.close();
    this.#udp = this.#socket = this.#otlp = undefined;
    return this.statsd.close();
  }
}
