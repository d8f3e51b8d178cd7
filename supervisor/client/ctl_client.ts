import type { IncomingMessage } from "node:http";
import { EXIT, ProctorError, usageError } from "../../core/error.ts";
import { refuseStrangersDoor, STRANGERS_DOOR } from "../../platform/mod.ts";
import type { ProcessStatus } from "../control.ts";
import { supervisorPlace } from "./ctl_place.ts";
import type { PlaceFlags, SupervisorPlace } from "./ctl_place.ts";
import { PATIENCE_MS, Vigil } from "./ctl_vigil.ts";
import { Turns } from "./turns.ts";

/** The exit code for what a supervisor did not do. */
export const REFUSED = 1;

/**
 * Questions under way at once: each has a connection, and a second one where it takes long. Of one user a supervisor
 * takes 192, and shuts the rest.
 */
const MOST_AT_ONCE = 64;

const LATE = Object.assign(new Error("late"), { code: "ETIMEDOUT" });

/** A supervisor has said no. */
export class Refused extends ProctorError {
  constructor(message: string) {
    super("system", message);
  }

  /** A faulty configuration has a line for each fault. */
  override get lines(): readonly string[] {
    return this.message.split("\n");
  }

  override get exitCode(): number {
    return REFUSED;
  }
}

/** Asks a supervisor over its socket, or its port. */
export class Client {
  readonly #place: SupervisorPlace;
  readonly #turns = new Turns(MOST_AT_ONCE);
  /** Whether it stands still: whoever has not been asked yet need not wait for that as well. */
  #isDead = false;

  /** @throws ProctorError of kind `usage` when the flags name no place */
  constructor(flags: PlaceFlags) {
    this.#place = supervisorPlace(flags);
  }

  /**
   * Ask, and get the answer's JSON.
   * @throws Refused with what the supervisor says; ProctorError when none answers
   */
  async ask<T>(method: "GET" | "POST" | "DELETE", path: string, body?: unknown): Promise<T> {
    return await this.#turns.take(async () => {
      if (this.#isDead) throw this.#unreachable(LATE);
      const message = await this.#send(method, path, {}, body);
      const text = await this.#wholeText(message);
      if (message.statusCode! >= 400) throw refused(text, message.statusCode!);
      return (text === "" ? undefined : JSON.parse(text)) as T;
    });
  }

  /** Every process at a glance. @throws as {@link ask} */
  statuses(): Promise<ProcessStatus[]> {
    return this.ask("GET", "/processes");
  }

  /**
   * The JSON lines of a stream as they come, until it ends or the signal comes.
   * @throws as {@link ask}
   */
  async *lines<T>(path: string, signal?: AbortSignal): AsyncGenerator<T> {
    for await (const line of this.#text(path, "application/x-ndjson", "\n", signal)) {
      if (line !== "") yield JSON.parse(line);
    }
  }

  /** The server-sent events of a stream as they come: name and data; until it ends or the signal comes. */
  async *events<T>(path: string, signal?: AbortSignal): AsyncGenerator<{ event: string; data: T }> {
    for await (const block of this.#text(path, "text/event-stream", "\n\n", signal)) {
      const event = eventOf<T>(block);
      if (event) yield event;
    }
  }

  async *#text(
    path: string,
    accept: string,
    separator: string,
    signal?: AbortSignal,
  ): AsyncGenerator<string> {
    const message = await this.#send("GET", path, { accept });
    if (message.statusCode! >= 400) throw refused(await this.#wholeText(message), message.statusCode!);
    message.setEncoding("utf8");
    let text = "";
    const vigil = new Vigil(this.#place, () => message.destroy(LATE));
    const stop = () => void message.destroy();
    signal?.addEventListener("abort", stop);
    if (signal?.aborted) stop();
    try {
      for await (const piece of message) {
        vigil.heard();
        text += piece;
        const whole = text.split(separator);
        text = whole.pop()!;
        yield* whole;
      }
    } catch (error) {
      if (signal?.aborted) return;
      const { code } = error as NodeJS.ErrnoException;
      if (code === LATE.code) throw this.#unreachable(LATE);
      // The supervisor has ended, or was killed: so has the stream.
      if (code !== "ECONNRESET") throw error;
    } finally {
      vigil.end();
      signal?.removeEventListener("abort", stop);
      message.destroy();
    }
  }

  async #send(
    method: string,
    path: string,
    headers: Record<string, string>,
    body?: unknown,
  ): Promise<IncomingMessage> {
    // Every verb loads this file, and most of them speak no HTTP.
    const { isTls, options, token } = this.#place;
    if ("socketPath" in options) {
      await refuseStrangersDoor(options.socketPath).catch((error) => {
        throw this.#unreachable(error);
      });
    }
    const { request } = await (isTls ? import("node:https") : import("node:http"));
    const text = body === undefined ? undefined : JSON.stringify(body);
    const all = {
      ...headers,
      ...(text === undefined ? {} : { "content-type": "application/json" }),
      ...(token === null ? {} : { authorization: `Bearer ${token}` }),
    };
    return await new Promise((resolve, reject) => {
      const asked = request(
        { ...options, path, method, headers: all, agent: false },
        (message) => {
          endWaiting();
          resolve(message);
        },
      );
      const endWaiting = this.#wait(method, () => asked.destroy(LATE));
      asked.on("error", (error: NodeJS.ErrnoException) => {
        endWaiting();
        reject(this.#unreachable(error));
      });
      asked.end(text);
    });
  }

  /**
   * What is only looked at is known at once; what is done takes its time. The function that comes back ends the
   * waiting.
   */
  #wait(method: string, onLate: () => void): () => void {
    if (method !== "GET") {
      const vigil = new Vigil(this.#place, onLate);
      return () => vigil.end();
    }
    const timer = setTimeout(onLate, PATIENCE_MS);
    return () => clearTimeout(timer);
  }

  #unreachable(error: NodeJS.ErrnoException): ProctorError {
    if (error.code === LATE.code) this.#isDead = true;
    return unreachable(this.#place.name, error);
  }

  async #wholeText(message: IncomingMessage): Promise<string> {
    message.setEncoding("utf8");
    const vigil = new Vigil(this.#place, () => message.destroy(LATE));
    let text = "";
    try {
      for await (const piece of message) {
        vigil.heard();
        text += piece;
      }
    } catch (error) {
      throw this.#unreachable(error as NodeJS.ErrnoException);
    } finally {
      vigil.end();
    }
    return text;
  }
}

function unreachable(place: string, { code, message }: NodeJS.ErrnoException): ProctorError {
  if (code === "EACCES" || code === "EPERM") {
    const advice = "a supervisor serves its own user and root alone; run this as that user, or with sudo";
    return new ProctorError("system", `permission denied at "${place}": ${advice}`);
  }
  if (code === STRANGERS_DOOR) {
    const why = "another account has taken the name of its pipe; nothing was sent to it";
    return new ProctorError("system", `no supervisor listens at "${place}": ${why}; start it again`);
  }
  if (code === LATE.code) {
    return new ProctorError("system", `the supervisor at "${place}" does not answer`);
  }
  if (code === "ECONNRESET" || code === "EPIPE") {
    return new ProctorError("system", `the supervisor at "${place}" went away before it answered`);
  }
  if (["ENOENT", "ECONNREFUSED", "ENOTSOCK", "ENOTDIR", "FailedToOpenSocket"].includes(code ?? "")) {
    const advice =
      "start one with proctor supervise --config FILE, or say where it is with --socket or --state-dir";
    return new ProctorError("system", `no supervisor listens at "${place}"; ${advice}`);
  }
  return new ProctorError("system", `cannot ask the supervisor at "${place}": ${code ?? message}`);
}

/** The server-sent event of a block; null for a comment. */
export function eventOf<T>(block: string): { event: string; data: T } | null {
  const event = /^event: (.*)$/m.exec(block)?.[1];
  const data = /^data: (.*)$/m.exec(block)?.[1];
  return event !== undefined && data !== undefined ? { event, data: JSON.parse(data) } : null;
}

/** What a supervisor has said by an answer that refuses. */
export function refused(text: string, status: number): Refused {
  try {
    return new Refused(JSON.parse(text).error.message);
  } catch {
    return new Refused(`the supervisor answered with status ${status}`);
  }
}

/**
 * The path of a process, or of something below it.
 * @throws ProctorError of kind `usage` for no id at all, as an unset variable of a shell makes one
 */
export function pathOf(id: string, more = ""): string {
  if (id === "") throw usageError("an id is empty; write that of a process, as proctor ctl status has it");
  return `/processes/${encodeURIComponent(id)}${more}`;
}

/** Exit with the worst of several. */
export function worst(exitCodes: readonly number[]): number {
  return exitCodes.includes(EXIT.proctorFailed) ? EXIT.proctorFailed : Math.max(0, ...exitCodes);
}
