import { snappyCompress } from "hyparquet-writer/src/snappy.js";
import { VERSION } from "../../../core/schema/version.ts";
import type { LabelStyle } from "../../../exporters/prometheus/agent_label.ts";
import type { Destination, Forwarded, Outcome } from "../forwarded.ts";
import { postTo } from "../outcome.ts";
import type { Access } from "../outcome.ts";
import { RequestWriter } from "./write_request.ts";

/** Some 16 series each: requests of that size are what receivers are made for. */
const MOST_SAMPLES = 500;

/** What takes Prometheus' remote write 1.0: Prometheus itself, VictoriaMetrics, Mimir, Thanos. */
export class RemoteWrite implements Destination {
  readonly mostSamples = MOST_SAMPLES;
  readonly #writer: RequestWriter;
  readonly #access: Access;
  /** A request that is sent again is the same. */
  #last: { readonly of: readonly Forwarded[]; readonly body: Uint8Array } | null = null;

  constructor(readonly name: string, access: Access, labels: LabelStyle) {
    this.#writer = new RequestWriter(labels);
    const headers = {
      "user-agent": `proctor/${VERSION}`,
      ...access.headers,
      "content-type": "application/x-protobuf",
      "content-encoding": "snappy",
      "x-prometheus-remote-write-version": "0.1.0",
    };
    this.#access = { ...access, headers };
  }

  send(samples: readonly Forwarded[], signal: AbortSignal): Promise<Outcome> {
    if (this.#last?.of !== samples) {
      this.#last = { of: samples, body: snappyCompress(this.#writer.write(samples)) };
    }
    return postTo(this.#access, this.#last.body, signal);
  }
}
