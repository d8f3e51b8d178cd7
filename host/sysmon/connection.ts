import { METHODS } from "../../core/schema/sysmon_schema.ts";
import type { MethodName, ReadingMethod } from "../../core/schema/sysmon_schema.ts";
import { describeIssues, IN_OUR_WORDS } from "../../core/schema/zod_issues.ts";
import { LineSplitter } from "../../io/lines/line_splitter.ts";
import type { Line } from "../../io/lines/line_splitter.ts";
import type { Outbox } from "../../io/lines/outbox.ts";
import { BrokerStats } from "./broker_stats.ts";
import type { Call } from "./call.ts";
import { parseRequest, refuseMessage, serviceEvent } from "./envelope.ts";
import type { Message } from "./envelope.ts";
import { idOf, isJsonRpc, isJsonRpcAnswer, parseJsonRpc, refuseJsonRpc } from "./json_rpc.ts";
import { openRpcText } from "./open_rpc.ts";
import { isBlank, LONGEST_LINE_BYTES, parseLine } from "./parse_line.ts";
import { asRefusal, Refusal } from "./refusal.ts";
import type { Service } from "./service.ts";
import { FRAME_EVENT, Subscription } from "./subscription.ts";

/** The longest JSON-RPC batch: each of its messages may cost a hundred bytes of answer. */
const LONGEST_BATCH = 1_000;
/** The most subscriptions of one stream. */
const MOST_SUBSCRIPTIONS = 64;
/** A frame is left out while more than this waits for the reader. */
const FRAME_BACKLOG = 65_536;

type Send = (text: string) => void;

/**
 * One stream of messages: what comes in is answered, each request once, in whatever order the answers are there. Both
 * protocols may be mixed.
 */
export class Connection {
  readonly #service: Service;
  readonly #outbox: Outbox;
  readonly #splitter = new LineSplitter(LONGEST_LINE_BYTES);
  readonly #broker: BrokerStats;
  readonly #subscriptions = new Map<string, Subscription>();
  readonly #take = (line: Line) => this.#takeLine(line);
  #subscribed = 0;
  #inFlight = 0;
  #whenIdle: () => void = () => {};
  #closed: Promise<void> | undefined;

  constructor(service: Service, outbox: Outbox) {
    this.#service = service;
    this.#outbox = outbox;
    this.#broker = new BrokerStats((message) => this.#say(message), service.host.cacheMs);
    this.#say(serviceEvent("subprocess_ready", service.introduction));
  }

  /** Whether answers are still to be made, or a subscription goes on. */
  get isBusy(): boolean {
    return this.#inFlight > 0 || this.#subscriptions.size > 0;
  }

  /** Bytes came in. */
  receive(chunk: Uint8Array): void {
    this.#service.counts.receivedBytes += chunk.length;
    this.#splitter.push(chunk, this.#take);
  }

  /** Nothing will come in any more; a last line may lack its end. */
  endOfInput(): void {
    this.#splitter.end(this.#take);
    this.#broker.end();
  }

  /** Answer what is under way, say goodbye, and resolve when all is written. What comes in meanwhile is refused. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    this.#broker.end();
    for (const subscription of this.#subscriptions.values()) void subscription.stop();
    if (this.#inFlight > 0) await new Promise<void>((resolve) => this.#whenIdle = resolve);
    this.#say(serviceEvent("subprocess_shutdown", { pid: this.#service.introduction.pid }));
    await this.#outbox.flushed();
  }

  #say(text: string): void {
    this.#service.counts.sentBytes += Buffer.byteLength(text) + 1;
    this.#outbox.write(text);
  }

  /** Send an answer or an error, and count it. */
  readonly #reply = (text: string) => {
    this.#service.counts.answered++;
    this.#say(text);
  };

  #takeLine(line: Line): void {
    if (line && isBlank(line)) return;
    const { counts } = this.#service;
    counts.received++;
    let message: unknown;
    try {
      message = parseLine(line);
    } catch (error) {
      // Of a line that cannot be read, this is all that tells in which protocol it was meant.
      const isRpc = line !== null && Buffer.from(line).includes('"jsonrpc"');
      return this.#refuse(asRefusal(error), isRpc);
    }
    if (Array.isArray(message)) return this.#takeBatch(message);
    if (typeof message !== "object" || message === null) {
      const what = message === null ? "null" : `a ${typeof message}`;
      const refusal = new Refusal("InvalidRequest", `the line is ${what}; write an object`);
      return this.#refuse(refusal, false);
    }
    if (isJsonRpc(message as Message)) this.#takeJsonRpc(message as Message, this.#reply);
    else this.#takeEnvelope(message as Message);
  }

  #refuse(refusal: Refusal, isRpc: boolean): void {
    this.#service.counts.errors++;
    this.#reply(isRpc ? refuseJsonRpc(refusal) : refuseMessage(refusal));
  }

  #takeEnvelope(message: Message): void {
    const { type } = message;
    // An answer to our question, or a late one; and what the broker tells everybody.
    if (type === "response" || type === "error") return this.#broker.take(message);
    if (type === "event") return;
    let call: Call;
    try {
      call = parseRequest(message);
    } catch (error) {
      this.#service.counts.errors++;
      return this.#reply(refuseMessage(asRefusal(error), message));
    }
    this.#serve(call, this.#reply, typeof message.source === "string" ? message.source : "broker");
  }

  #takeJsonRpc(message: unknown, reply: Send, done: () => void = () => {}): void {
    if (typeof message === "object" && message !== null && isJsonRpcAnswer(message as Message)) return done();
    let call: ReturnType<typeof parseJsonRpc>;
    try {
      call = parseJsonRpc(message);
    } catch (error) {
      this.#service.counts.errors++;
      reply(refuseJsonRpc(asRefusal(error), idOf(message)));
      return done();
    }
    // A notification wants no answer, and no method does anything else.
    if (call.isNotification) return done();
    this.#serve(call, (text) => {
      reply(text);
      done();
    });
  }

  #takeBatch(messages: readonly unknown[]): void {
    if (messages.length === 0 || messages.length > LONGEST_BATCH) {
      const what = messages.length === 0 ? "is empty" : `has more than ${LONGEST_BATCH} messages`;
      return this.#refuse(new Refusal("InvalidRequest", `the batch ${what}`), true);
    }
    this.#service.counts.received += messages.length - 1;
    const replies: string[] = [];
    let left = messages.length;
    const reply = (text: string) => {
      this.#service.counts.answered++;
      replies.push(text);
    };
    const done = () => {
      if (--left === 0 && replies.length > 0) this.#say(`[${replies.join(",")}]`);
    };
    for (const message of messages) this.#takeJsonRpc(message, reply, done);
  }

  /** Answer a call, at once where that needs no waiting. */
  #serve(call: Call, reply: Send, broker?: string): void {
    let result: string | Promise<string>;
    try {
      result = this.#result(call, broker);
    } catch (error) {
      return this.#replyError(call, reply, error);
    }
    if (typeof result === "string") return reply(call.answer(result));
    this.#inFlight++;
    result.then(
      (text) => reply(call.answer(text)),
      (error) => this.#replyError(call, reply, error),
    ).finally(() => {
      if (--this.#inFlight === 0) this.#whenIdle();
    });
  }

  #replyError(call: Call, reply: Send, error: unknown): void {
    this.#service.counts.errors++;
    reply(call.refuse(asRefusal(error)));
  }

  /**
   * What a call gives, as JSON.
   * @throws Refusal or HostError
   */
  #result(call: Call, broker?: string): string | Promise<string> {
    if (this.#closed) throw new Refusal("ServiceUnavailable", "the service is shutting down");
    if (!Object.hasOwn(METHODS, call.method)) {
      throw new Refusal(
        "MethodNotFound",
        `there is no method ${JSON.stringify(call.method)}; rpc.discover lists them`,
      );
    }
    const method = call.method as MethodName;
    this.#service.counts.count(method);
    // No parameters are the usual case, and right for all methods that take none.
    const takesNone = method !== "RPCSubscribe" && method !== "RPCUnsubscribe";
    const parameters = call.parameters === undefined && takesNone
      ? undefined
      : checked(method, call.parameters);
    switch (method) {
      case "RPCSubscribe":
        return this.#subscribe(call, parameters as SubscribeParameters, broker);
      case "RPCUnsubscribe":
        return this.#unsubscribe((parameters as { subscription: string }).subscription);
      case "rpc.discover":
        return openRpcText();
      default:
        return this.#read(method, broker);
    }
  }

  #read(method: ReadingMethod, broker?: string, maxAgeMs?: number): string | Promise<string> {
    const text = this.#service.read(method, maxAgeMs);
    if (method !== "RPCGetSysMetrics") return text;
    const stats = broker === undefined ? undefined : this.#broker.ask(broker);
    return stats || typeof text !== "string"
      ? Promise.all([text, stats]).then(([metrics, found]) => this.#withMessageStats(metrics, found))
      : this.#withMessageStats(text);
  }

  #withMessageStats(metrics: string, broker?: unknown): string {
    const stats = JSON.stringify({ ...this.#service.counts.stats(), broker });
    return `${metrics.slice(0, -1)},"message_stats":${stats}}`;
  }

  #subscribe(call: Call, { methods, interval_ms }: SubscribeParameters, broker?: string): string {
    if (this.#subscriptions.size >= MOST_SUBSCRIPTIONS) {
      throw new Refusal(
        "InvalidParams",
        `this stream has ${MOST_SUBSCRIPTIONS} subscriptions; end one first`,
      );
    }
    const id = `s${++this.#subscribed}`;
    this.#subscriptions.set(
      id,
      new Subscription({
        id,
        methods,
        intervalMs: interval_ms,
        // A reading that is older than half an interval would be shown twice.
        read: () => this.#frame(methods, broker, interval_ms / 2),
        send: (frame) => {
          if (this.#outbox.pendingLength > FRAME_BACKLOG) return false;
          this.#say(call.event(FRAME_EVENT, frame));
          return true;
        },
      }),
    );
    return JSON.stringify({ subscription: id, methods, interval_ms });
  }

  async #unsubscribe(id: string): Promise<string> {
    const subscription = this.#subscriptions.get(id);
    if (!subscription) throw new Refusal("InvalidParams", `there is no subscription ${JSON.stringify(id)}`);
    this.#subscriptions.delete(id);
    await subscription.stop();
    const { frames, dropped } = subscription;
    return JSON.stringify({ subscription: id, frames, dropped });
  }

  async #frame(
    methods: readonly ReadingMethod[],
    broker: string | undefined,
    maxAgeMs: number,
  ): Promise<string> {
    const errors: Record<string, { code: string; message: string }> = {};
    const readings = await Promise.all(methods.map(async (method) => {
      try {
        return `${JSON.stringify(method)}:${await this.#read(method, broker, maxAgeMs)}`;
      } catch (error) {
        const { code, message } = asRefusal(error);
        errors[method] = { code, message };
        return "";
      }
    }));
    return `"readings":{${readings.filter(Boolean).join(",")}},"errors":${JSON.stringify(errors)}`;
  }
}

interface SubscribeParameters {
  readonly methods: ReadingMethod[];
  readonly interval_ms: number;
}

function checked(method: MethodName, parameters: unknown): unknown {
  const { success, data, error } = METHODS[method].parameters.safeParse(parameters, IN_OUR_WORDS);
  if (!success) throw new Refusal("InvalidParams", `${method}: ${describeIssues(error)}`);
  return data;
}
