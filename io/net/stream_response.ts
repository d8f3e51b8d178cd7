import { printableJson } from "../../core/printable.ts";

/** A comment this often tells a client, and whoever stands between, that the stream lives. */
const HEARTBEAT_MS = 15_000;
/** Lines are gathered up to this before they are handed on. */
const GATHER_LENGTH = 32_768;

const encoder = new TextEncoder();

/** One server-sent event (https://html.spec.whatwg.org/multipage/server-sent-events.html). */
export function serverSentEvent(event: string, data: unknown, id?: number | string): string {
  return `${id === undefined ? "" : `id: ${id}\n`}event: ${event}\ndata: ${printableJson(data)}\n\n`;
}

/** A response of server-sent events. They are taken from the source no faster than the client takes them. */
export function eventStream(source: AsyncIterable<string>): Response {
  return streamed(source, "text/event-stream; charset=utf-8", ": \n\n");
}

/** A response of JSON values, one a line, at the pace of the client. */
export function jsonLines(source: AsyncIterable<unknown>): Response {
  return streamed(
    mapped(source, (value) => `${printableJson(value)}\n`),
    "application/x-ndjson; charset=utf-8",
    null,
  );
}

/** A response of bytes, at the pace of the client. */
export function byteStream(source: AsyncGenerator<Uint8Array>, type: string): Response {
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { done, value } = await source.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    async cancel() {
      await source.return(undefined);
    },
  }, { highWaterMark: 0 });
  return new Response(body, { headers: { "content-type": type, "cache-control": "no-store" } });
}

/** Each value of a source, made into another. */
export async function* mapped<T, U>(source: AsyncIterable<T>, make: (value: T) => U): AsyncGenerator<U> {
  for await (const value of source) yield make(value);
}

function streamed(source: AsyncIterable<string>, type: string, heartbeat: string | null): Response {
  const iterator = source[Symbol.asyncIterator]();
  let timer: ReturnType<typeof setInterval> | undefined;
  let next: Promise<IteratorResult<string>> | null = null;
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      if (heartbeat === null) return;
      // The head of the response leaves with the first bytes: a client that waits for it is not kept waiting.
      controller.enqueue(encoder.encode(heartbeat));
      timer = setInterval(() => {
        if ((controller.desiredSize ?? 0) > 0) controller.enqueue(encoder.encode(heartbeat));
      }, HEARTBEAT_MS);
      timer.unref?.();
    },
    async pull(controller) {
      let text = "";
      try {
        for (;;) {
          next ??= iterator.next();
          // What is there already goes together; what is not is waited for only when there is nothing to send.
          const result = text === "" ? await next : await Promise.race([next, soon()]);
          if (result === null) break;
          next = null;
          if (result.done) {
            if (text !== "") controller.enqueue(encoder.encode(text));
            clearInterval(timer);
            return controller.close();
          }
          text += result.value;
          if (text.length >= GATHER_LENGTH) break;
        }
        controller.enqueue(encoder.encode(text));
      } catch (error) {
        clearInterval(timer);
        controller.error(error);
      }
    },
    async cancel() {
      clearInterval(timer);
      await iterator.return?.();
    },
  }, { highWaterMark: 1 });
  return new Response(body, { headers: { "content-type": type, "cache-control": "no-store" } });
}

/** Nothing, after everything that is ready by now. */
function soon(): Promise<null> {
  return new Promise((resolve) => setImmediate(() => resolve(null)));
}
