import { createServer as createHttpServer } from "node:http";
import type { IncomingMessage, Server as HttpServer, ServerResponse } from "node:http";
import { createServer } from "node:net";
import type { Server, Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import type { SecureContextOptions, Server as TlsServer } from "node:tls";
import { waitAtMost } from "../deadline.ts";
import { refusal } from "./refusal.ts";

/** So many connections at once are enough for anybody … */
const MOST_GUESTS = 256;
/** … and for one user or address. */
const MOST_EACH = 192;
/** Who has not shown that he may be here has so long to do it, from his last word on. */
const STRANGER_PATIENCE_MS = 10_000;
/** Who may be here, and asks nothing, stays for so long. */
const IDLE_MS = 60_000;
const LOOK_EVERY_MS = 500;

/** A connection. */
interface Guest {
  readonly socket: Socket;
  readonly who: string;
  /** Whether a request of this connection was allowed: until then anybody may have it. */
  isKnown: boolean;
  /** Requests whose answers are under way. */
  asking: number;
  sinceMs: number;
}

/** How a door treats those who come. */
export interface DoorRules {
  /** The user or address a connection comes from; null for one that is shut at once, before anything of it is read. */
  readonly identify: (socket: Socket) => string | null;
  /** Answers a request; `admit` is to be called as soon as the client is authorised. */
  readonly listener: (message: IncomingMessage, response: ServerResponse, admit: () => void) => void;
  /** How long strangers are waited for. */
  readonly patienceMs?: number;
  /** Certificate and key; without them connections are not encrypted. */
  readonly tls?: SecureContextOptions;
}

/**
 * Accepts connections, at a Unix socket or a port, with limits of its own. When it is full, unauthorised connections
 * are closed, first of those with many, the longest idle first: idle strangers cannot lock others out. Accepted
 * connections go to the HTTP server.
 */
export class Door {
  /** What listens; it reads nothing itself. */
  readonly server: Server;
  readonly #http: HttpServer;
  readonly #tls: TlsServer | null = null;
  readonly #guests = new Map<Socket, Guest>();
  readonly #rules: DoorRules;
  /** Set while there are guests: who waits for none has nothing to look at. */
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isClosing = false;

  constructor(rules: DoorRules) {
    this.#rules = rules;
    const listen = (message: IncomingMessage, response: ServerResponse) => this.#serve(message, response);
    this.#http = createHttpServer({ maxHeaderSize: 16_384, keepAliveTimeout: IDLE_MS }, listen);
    // A client that expects 100-continue is answered by the listener, which checks the head first.
    this.#http.on("checkContinue", listen);
    this.#http.on("clientError", turnAway);
    this.#http.on("connect", (_: IncomingMessage, socket: Socket) => {
      void say(socket, refusal("method_not_allowed", "this is not a proxy"), "Method Not Allowed");
    });
    const { tls, patienceMs = STRANGER_PATIENCE_MS } = rules;
    if (tls) {
      this.#tls = createTlsServer(
        { ...tls, handshakeTimeout: patienceMs },
        (socket) => this.#welcome(socket),
      );
      // Who does not even shake hands is not counted among the guests.
      this.#tls.maxConnections = 2 * MOST_GUESTS;
    }
    this.server = this.#tls ?? createServer((socket) => this.#welcome(socket));
  }

  /** Take another certificate and key for connections from now on. @throws the error of what is no such pair */
  renew(tls: SecureContextOptions): void {
    this.#tls?.setSecureContext(tls);
  }

  /** Accept no more connections, give answers under way this time, and close the rest. */
  async close(lastWordsMs: number): Promise<void> {
    this.#isClosing = true;
    clearTimeout(this.#timer);
    const closed = new Promise((resolve) => this.server.close(resolve));
    for (const { socket, asking } of this.#guests.values()) if (asking === 0) socket.destroy();
    await waitAtMost(lastWordsMs, closed);
    for (const socket of this.#guests.keys()) socket.destroy();
  }

  #welcome(socket: Socket): void {
    socket.on("error", () => {}); // Told by "close".
    const who = this.#rules.identify(socket);
    if (who === null || this.#isClosing || !this.#hasRoom(who)) return void socket.destroy();
    this.#guests.set(socket, { socket, who, isKnown: false, asking: 0, sinceMs: performance.now() });
    socket.on("close", () => this.#guests.delete(socket));
    this.#lookLater();
    this.#http.emit("connection", socket);
  }

  /** Whether there is room for one more of them, made where there is none. */
  #hasRoom(who: string): boolean {
    const own = this.#of(who);
    if (own.length >= MOST_EACH) return this.#dismiss(own);
    if (this.#guests.size < MOST_GUESTS) return true;
    const many = new Map<string, Guest[]>();
    for (const guest of this.#guests.values()) {
      if (!guest.isKnown) many.set(guest.who, [...many.get(guest.who) ?? [], guest]);
    }
    const [most = []] = [...many.values()].sort((a, b) => b.length - a.length);
    return this.#dismiss(most) || this.#dismiss([...this.#guests.values()]);
  }

  /** Let one of some go who is not served just now, strangers first; whether there is such a one. */
  #dismiss(guests: readonly Guest[]): boolean {
    const [first] = guests.filter(({ isKnown, asking }) => !isKnown || asking === 0).sort((a, b) =>
      Number(a.isKnown) - Number(b.isKnown) || a.sinceMs - b.sinceMs
    );
    if (!first) return false;
    this.#guests.delete(first.socket);
    first.socket.destroy();
    return true;
  }

  #of(who: string): Guest[] {
    return [...this.#guests.values()].filter((guest) => guest.who === who);
  }

  #serve(message: IncomingMessage, response: ServerResponse): void {
    const guest = this.#guests.get(message.socket);
    if (!guest) return void message.socket.destroy();
    guest.asking++;
    response.on("close", () => {
      guest.asking--;
      guest.sinceMs = performance.now();
      if (this.#isClosing && guest.asking === 0) guest.socket.end();
    });
    this.#rules.listener(message, response, () => {
      guest.isKnown = true;
    });
  }

  #lookLater(): void {
    this.#timer ??= setTimeout(() => this.#showOut(), LOOK_EVERY_MS);
    this.#timer.unref?.();
  }

  /** Idle connections are closed. */
  #showOut(): void {
    this.#timer = undefined;
    if (this.#isClosing || this.#guests.size === 0) return;
    this.#lookLater();
    const nowMs = performance.now();
    const { patienceMs = STRANGER_PATIENCE_MS } = this.#rules;
    for (const { socket, isKnown, asking, sinceMs } of this.#guests.values()) {
      const waitedMs = nowMs - sinceMs;
      if (isKnown ? asking === 0 && waitedMs > IDLE_MS : waitedMs > patienceMs) socket.destroy();
    }
  }
}

/** Answer what is not HTTP with an error, and close the connection. */
function turnAway({ code }: NodeJS.ErrnoException, socket: Socket): void {
  if (code === "HPE_HEADER_OVERFLOW") {
    const answer = refusal("malformed", "the head of the request is too long", 431);
    return void say(socket, answer, "Request Header Fields Too Large");
  }
  void say(socket, refusal("malformed", "this is not a request of HTTP/1.1"), "Bad Request");
}

/** Write a final response where there is no request to answer. */
async function say(socket: Socket, answer: Response, words: string): Promise<void> {
  const text = await answer.text();
  if (!socket.writable) return void socket.destroy();
  const head = [
    `HTTP/1.1 ${answer.status} ${words}`,
    "Content-Type: application/json",
    `Content-Length: ${Buffer.byteLength(text)}`,
    "Connection: close",
  ];
  socket.end(`${head.join("\r\n")}\r\n\r\n${text}`);
}
