import { chmodSync, lstatSync, unlinkSync } from "node:fs";
import { connect, createServer } from "node:net";
import type { Server, Socket } from "node:net";
import process from "node:process";
import { ProctorError, usageError } from "../core/error.ts";
import { Connection } from "./connection.ts";
import { serviceEvent } from "./envelope.ts";
import { Outbox } from "./outbox.ts";
import { paused } from "./paused.ts";
import type { Service } from "./service.ts";
import { LAST_WORDS_MS } from "./serve_stdio.ts";

/** The longest path of a socket: sun_path has 108 bytes (unix(7)), the last a NUL. */
const LONGEST_PATH_BYTES = 107;
/** Only our own user may connect. */
const MASK = 0o177;
const MODE = 0o600;

/**
 * Serve a Unix socket until the signal comes.
 *
 * @param announce is handed events of the service's own: that it listens, and that it ends
 * @throws ProctorError when the path is unfit, or another process listens there
 */
export async function serveSocket(
  service: Service,
  path: string,
  signal: AbortSignal,
  announce: (line: string) => void,
): Promise<void> {
  const server = await SocketServer.open(service, path);
  announce(serviceEvent("subprocess_ready", { ...service.introduction, listen: `unix:${path}` }));
  await new Promise<void>((resolve) => {
    signal.addEventListener("abort", () => resolve());
    if (signal.aborted) resolve();
  });
  await server.close();
  announce(serviceEvent("subprocess_shutdown", { pid: service.introduction.pid }));
}

/** Serves many clients at a Unix socket. */
class SocketServer {
  readonly #service: Service;
  readonly #server: Server;
  readonly #clients = new Map<Socket, Connection>();

  /** Use {@link SocketServer.open}. */
  private constructor(service: Service, readonly path: string) {
    this.#service = service;
    // A client may end its half first and still get its answers.
    this.#server = createServer({ allowHalfOpen: true }, (socket) => this.#welcome(socket));
  }

  /**
   * Begin to listen. A socket that nobody listens to any more is replaced.
   * @throws ProctorError when the path is unfit, or another process listens there
   */
  static async open(service: Service, path: string): Promise<SocketServer> {
    if (Buffer.byteLength(path) > LONGEST_PATH_BYTES) {
      throw usageError(
        `listen: "${path}" is longer than the ${LONGEST_PATH_BYTES} bytes a socket's path may have`,
      );
    }
    await clear(path);
    const server = new SocketServer(service, path);
    await server.#listen();
    return server;
  }

  /** Answer what is under way, say goodbye to all clients, and let go of the socket. */
  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    const goodbyes = [...this.#clients].map(async ([socket, connection]) => {
      await connection.close();
      socket.end();
    });
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise((resolve) => timer = setTimeout(resolve, LAST_WORDS_MS));
    await Promise.race([Promise.all(goodbyes).then(() => closed), late]);
    clearTimeout(timer);
    for (const socket of this.#clients.keys()) socket.destroy();
    remove(this.path);
  }

  #listen(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once("error", (error: NodeJS.ErrnoException) => {
        reject(new ProctorError("system", `listen: cannot listen at "${this.path}": ${reason(error)}`));
      });
      // The socket is made with these rights; changing them later would leave a moment for others.
      const before = process.umask(MASK);
      try {
        this.#server.listen(this.path, () => {
          chmodSync(this.path, MODE);
          resolve();
        });
      } finally {
        process.umask(before);
      }
    });
  }

  #welcome(socket: Socket): void {
    const outbox = new Outbox((bytes) => written(socket, bytes));
    const connection = new Connection(this.#service, outbox);
    this.#clients.set(socket, connection);
    socket.on("data", (chunk: Uint8Array) => {
      connection.receive(chunk);
      paused(socket, outbox);
    });
    socket.on("end", async () => {
      connection.endOfInput();
      await connection.close();
      socket.end();
    });
    // A client that went away without a word is told by "close".
    socket.on("error", () => {});
    socket.on("close", () => {
      this.#clients.delete(socket);
      void connection.close();
    });
  }
}

function written(socket: Socket, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    if (socket.destroyed) return reject(new Error("the client has gone"));
    const gone = () => reject(new Error("the client has gone"));
    socket.once("close", gone);
    socket.write(bytes, (error) => {
      socket.off("close", gone);
      if (error) reject(error);
      else resolve();
    });
  });
}

/** Make way at a path: a socket nobody listens to goes, anything else is somebody's. */
async function clear(path: string): Promise<void> {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (!found) return;
  if (!found.isSocket()) throw usageError(`listen: "${path}" is there and is no socket; give another path`);
  if (await isAlive(path)) {
    throw usageError(`listen: another process listens at "${path}"; end it or give another path`);
  }
  remove(path);
}

function isAlive(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    const tell = (alive: boolean) => {
      socket.destroy();
      resolve(alive);
    };
    socket.once("connect", () => tell(true));
    // Only this says that nobody listens; a refusal for want of rights does not.
    socket.once("error", ({ code }: NodeJS.ErrnoException) => tell(code !== "ECONNREFUSED"));
  });
}

function remove(path: string): void {
  try {
    unlinkSync(path);
  } catch { /* The runtime has removed it. */ }
}

function reason({ code, message }: NodeJS.ErrnoException): string {
  const words: Record<string, string> = {
    EACCES: "permission denied",
    ENOENT: "there is no such directory",
    ENOTDIR: "a part of the path is no directory",
    EADDRINUSE: "another process listens there",
    EROFS: "the file system is read-only",
  };
  return words[code ?? ""] ?? message;
}
