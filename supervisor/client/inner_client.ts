import type { ProcessStatus, SupervisorControl } from "../control.ts";
import { eventOf, refused } from "./ctl_client.ts";

/** Answers a request, as the API does. */
export type Answer = (request: Request) => Response | Promise<Response>;

/** Any would do: nothing is connected to. */
const HERE = "http://supervisor";

/** Asks the supervisor of our own process, past its doors, as a {@link Client} would. */
export class InnerClient {
  /** @param control is asked what is asked often: of hundreds of processes an answer's text costs more than a look */
  constructor(readonly answer: Answer, readonly control: Pick<SupervisorControl, "list">) {}

  /** Every process at a glance. */
  statuses(): Promise<ProcessStatus[]> {
    return Promise.resolve(this.control.list());
  }

  /** @throws Refused with what the supervisor says */
  async ask<T>(method: "GET" | "POST" | "DELETE", path: string): Promise<T> {
    const response = await this.answer(new Request(`${HERE}${path}`, { method }));
    const text = await response.text();
    if (!response.ok) throw refused(text, response.status);
    return (text === "" ? undefined : JSON.parse(text)) as T;
  }

  /** The JSON lines of a stream as they come, until it ends or the signal comes. */
  async *lines<T>(path: string, signal?: AbortSignal): AsyncGenerator<T> {
    for await (const line of this.#parts(path, "application/x-ndjson", "\n", signal)) {
      if (line !== "") yield JSON.parse(line);
    }
  }

  /** The server-sent events of a stream as they come, until it ends or the signal comes. */
  async *events<T>(path: string, signal?: AbortSignal): AsyncGenerator<{ event: string; data: T }> {
    for await (const block of this.#parts(path, "text/event-stream", "\n\n", signal)) {
      const event = eventOf<T>(block);
      if (event) yield event;
    }
  }

  async *#parts(
    path: string,
    accept: string,
    separator: string,
    signal?: AbortSignal,
  ): AsyncGenerator<string> {
    const response = await this.answer(new Request(`${HERE}${path}`, { headers: { accept }, signal }));
    if (!response.ok || !response.body) throw refused(await response.text(), response.status);
    const reader = response.body.getReader();
    const stop = () => void reader.cancel().catch(() => {});
    signal?.addEventListener("abort", stop);
    const decoder = new TextDecoder();
    let text = "";
    try {
      for (;;) {
        const { done, value } = await reader.read();
        if (done || signal?.aborted) return;
        const whole = (text + decoder.decode(value, { stream: true })).split(separator);
        text = whole.pop()!;
        yield* whole;
      }
    } finally {
      signal?.removeEventListener("abort", stop);
      stop();
    }
  }
}
