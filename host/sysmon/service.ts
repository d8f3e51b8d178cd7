import process from "node:process";
import { METHODS } from "../../core/schema/sysmon_schema.ts";
import type { ReadingMethod } from "../../core/schema/sysmon_schema.ts";
import { VERSION } from "../../core/schema/version.ts";
import type { Host } from "../host.ts";
import { SERVICE_NAME } from "./envelope.ts";
import { MessageCounts } from "./message_counts.ts";
import { PART_OF } from "./methods.ts";

/** The sysmon service: one host, and the streams that ask for it. */
export class Service {
  readonly counts = new MessageCounts();
  /** What a stream is told at its beginning. */
  readonly introduction = {
    name: SERVICE_NAME,
    version: VERSION,
    pid: process.pid,
    methods: Object.keys(METHODS),
  };
  /** The JSON of a reading is made once for as long as the reading is kept. */
  readonly #texts = new WeakMap<object, string>();

  constructor(readonly host: Host) {}

  /**
   * What a method reads, as JSON; at once where that needs no waiting.
   * @throws HostError when it cannot be read
   */
  read(method: ReadingMethod, maxAgeMs?: number): string | Promise<string> {
    const reading: object | Promise<object> = this.host.read(PART_OF[method], maxAgeMs);
    return reading instanceof Promise ? reading.then((value) => this.#textOf(value)) : this.#textOf(reading);
  }

  #textOf(reading: object): string {
    let text = this.#texts.get(reading);
    if (text === undefined) this.#texts.set(reading, text = JSON.stringify(reading));
    return text;
  }
}
