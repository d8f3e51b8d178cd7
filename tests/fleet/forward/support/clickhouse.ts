/*
 * ClickHouse itself, as a library, behind as much of its HTTP interface as an insert needs
 * (clickhouse.com/docs/interfaces/http): a statement in the body, or in `query` with its data in the body; who asks
 * by two headers; 200, or a status with a line that begins with the error's code.
 */
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { Server } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ROOT } from "../../../support/fixture.ts";

const TREE = join(ROOT, "dist/chdb/3.4.0");
/** Codes of errors that the server answers with another status than 500. */
const STATUSES: readonly (readonly [code: RegExp, status: number])[] = [
  [/^Code: (?:26|27|53|62|117|130|349)\./, 400],
  [/^Code: (?:60|81)\./, 404],
];

/** Why there is no ClickHouse here; false when there is one. */
export const noClickHouse: string | false = !existsSync(TREE) &&
  "needs the engine of ClickHouse (tests/fleet/forward/fetch-chdb)";

interface Session {
  query(sql: string, format?: string): string;
  cleanup(): void;
}

/** One of our own; nothing is left of it afterwards. */
export class ClickHouseServer implements AsyncDisposable {
  readonly inserts: number[] = [];
  /** Lets nobody else in. */
  user = "default";

  private constructor(readonly directory: string, readonly session: Session, readonly server: Server) {}

  static async open(): Promise<ClickHouseServer> {
    const directory = mkdtempSync(join(tmpdir(), "clickhouse-"));
    const { Session } = createRequire(join(TREE, "index.js"))("chdb");
    const session: Session = new Session(directory);
    const server = createServer(async (request, response) => {
      const pieces: Uint8Array[] = [];
      for await (const piece of request) pieces.push(piece);
      const body = Buffer.concat(pieces).toString();
      const { searchParams } = new URL(request.url!, "http://localhost");
      const query = searchParams.get("query");
      if (query !== null) opened.inserts.push(body.split("\n").length - 1);
      if (request.method !== "POST" || (request.headers["x-clickhouse-user"] ?? "default") !== opened.user) {
        return void response.writeHead(403).end("Code: 516. DB::Exception: Authentication failed");
      }
      try {
        const answer = session.query(query === null ? body : `${query}\n${body}`);
        response.writeHead(200).end(answer);
      } catch (error) {
        const message = /Code: [^]*/.exec((error as Error).message)?.[0] ?? (error as Error).message;
        response.writeHead(STATUSES.find(([code]) => code.test(message))?.[1] ?? 500).end(message);
      }
    });
    const opened = new ClickHouseServer(directory, session, server);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return opened;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** The rows that a query gives. */
  rows<T>(sql: string): T[] {
    return this.session.query(sql, "JSONEachRow").split("\n").filter((line) => line !== "").map((line) =>
      JSON.parse(line)
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await new Promise((resolve) => this.server.close(resolve));
    this.session.cleanup();
    rmSync(this.directory, { recursive: true, force: true });
  }
}
