/* Where managers tell their alerts, and what they have told. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

interface Told {
  readonly alerts: readonly { readonly key: string; readonly status: string }[];
}

/** A destination of alerts. */
export class ToldAlerts implements AsyncDisposable {
  /** Each notice once: one whose sender has died over it comes again, to the letter the same. */
  readonly #notices = new Set<string>();
  readonly #server = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (text) => body += text).on("end", () => {
      this.#notices.add(body);
      response.end();
    });
  });

  static async open(): Promise<ToldAlerts> {
    const told = new ToldAlerts();
    await new Promise<void>((resolve) => told.#server.listen(0, "127.0.0.1", resolve));
    return told;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`;
  }

  /** How often each alert was told, by its key. */
  counts(): Map<string, number> {
    const counts = new Map<string, number>();
    for (const notice of this.#notices) {
      for (const { key } of (JSON.parse(notice) as Told).alerts) counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    return counts;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
