import { randomBytes } from "node:crypto";
import type { IClientPublishOptions } from "mqtt";
import type { HealthMessage } from "../../core/schema/health_message.ts";
import type { TaskMessage } from "../../core/schema/task_message.ts";
import { withoutCredentials } from "../settings.ts";
import type { ExportSettings } from "../settings.ts";
import type { DeliveryCounters, ExportContext, LifecycleEvent, TelemetryExporter } from "../telemetry.ts";
import type { Control } from "../control/control.ts";
import type { Broker } from "./broker.ts";
import type { BrokerLimits, Connection } from "./connection.ts";
import { Gathering } from "./gathering.ts";
import { leftInWords } from "./left_in_words.ts";
import { Link } from "./link.ts";
import { Announcements } from "./announcements.ts";
import type { Batch, Outbox } from "./outbox.ts";
import { payloadOf } from "./payload.ts";
import type { Payload } from "./payload.ts";
import { clientOptions, Presence } from "./presence.ts";
import type { Status } from "./presence.ts";
import { Silence } from "./silence.ts";
import { Deadline } from "../../io/deadline.ts";
import type { Topics } from "./topics.ts";
import { COSTS_CONNECTION, HEADER_BYTES, Unwelcome } from "./unwelcome.ts";

/** The most packets without an acknowledgement: this many may arrive twice when a connection breaks. */
const WINDOW = 64;
/** Packets of one go: then others have their turn. */
const TURN = 64;
/** Brokers bound the size of a packet, and those of 3.1.1 do not say where. */
const BATCH_BYTES = 100 * 1024;
/** A disk that does not answer must not keep the program. */
const DISK_MS = 1_000;

/** Publishes messages to a broker; what it does not take at once waits in the {@link Outbox}. */
export class MqttExporter implements TelemetryExporter {
  readonly exporter = "mqtt";
  readonly destination: string;
  readonly #link: Link;
  readonly #underWay = new Map<number, Batch>();
  readonly #announcements: Announcements;
  readonly #unwelcome = new Unwelcome();
  // A broker of 3.1.1 need not take longer ones (OASIS MQTT 3.1.1, 3.1.3.1).
  readonly #clientId = `proctor${randomBytes(8).toString("hex")}`;
  #limits: BrokerLimits = { inFlightCount: WINDOW, packetBytes: Infinity, qos: 2 };
  /** Of QoS 0: what the socket has not taken yet. */
  #writing: Batch | undefined;
  #isScheduled = false;
  readonly #gathering: Gathering;
  readonly #silence = new Silence(
    () => this.#underWay.size > 0,
    () => void (this.#link.ready && this.#link.tell("it acknowledges nothing")),
  );
  #onSettled: () => void = () => {};
  #closing: Promise<void> | undefined;

  constructor(
    readonly settings: ExportSettings,
    readonly context: ExportContext,
    broker: Broker,
    readonly topics: Topics,
    readonly outbox: Outbox,
    /** Follows a manager; undefined where nobody may ask us for anything. */
    readonly control?: Control,
  ) {
    this.destination = withoutCredentials(settings.mqtt!);
    this.#gathering = new Gathering(
      {
        // More than the queue holds would never come together.
        count: Math.min(settings.mqtt_batch, settings.mqtt_queue),
        bytes: Math.min(BATCH_BYTES, settings.mqtt_queue_size / 2),
      },
      settings.mqtt_batch_wait,
      () => this.#schedule(),
    );
    const presence = new Presence(context, topics);
    this.#announcements = new Announcements(presence);
    const options = (isNew: boolean) => {
      return clientOptions(broker, this.#clientId, isNew, presence, settings.mqtt_qos);
    };
    this.#link = new Link(options, {
      onReady: (limits) => this.#ready(limits),
      onAcknowledged: (id, refusal) => this.#acknowledged(id, refusal),
      onMessage: (topic, payload) => {
        if (topic === topics.control) this.control?.take(payload);
      },
      onDown: () => this.#down(),
      onGivenUp: (id) => this.#givenUp(id),
    }, (line) => context.notice(`mqtt: ${this.destination}: ${line}`));
  }

  /** Begin to connect. */
  open(): void {
    void this.#link.open();
  }

  get counters(): DeliveryCounters {
    return {
      sent_count: this.outbox.sentCount,
      dropped_count: this.outbox.droppedCount,
      failed_count: this.#link.failedCount,
      queued_count: this.outbox.queuedCount,
    };
  }

  message(message: TaskMessage): void {
    const denser = this.control?.denserOf(message.task_id);
    this.#take(this.topics.task(message.task_id), denser ? { ...message, denser } : message);
  }

  health(message: HealthMessage): void {
    const { topics, control } = this;
    const { agent } = message;
    const told = control ? { ...message, agent: { ...agent, control: control.report } } : message;
    if (topics.health !== undefined) this.#take(topics.health, told);
    if (!this.#closing && this.#room > 0) {
      this.#announcements.refresh(this.#link.ready, (payload) => this.#publishOptions(payload));
    }
  }

  event(event: LifecycleEvent): void {
    const { propletId: proplet_id, agentId } = this.context;
    // The topic may be that of all agents of a channel, and an event itself knows of one supervisor only.
    const told = { ...event, proplet_id, ...(agentId !== null && { agent_id: agentId }) };
    if (this.topics.events !== undefined) this.#take(this.topics.events, told);
  }

  close(withinMs: number): Promise<void> {
    return this.#closing ??= this.#close(withinMs);
  }

  #take(topic: string, message: TaskMessage | HealthMessage | LifecycleEvent): void {
    if (this.#closing) return void this.outbox.lostCount++;
    this.outbox.push(topic, JSON.stringify(message));
    this.#schedule();
  }

  /** Sending is left for after what calls us; what is more than a turn, for after what else there is to do. */
  #schedule(later: (send: () => void) => void = queueMicrotask): void {
    if (this.#isScheduled || !this.#link.ready) return;
    this.#isScheduled = true;
    later(() => {
      this.#isScheduled = false;
      this.#send();
    });
  }

  #send(): void {
    const isClosing = this.#closing !== undefined;
    for (let sent = 0; sent < TURN; sent++) {
      const connection = this.#link.ready;
      if (!connection || this.#writing || !this.#gathering.mayLeave(this.outbox.gathered, isClosing)) return;
      // The next acknowledgement makes room.
      if (this.#room <= 0) return;
      const mostBytes = Math.min(BATCH_BYTES, this.#limits.packetBytes - HEADER_BYTES);
      this.#publish(connection, this.outbox.take(this.settings.mqtt_batch, mostBytes));
    }
    this.#schedule(setImmediate);
  }

  /** How many packets the broker takes before it has acknowledged one. */
  get #room(): number {
    return Math.min(WINDOW, this.#limits.inFlightCount) - this.#underWay.size - this.#announcements.count;
  }

  #publish(connection: Connection, batch: Batch): void {
    const [{ topic }] = batch;
    const payload = payloadOf(batch, this.settings);
    const refusal = this.#unwelcome.refusalOf(topic, Buffer.byteLength(payload.body), this.#limits);
    if (refusal !== undefined) return this.#refused(batch, refusal);
    const options = this.#publishOptions(payload);
    if (options.qos === 0) {
      this.#writing = batch;
      connection.publish(topic, payload.body, options, (error) => this.#written(batch, error));
      return;
    }
    if (this.#underWay.size === 0) this.#silence.heard();
    this.#underWay.set(connection.publish(topic, payload.body, options), batch);
    this.#silence.watch();
  }

  #publishOptions({ properties }: Payload): IClientPublishOptions {
    return { qos: Math.min(this.settings.mqtt_qos, this.#limits.qos) as 0 | 1 | 2, properties };
  }

  #written(batch: Batch, error?: Error): void {
    // The connection may have broken before.
    if (this.#writing !== batch) return;
    this.#writing = undefined;
    if (error) this.outbox.lost(batch);
    else this.outbox.delivered(batch);
    this.#settled();
  }

  #acknowledged(id: number, refusal?: string): void {
    this.#silence.heard();
    if (this.#announcements.acknowledged(id)) {
      if (refusal !== undefined) {
        this.#link.tell(refusal, "; what we publish of our being there is dropped", "presence");
      }
      this.#schedule();
    }
    const batch = this.#underWay.get(id);
    if (!batch) return;
    this.#underWay.delete(id);
    this.#link.progressed();
    if (refusal !== undefined) this.#refused(batch, refusal);
    else this.outbox.delivered(batch);
    this.#settled();
  }

  /** A packet has ended one connection after the other. */
  #givenUp(id: number): void {
    const batch = this.#underWay.get(id);
    if (!batch) {
      this.#announcements.stop();
      return this.#link.tell(COSTS_CONNECTION, "; what is published of our being there is left out");
    }
    this.#unwelcome.add(batch[0].topic, this.#payloadBytes(batch));
    for (const [other, alike] of [...this.#underWay]) {
      if (!this.#unwelcome.has(alike[0].topic, this.#payloadBytes(alike))) continue;
      this.#underWay.delete(other);
      this.#link.forget(other);
      this.#refused(alike, COSTS_CONNECTION);
    }
  }

  #payloadBytes(batch: Batch): number {
    return Buffer.byteLength(payloadOf(batch, this.settings).body);
  }

  /** Trying again would hold up all that comes after. */
  #refused(batch: Batch, reason: string): void {
    this.outbox.lost(batch);
    const [{ topic }] = batch;
    this.#link.tell(reason, `; what it does not take on ${topic} is dropped`, topic);
    this.#settled();
  }

  #settled(): void {
    this.#schedule();
    if (this.outbox.queuedCount === 0) this.#onSettled();
  }

  #ready(limits: BrokerLimits): void {
    this.#limits = limits;
    void this.#announce("online");
    this.#listen();
    this.#schedule();
  }

  /** Hear what our manager asks for: with each connection anew, for brokers may have forgotten. */
  #listen(): void {
    const topic = this.topics.control;
    if (!this.control || topic === undefined) return;
    this.#link.ready?.subscribe(topic, (reason) => {
      this.#link.tell(reason, `; no manager can ask for denser samples on ${topic}`, "control");
    });
  }

  #down(): void {
    this.#announcements.down();
    // What a socket had half taken may have arrived: of QoS 0 it is not sent again.
    if (this.#writing) this.outbox.lost(this.#writing);
    this.#writing = undefined;
    if (this.outbox.queuedCount === 0) this.#onSettled();
  }

  /** Publish that we are there, or go; resolves when the broker has it. */
  #announce(status: Status): Promise<void> {
    const optionsOf = (payload: Payload) => this.#publishOptions(payload);
    return this.#announcements.send(this.#link.ready, status, this.#room, optionsOf);
  }

  async #close(withinMs: number): Promise<void> {
    this.control?.close();
    const deadline = new Deadline(withinMs);
    const link = this.#link;
    if (this.outbox.queuedCount > 0) {
      link.lastTry();
      this.#schedule();
      const settled = new Promise<void>((resolve) => this.#onSettled = resolve);
      await Promise.race([settled, link.gone, deadline.over]);
    }
    await Promise.race([this.#announce("offline"), link.gone, deadline.over]);
    if (link.ready && !deadline.isOver) {
      link.end();
      await Promise.race([link.gone, deadline.over]);
    }
    deadline.clear();
    link.destroy();
    this.#gathering.stop();
    this.#silence.stop();
    const disk = new Deadline(DISK_MS);
    const kept = await Promise.race([this.outbox.keptCount(), disk.over]) ?? 0;
    const left = leftInWords(this.outbox.queuedCount, kept, this.settings.mqtt_queue_dir);
    if (left !== undefined) this.context.notice(`mqtt: ${this.destination}: ${left}`);
    await Promise.race([this.outbox.close(), disk.over]);
    disk.clear();
  }
}
