import { createServer } from "node:http";
import type { IncomingHttpHeaders } from "node:http";
import { createServer as createTcpServer } from "node:net";
import type { AddressInfo } from "node:net";
import { Inbox } from "./inbox.ts";

/** One request as it arrived. */
export interface Posted {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** An HTTP server that keeps what is posted to it; it answers with the statuses in turn, the last one for ever. */
export class PostOffice extends Inbox<Posted> implements AsyncDisposable {
  /** 0: it takes the request, and never answers. */
  statuses = [200];
  /** Longer bodies are refused (413). */
  mostBytes = Infinity;
  /** Whether an answer goes on and on. */
  isEndless = false;
  readonly #server = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on("data", (piece: Buffer) => pieces.push(piece));
    request.on("end", () => {
      const text = Buffer.concat(pieces).toString();
      if (Buffer.byteLength(text) > this.mostBytes) return void response.writeHead(413).end();
      const status = this.statuses.length > 1 ? this.statuses.shift()! : this.statuses[0];
      if (status > 0) response.writeHead(status);
      if (this.isEndless) response.write("taken, and ");
      else if (status > 0) response.end("taken");
      this.put({ path: request.url!, headers: request.headers, text });
    });
  });

  static async open(): Promise<PostOffice> {
    const office = new PostOffice();
    await new Promise<void>((resolve) => office.#server.listen(0, "127.0.0.1", resolve));
    return office;
  }

  /** Where it is. */
  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

const REPLIES: Readonly<Record<string, string>> = { QUIT: "221 bye\r\n", STARTTLS: "502 no\r\n" };

/** A server of SMTP (RFC 5321) that keeps the letters it is handed. */
export class LetterBox extends Inbox<string> implements AsyncDisposable {
  /** The reply to the end of a letter. */
  reply = "250 taken";
  /** What clients said before each letter. */
  readonly commands: string[] = [];
  readonly #server = createTcpServer((socket) => {
    let letter: string | null = null;
    let rest = "";
    socket.on("error", () => {});
    socket.write("220 here\r\n");
    socket.on("data", (piece) => {
      rest += piece;
      for (let end = rest.indexOf("\r\n"); end >= 0; end = rest.indexOf("\r\n")) {
        const line = rest.slice(0, end);
        rest = rest.slice(end + 2);
        if (letter !== null && line !== ".") letter += `${line}\n`;
        else if (letter !== null) {
          socket.write(`${this.reply}\r\n`);
          this.put(letter);
          letter = null;
        } else if (line === "DATA") {
          letter = "";
          socket.write("354 go on\r\n");
        } else {
          this.commands.push(line);
          socket.write(REPLIES[line] ?? "250 well\r\n");
        }
      }
    });
  });

  static async open(): Promise<LetterBox> {
    const box = new LetterBox();
    await new Promise<void>((resolve) => box.#server.listen(0, "127.0.0.1", resolve));
    return box;
  }

  get address(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
