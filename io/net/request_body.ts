import type { IncomingMessage } from "node:http";
import { MOST_LEVELS, shapeOf } from "./json_shape.ts";
import { refusal } from "./refusal.ts";
import { MAX_BODY_BYTES, refuseBody, tooLarge } from "./request_head.ts";
import type { RequestHead } from "./request_head.ts";

/** A body that does not come is not waited for. */
const BODY_PATIENCE_MS = 10_000;
/** After a refusal so much of a body is thrown away, for so long: who still writes would not read the answer. */
const MOST_THROWN_AWAY_BYTES = 16 * MAX_BODY_BYTES;
const THROW_AWAY_MS = 2_000;

/** The whole body, which is JSON or empty; a response when it is none, too long, or does not come. */
export async function readBody(
  message: IncomingMessage,
  head: RequestHead,
): Promise<Uint8Array<ArrayBuffer> | Response> {
  const body = await wholeBody(message);
  if (body instanceof Response || body.length === 0) return body;
  return refuseBody(head, body.length) ?? jsonFault(body) ?? body;
}

function wholeBody(message: IncomingMessage): Promise<Uint8Array<ArrayBuffer> | Response> {
  return new Promise((resolve, reject) => {
    const pieces: Uint8Array[] = [];
    let length = 0;
    const done = (result: Uint8Array<ArrayBuffer> | Response) => {
      clearTimeout(timer);
      message.off("data", onData);
      resolve(result);
    };
    const onData = (piece: Uint8Array) => {
      length += piece.length;
      if (length > MAX_BODY_BYTES) return done(tooLarge());
      pieces.push(piece);
    };
    const late = () => done(refusal("timeout", `the body did not come within ${BODY_PATIENCE_MS / 1_000} s`));
    const timer = setTimeout(late, BODY_PATIENCE_MS);
    message.on("data", onData);
    message.on("end", () => done(Buffer.concat(pieces)));
    message.on("error", (error) => {
      clearTimeout(timer);
      reject(error);
    });
    // A client that went away has sent no whole body.
    message.on("close", () => {
      clearTimeout(timer);
      if (!message.complete) reject(new Error("the client has gone"));
    });
  });
}

function jsonFault(body: Uint8Array): Response | null {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(body);
    // Before it is parsed, which some do by recursion.
    if (shapeOf(text).levels > MOST_LEVELS) {
      return refusal("malformed", `the body is nested deeper than ${MOST_LEVELS} levels`);
    }
    JSON.parse(text);
    return null;
  } catch (error) {
    return refusal("malformed", `the body is not JSON: ${(error as Error).message.split("\n")[0]}`);
  }
}

/** Throw away what is left of a body, within bounds. Resolves when there is no more, or too much of it. */
export function throwAway(message: IncomingMessage): Promise<void> {
  return new Promise((resolve) => {
    if (message.complete || message.destroyed) return resolve();
    let length = 0;
    const done = () => {
      clearTimeout(timer);
      resolve();
    };
    const timer = setTimeout(done, THROW_AWAY_MS);
    message.on("data", (piece: Uint8Array) => {
      length += piece.length;
      if (length > MOST_THROWN_AWAY_BYTES) done();
    });
    for (const event of ["end", "close", "error"]) message.on(event, done);
    message.resume();
  });
}
