/* A real Mosquitto of our own, and its own subscriber: what arrives is seen by a stranger. */
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { writeFileSync } from "node:fs";
import process from "node:process";
import { setTimeout as pause } from "node:timers/promises";
import { freePort } from "../../../support/free_port.ts";

/** Where Debian puts it, which is not in everybody's PATH. */
const BROKER = "/usr/sbin/mosquitto";
const PATIENCE_MS = 60_000;

/** Why there is no Mosquitto here; false when there is one. */
export const noMosquitto: string | false =
  spawnSync(BROKER, ["-h"]).error || spawnSync("mosquitto_sub", ["--help"]).error
    ? "the packages mosquitto and mosquitto-clients are missing"
    : false;

/** A broker that can be killed and started again. */
export class Mosquitto {
  #child: ChildProcess | undefined;
  #log = "";

  private constructor(readonly port: number, readonly configuration: string) {}

  /**
   * Start one.
   * @param directory of its own, for its configuration
   * @param lines of the configuration after the listener's own
   */
  static async start(
    directory: string,
    lines: readonly string[] = ["allow_anonymous true"],
  ): Promise<Mosquitto> {
    const port = await freePort();
    const configuration = `${directory}/mosquitto.conf`;
    // As root it would become a user who cannot read the directory.
    const user = process.getuid?.() === 0 ? ["user root"] : [];
    // It does not start with nothing but a WebSocket.
    const plain = lines.includes("protocol websockets") ? [`listener ${await freePort()} 127.0.0.1`] : [];
    writeFileSync(configuration, [...user, ...plain, `listener ${port} 127.0.0.1`, ...lines, ""].join("\n"));
    const broker = new Mosquitto(port, configuration);
    await broker.start();
    return broker;
  }

  /** Start it again. */
  async start(): Promise<void> {
    const child = spawn(BROKER, ["-c", this.configuration], { stdio: ["ignore", "ignore", "pipe"] });
    this.#child = child;
    await new Promise<void>((resolve, reject) => {
      child.stderr!.on("data", (bytes) => {
        this.#log += bytes;
        if (/mosquitto version \S+ running/.test(this.#log)) resolve();
      });
      child.on("close", () => reject(new Error(`mosquitto does not start:\n${this.#log}`)));
    });
    this.#log = "";
  }

  /** End it by a signal, and wait until it is gone. */
  async stop(signal: NodeJS.Signals = "SIGKILL"): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (!child) return;
    const ended = new Promise((resolve) => child.once("close", resolve));
    child.kill(signal);
    await ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  /** Send a signal to the broker. */
  signal(signal: "SIGSTOP" | "SIGCONT" | "SIGUSR1"): void {
    process.kill(this.#child!.pid!, signal);
  }
}

/** What a subscriber has seen of a message. */
export interface Arrived {
  readonly topic: string;
  readonly qos: number;
  readonly retained: boolean;
  readonly contentType: string;
  /** `name:value`, with MQTT 5. */
  readonly userProperties: string;
  readonly payload: Buffer;
}

/** A mosquitto_sub. */
export class Subscriber {
  readonly arrived: Arrived[] = [];
  /** Whether the broker has taken the subscription. */
  isSubscribed = false;
  #rest = "";
  #error = "";
  #changed: () => void = () => {};

  private constructor(readonly child: ChildProcess) {
    child.stdout!.on("data", (bytes) => this.#take(String(bytes)));
    child.stderr!.on("data", (bytes) => this.#error += bytes);
  }

  /** Subscribe; resolves when the broker has taken the subscription. */
  static async start(port: number, topic: string, options: readonly string[] = []): Promise<Subscriber> {
    const format = "%t\t%q\t%r\t%C\t%P\t%x";
    // What -d says would wait in its buffer. With QoS 2 its own version 2.0.11 breaks the protocol of MQTT 5.
    const child = spawn("stdbuf", [
      ...[
        "-oL",
        "mosquitto_sub",
        "-h",
        "127.0.0.1",
        "-p",
        String(port),
        "-t",
        topic,
        "-q",
        "1",
        "-V",
        "5",
        "-d",
        "-F",
        format,
      ],
      ...options,
    ], { stdio: ["ignore", "pipe", "pipe"] });
    const subscriber = new Subscriber(child);
    await subscriber.until(() => subscriber.isSubscribed, "a subscription");
    return subscriber;
  }

  /** Wait until something holds of what has arrived. */
  async until(
    holds: (arrived: readonly Arrived[]) => boolean,
    what: string,
    patienceMs = PATIENCE_MS,
  ): Promise<void> {
    const end = Date.now() + patienceMs;
    while (!holds(this.arrived)) {
      const left = end - Date.now();
      assert.ok(
        left > 0,
        `not in ${patienceMs} ms: ${what}; ${this.arrived.length} have arrived. ${this.#error}`,
      );
      const timer = new AbortController();
      await Promise.race([
        new Promise<void>((resolve) => this.#changed = resolve),
        pause(Math.min(left, 500), undefined, { signal: timer.signal }).catch(() => {}),
      ]);
      timer.abort();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const ended = new Promise((resolve) => this.child.once("close", resolve));
    // At SIGTERM it takes leave of the broker first, which after a standstill of that may take for ever.
    this.child.kill("SIGKILL");
    await ended;
  }

  #take(text: string): void {
    const lines = (this.#rest + text).split("\n");
    this.#rest = lines.pop()!;
    for (const line of lines) {
      if (/^Subscribed/.test(line)) this.isSubscribed = true;
      const [topic, qos, retained, contentType, userProperties, payload] = line.split("\t");
      // The rest is what -d says.
      if (payload === undefined) continue;
      this.arrived.push({
        topic,
        qos: Number(qos),
        retained: retained === "1",
        contentType,
        userProperties,
        payload: Buffer.from(payload, "hex"),
      });
    }
    this.#changed();
  }
}
