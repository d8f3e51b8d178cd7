import { serviceRequest } from "./envelope.ts";
import type { Message } from "./envelope.ts";

/** How long a broker may take to answer. */
const BROKER_PATIENCE_MS = 200;
/** After so many questions without an answer it is taken for one that gives none … */
const QUESTIONS_IN_VAIN = 3;
/** … and asked again only after this. */
const RESPITE_MS = 30_000;

const METHOD = "RPCGetMessageStats";

interface Question {
  readonly correlationId: string;
  readonly answer: (payload: unknown) => void;
}

/** Asks the broker at the other end of a stream for its message statistics; its answer is kept for a while. */
export class BrokerStats {
  #question: Question | undefined;
  #pending: Promise<unknown> | undefined;
  #known: { readonly payload: unknown; readonly atMs: number } | undefined;
  #inVain = 0;
  #asked = 0;
  #isOver = false;

  /** @param send writes a message to the stream; @param cacheMs how long an answer, or none, is kept */
  constructor(readonly send: (message: string) => void, readonly cacheMs: number) {}

  /** The broker's statistics; undefined when it does not tell them in time. */
  ask(broker: string): Promise<unknown> | undefined {
    if (this.#pending) return this.#pending;
    if (this.#isOver || (this.#known && performance.now() - this.#known.atMs < this.#keptMs())) {
      return this.#known && Promise.resolve(this.#known.payload);
    }
    this.#pending = new Promise((resolve) => {
      const correlationId = `sysmon-${++this.#asked}`;
      const answer = (payload: unknown) => {
        clearTimeout(timer);
        this.#question = undefined;
        this.#pending = undefined;
        this.#inVain = payload === undefined ? this.#inVain + 1 : 0;
        this.#known = { payload, atMs: performance.now() };
        resolve(payload);
      };
      const timer = setTimeout(() => answer(undefined), BROKER_PATIENCE_MS);
      this.#question = { correlationId, answer };
      this.send(serviceRequest(METHOD, broker, correlationId));
    });
    return this.#pending;
  }

  /** A message of type `response` or `error` came: it may be the answer. Late ones and strangers are passed over. */
  take({ type, correlation_id, payload }: Message): void {
    if (correlation_id !== this.#question?.correlationId) return;
    this.#question?.answer(type === "response" ? payload ?? null : undefined);
  }

  /** No answer can come any more: whoever waits for one gets none. */
  end(): void {
    this.#isOver = true;
    this.#question?.answer(undefined);
  }

  #keptMs(): number {
    return this.#inVain >= QUESTIONS_IN_VAIN ? RESPITE_MS : this.cacheMs;
  }
}
