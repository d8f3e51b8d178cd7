import type { IncomingMessage } from "node:http";
import { join } from "node:path";
import process from "node:process";
import { EXIT, ProctorError } from "../core/error.ts";
import { defaultBaseDirectory, SOCKET_NAME } from "../supervisor/base_directory.ts";

/** What a supervisor did not do, with what it said. */
export const REFUSED = 1;

/** A supervisor that lives answers sooner. */
const PATIENCE_MS = 5_000;
const LATE = Object.assign(new Error("late"), { code: "ETIMEDOUT" });

/** Where to find the supervisor. */
export interface SocketFlags {
  socket?: string;
  stateDir?: string;
}

/** The socket of the supervisor that is meant: as given, as `PROCTOR_SOCKET` says, or where one is by default. */
export function socketPath({ socket, stateDir }: SocketFlags): string {
  if (socket !== undefined) return socket;
  if (stateDir !== undefined) return join(stateDir, SOCKET_NAME);
  return process.env.PROCTOR_SOCKET || join(defaultBaseDirectory(), SOCKET_NAME);
}

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

/** Asks a supervisor over its socket. */
export class Client {
  constructor(readonly socket: string) {}

  /**
   * Ask, and get the answer's JSON.
   * @throws Refused with what the supervisor says; ProctorError when none answers
   */
  async ask<T>(method: "GET" | "POST" | "DELETE", path: string, body?: unknown): Promise<T> {
    const message = await this.#send(method, path, {}, body);
    const text = await wholeText(message);
    if (message.statusCode! >= 400) throw refused(text, message.statusCode!);
    return (text === "" ? undefined : JSON.parse(text)) as T;
  }

  /**
   * The JSON lines of a stream as they come.
   * @throws as {@link ask}
   */
  async *lines<T>(path: string): AsyncGenerator<T> {
    for await (const line of this.#text(path, "application/x-ndjson", "\n")) {
      if (line !== "") yield JSON.parse(line);
    }
  }

  /** The server-sent events of a stream as they come: name and data. */
  async *events<T>(path: string): AsyncGenerator<{ event: string; data: T }> {
    for await (const block of this.#text(path, "text/event-stream", "\n\n")) {
      const event = /^event: (.*)$/m.exec(block)?.[1];
      const data = /^data: (.*)$/m.exec(block)?.[1];
      if (event !== undefined && data !== undefined) yield { event, data: JSON.parse(data) };
    }
  }

  async *#text(path: string, accept: string, separator: string): AsyncGenerator<string> {
    const message = await this.#send("GET", path, { accept });
    if (message.statusCode! >= 400) throw refused(await wholeText(message), message.statusCode!);
    message.setEncoding("utf8");
    let text = "";
    try {
      for await (const piece of message) {
        text += piece;
        const whole = text.split(separator);
        text = whole.pop()!;
        yield* whole;
      }
    } catch (error) {
      // The supervisor has ended, or was killed: so has the stream.
      if ((error as NodeJS.ErrnoException).code !== "ECONNRESET") throw error;
    } finally {
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
    const { request } = await import("node:http");
    const text = body === undefined ? undefined : JSON.stringify(body);
    const all = text === undefined ? headers : { ...headers, "content-type": "application/json" };
    return await new Promise((resolve, reject) => {
      const asked = request(
        { socketPath: this.socket, path, method, headers: all, agent: false },
        (message) => {
          clearTimeout(timer);
          resolve(message);
        },
      );
      // What is only looked at is known at once; what is done takes its time.
      const timer = method === "GET" ? setTimeout(() => asked.destroy(LATE), PATIENCE_MS) : undefined;
      asked.on("error", (error: NodeJS.ErrnoException) => {
        clearTimeout(timer);
        reject(this.#unreachable(error));
      });
      asked.end(text);
    });
  }

  #unreachable({ code, message }: NodeJS.ErrnoException): ProctorError {
    const { socket } = this;
    if (code === "EACCES" || code === "EPERM") {
      const advice = "a supervisor serves its own user and root alone; run this as that user, or with sudo";
      return new ProctorError("system", `permission denied at "${socket}": ${advice}`);
    }
    if (code === LATE.code) {
      return new ProctorError("system", `the supervisor at "${socket}" does not answer`);
    }
    if (code === "ECONNRESET" || code === "EPIPE") {
      return new ProctorError("system", `the supervisor at "${socket}" went away before it answered`);
    }
    if (["ENOENT", "ECONNREFUSED", "ENOTSOCK", "ENOTDIR", "FailedToOpenSocket"].includes(code ?? "")) {
      const advice =
        "start one with proctor supervise --config FILE, or say where it is with --socket or --state-dir";
      return new ProctorError("system", `no supervisor listens at "${socket}"; ${advice}`);
    }
    return new ProctorError("system", `cannot ask the supervisor at "${socket}": ${code ?? message}`);
  }
}

async function wholeText(message: IncomingMessage): Promise<string> {
  message.setEncoding("utf8");
  let text = "";
  for await (const piece of message) text += piece;
  return text;
}

function refused(text: string, status: number): Refused {
  try {
    return new Refused(JSON.parse(text).error.message);
  } catch {
    return new Refused(`the supervisor answered with status ${status}`);
  }
}

/** The path of a process, or of something below it. */
export function pathOf(id: string, more = ""): string {
  return `/processes/${encodeURIComponent(id)}${more}`;
}

/** Exit with the worst of several. */
export function worst(exitCodes: readonly number[]): number {
  return exitCodes.includes(EXIT.proctorFailed) ? EXIT.proctorFailed : Math.max(0, ...exitCodes);
}
