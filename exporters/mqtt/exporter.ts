import { randomBytes } from "node:crypto";
import type { IClientPublishOptions } from "mqtt";
import type { HealthMessage } from "../../core/health_message.ts";
import type { TaskMessage } from "../../core/task_message.ts";
import { withoutCredentials } from "../settings.ts";
import type { ExportSettings } from "../settings.ts";
import type { DeliveryCounters, ExportContext, LifecycleEvent, TelemetryExporter } from "../telemetry.ts";
import type { Broker } from "./broker.ts";
import type { BrokerLimits, Connection } from "./connection.ts";
import { Link } from "./link.ts";
import type { Batch, Outbox } from "./outbox.ts";
import { packed, payloadOf } from "./payload.ts";
import type { Payload } from "./payload.ts";
import { clientOptions, statusOf } from "./presence.ts";
import type { Status } from "./presence.ts";
import { Silence } from "./silence.ts";
import { Timeout } from "./timeout.ts";
import type { Topics } from "./topics.ts";

/** Packets without an acknowledgement, at most: so many may come twice when a connection breaks. */
const WINDOW = 64;
/** Packets of one go: then others have their turn. */
const TURN = 64;
/** A batch that is not full leaves after this long. */
const GATHER_MS = 1_000;
/** Brokers bound the size of a packet, and those of 3.1.1 do not say where. */
const BATCH_BYTES = 100 * 1024;
/** What a packet has beside topic and payload, at most. */
const HEADER_BYTES = 100;
/** A disk that does not answer must not keep the program. */
const DISK_MS = 1_000;

/** Publishes messages to a broker; what it does not take at once waits in the {@link Outbox}. */
export class MqttExporter implements TelemetryExporter {
  readonly exporter = "mqtt";
  readonly destination: string;
  readonly #link: Link;
  readonly #underWay = new Map<number, Batch>();
  /** What is told once a packet of ours that is no message is acknowledged. */
  readonly #onControl = new Map<number, () => void>();
  // A broker of 3.1.1 need not take longer ones (OASIS MQTT 3.1.1, 3.1.3.1).
  readonly #clientId = `proctor${randomBytes(8).toString("hex")}`;
  #limits: BrokerLimits = { inFlightCount: WINDOW, packetBytes: Infinity, qos: 2 };
  /** Of QoS 0: what the socket has not taken yet. */
  #writing: Batch | undefined;
  #isScheduled = false;
  #isDue = false;
  #gatherTimer: ReturnType<typeof setTimeout> | undefined;
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
  ) {
    this.destination = withoutCredentials(settings.mqtt!);
    const will = { topic: topics.alive, propletId: context.propletId, qos: settings.mqtt_qos };
    this.#link = new Link((isNew) => clientOptions(broker, this.#clientId, isNew, will), {
      onReady: (limits) => this.#ready(limits),
      onAcknowledged: (id, refusal) => this.#acknowledged(id, refusal),
      onDown: () => this.#down(),
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
    this.#take(this.topics.task(message.task_id), message);
  }

  health(message: HealthMessage): void {
    if (this.topics.health !== undefined) this.#take(this.topics.health, message);
  }

  event(event: LifecycleEvent): void {
    if (this.topics.events !== undefined) this.#take(this.topics.events, event);
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
    for (let sent = 0; sent < TURN; sent++) {
      const connection = this.#link.ready;
      if (!connection || this.#writing || !this.#mayLeave()) return;
      // The next acknowledgement makes room.
      if (this.#underWay.size + this.#onControl.size >= Math.min(WINDOW, this.#limits.inFlightCount)) return;
      this.#publish(connection, this.outbox.take(this.settings.mqtt_batch, BATCH_BYTES));
    }
    this.#schedule(setImmediate);
  }

  /** Whether something waits, and a batch of it is full or has gathered for long enough. */
  #mayLeave(): boolean {
    const { waitingCount } = this.outbox;
    if (waitingCount === 0) {
      this.#isDue = false;
      return false;
    }
    if (waitingCount >= this.settings.mqtt_batch || this.#isDue || this.#closing) return true;
    this.#gatherTimer ??= setTimeout(() => {
      this.#gatherTimer = undefined;
      this.#isDue = true;
      this.#schedule();
    }, GATHER_MS);
    return false;
  }

  #publish(connection: Connection, batch: Batch): void {
    const [{ topic }] = batch;
    const payload = payloadOf(batch, this.settings);
    if (payload.body.length + topic.length + HEADER_BYTES > this.#limits.packetBytes) {
      return this.#refused(batch, "a message is larger than it takes");
    }
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
    this.#onControl.get(id)?.();
    if (this.#onControl.delete(id)) this.#schedule();
    const batch = this.#underWay.get(id);
    if (!batch) return;
    this.#underWay.delete(id);
    this.#link.progressed();
    if (refusal !== undefined) this.#refused(batch, refusal);
    else this.outbox.delivered(batch);
    this.#settled();
  }

  /** Trying again would hold up all that comes after. */
  #refused(batch: Batch, reason: string): void {
    this.outbox.lost(batch);
    this.#link.tell(reason, `; what it does not take on ${batch[0].topic} is dropped`);
    this.#settled();
  }

  #settled(): void {
    this.#schedule();
    if (this.outbox.queuedCount === 0) this.#onSettled();
  }

  #ready(limits: BrokerLimits): void {
    this.#limits = limits;
    this.#announce("online");
    this.#schedule();
  }

  #down(): void {
    this.#onControl.clear();
    // What a socket had half taken may have arrived: of QoS 0 it is not sent again.
    if (this.#writing) this.outbox.lost(this.#writing);
    this.#writing = undefined;
    if (this.outbox.queuedCount === 0) this.#onSettled();
  }

  /** Publish that we are there, or go; resolves when the broker has it. */
  #announce(status: Status): Promise<void> {
    const { alive } = this.topics;
    const connection = this.#link.ready;
    if (alive === undefined || !connection) return Promise.resolve();
    const payload = packed(statusOf(status, this.context.propletId), false);
    const options = { ...this.#publishOptions(payload), retain: true };
    return new Promise((resolve) => {
      const id = connection.publish(alive, payload.body, options, () => resolve());
      if (id > 0) this.#onControl.set(id, resolve);
    });
  }

  async #close(withinMs: number): Promise<void> {
    const deadline = new Timeout(withinMs);
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
    clearTimeout(this.#gatherTimer);
    this.#silence.stop();
    this.#tellWhatIsLeft();
    const disk = new Timeout(DISK_MS);
    await Promise.race([this.outbox.close(), disk.over]);
    disk.clear();
  }

  #tellWhatIsLeft(): void {
    const count = this.outbox.queuedCount;
    if (count === 0) return;
    const messages = count === 1 ? "1 message was" : `${count} messages were`;
    const { mqtt_queue_dir } = this.settings;
    const where = mqtt_queue_dir === undefined ? "" : `; kept in ${mqtt_queue_dir} for the next time`;
    this.context.notice(`mqtt: ${this.destination}: ${messages} not delivered${where}`);
  }
}
