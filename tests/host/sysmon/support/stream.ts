/* A stream to the service inside of this process: what is written to it, and what came back. */
import assert from "node:assert/strict";
import { Host } from "../../../../host/host.ts";
import type { HostOptions } from "../../../../host/host.ts";
import { Connection } from "../../../../host/sysmon/connection.ts";
import { Service } from "../../../../host/sysmon/service.ts";
import { Outbox } from "../../../../io/lines/outbox.ts";
import type { HostSource } from "../../../../platform/mod.ts";

/** A message of the service, of either protocol. */
// deno-lint-ignore no-explicit-any
export type Received = any;

/** A client of the service. */
export class Stream {
  readonly service: Service;
  readonly connection: Connection;
  readonly received: Received[] = [];
  /** The same, as they came. */
  readonly lines: string[] = [];
  /** What the reader waits for before it takes more: a slow one. */
  hold: Promise<void> | undefined;
  #changed: () => void = () => {};
  #taken = 0;

  constructor(service: Service) {
    this.service = service;
    this.connection = new Connection(
      service,
      new Outbox(async (bytes) => {
        await this.hold;
        for (const line of new TextDecoder().decode(bytes).split("\n").slice(0, -1)) {
          this.lines.push(line);
          this.received.push(JSON.parse(line));
        }
        this.#changed();
      }),
    );
  }

  /** Write bytes or text as they are. */
  write(data: string | Uint8Array): void {
    this.connection.receive(typeof data === "string" ? new TextEncoder().encode(data) : data);
  }

  /** Write a message. */
  send(message: unknown): void {
    this.write(`${JSON.stringify(message)}\n`);
  }

  /** The next message that a test accepts, from where the last one was found. */
  async next(accepts: (message: Received) => boolean = () => true): Promise<Received> {
    for (;;) {
      while (this.#taken < this.received.length) {
        const message = this.received[this.#taken++];
        if (accepts(message)) return message;
      }
      await new Promise<void>((resolve) => this.#changed = resolve);
    }
  }

  /** Ask in the broker's envelope; the payload of the answer. */
  async ask(id: string, payload?: unknown): Promise<Received> {
    const correlation_id = `ask-${this.received.length}-${Math.random()}`;
    this.send({ type: "request", id, payload, source: "test", target: "sysmon", correlation_id });
    const answer = await this.next((message) => message.correlation_id === correlation_id);
    assert.equal(answer.type, "response", JSON.stringify(answer));
    return answer.payload;
  }

  /** Ask what must be refused; the payload of the error. */
  async refused(id: string, payload?: unknown): Promise<Received> {
    this.send({ type: "request", id, payload, correlation_id: 1 });
    const answer = await this.next((message) => message.id === id && message.type !== "event");
    assert.equal(answer.type, "error", JSON.stringify(answer));
    assert.equal(answer.error, `${answer.payload.code}: ${answer.payload.message}`);
    return answer.payload;
  }
}

/** A stream to a service of its own, greeted already. */
export async function openStream(options: HostOptions = {}, source?: HostSource): Promise<Stream> {
  const stream = new Stream(new Service(new Host(options, source)));
  assert.equal((await stream.next()).id, "subprocess_ready");
  return stream;
}
