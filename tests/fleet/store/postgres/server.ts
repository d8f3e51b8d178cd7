/* A real PostgreSQL of our own, in a directory that is gone at the end. */
import { spawnSync } from "node:child_process";
import {
  appendFileSync,
  chownSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readAddress } from "../../../../fleet/store/postgres/address.ts";
import { Database } from "../../../../fleet/store/postgres/database.ts";
import { freePort } from "../../../support/free_port.ts";

/** Where Debian puts versions, which are in nobody's PATH. */
const VERSIONS = "/usr/lib/postgresql";
const LEAST_VERSION = 15;
const NOBODY = 65_534;

const newest = (existsSync(VERSIONS) ? readdirSync(VERSIONS) : []).map(Number)
  .filter((version) => version >= LEAST_VERSION && existsSync(`${VERSIONS}/${version}/bin/initdb`))
  .sort((a, b) => b - a)[0];

/** Why there is no PostgreSQL here; false when there is one. */
export const noPostgres: string | false = newest === undefined && "the package postgresql is missing";

/** A server; whoever comes from this machine is let in, but for `guarded`, whose password is `let me in`. */
export class PostgresServer implements AsyncDisposable {
  #count = 0;

  private constructor(readonly directory: string, readonly port: number) {}

  static async start(): Promise<PostgresServer> {
    const directory = mkdtempSync(join(tmpdir(), "proctor-pg-"));
    const server = new PostgresServer(directory, await freePort());
    // A server refuses to be root's.
    if (process.getuid!() === 0) chownSync(directory, NOBODY, NOBODY);
    server.#run(
      "initdb",
      "-D",
      server.#data,
      "-U",
      "proctor",
      "-A",
      "trust",
      "-N",
      "-E",
      "UTF8",
      "--locale=C",
    );
    const settings = [
      ...["fsync = off", "full_page_writes = off", "listen_addresses = '127.0.0.1'", `port = ${server.port}`],
      ...[`unix_socket_directories = '${directory}'`, "shared_buffers = 16MB", "max_connections = 60", ""],
    ];
    appendFileSync(join(server.#data, "postgresql.conf"), settings.join("\n"));
    const hba = join(server.#data, "pg_hba.conf");
    const open = readFileSync(hba, "utf8");
    writeFileSync(hba, `host all guarded 127.0.0.1/32 scram-sha-256\n${open}`);
    server.up();
    await server.ask("postgres", "CREATE ROLE guarded LOGIN SUPERUSER PASSWORD 'let me in'");
    return server;
  }

  get #data(): string {
    return join(this.directory, "data");
  }

  up(): void {
    this.#run("pg_ctl", "-D", this.#data, "-l", join(this.directory, "log"), "-w", "-t", "60", "start");
  }

  /** End it at once, as a crash would. */
  down(): void {
    this.#run("pg_ctl", "-D", this.#data, "-m", "immediate", "-w", "-t", "60", "stop");
  }

  /** Start anew with a certificate for `localhost` that vouches for itself. @returns its file */
  useTls(openssl: string): string {
    const [key, certificate] = [join(this.directory, "key.pem"), join(this.directory, "certificate.pem")];
    const subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"];
    const kind = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", ...subject];
    const { status } = spawnSync(openssl, [...kind, "-keyout", key, "-out", certificate], {
      stdio: "ignore",
    });
    if (status !== 0) throw new Error(`${openssl}: exit code ${status}`);
    if (process.getuid!() === 0) { for (const file of [key, certificate]) chownSync(file, NOBODY, NOBODY); }
    this.down();
    const settings = ["ssl = on", `ssl_key_file = '${key}'`, `ssl_cert_file = '${certificate}'`, ""];
    appendFileSync(join(this.#data, "postgresql.conf"), settings.join("\n"));
    this.up();
    return certificate;
  }

  /** A database by its socket, or by TCP. */
  url(database: string, by: "socket" | "tcp" = "socket", user = "proctor"): string {
    return by === "tcp"
      ? `postgres://${user}@127.0.0.1:${this.port}/${database}`
      : `postgres://${user}@localhost:${this.port}/${database}?host=${this.directory}`;
  }

  /** The name of a new, empty database. */
  async newDatabase(options = ""): Promise<string> {
    const name = `fleet_${++this.#count}`;
    await this.ask("postgres", `CREATE DATABASE ${name} ${options}`);
    return name;
  }

  async ask(database: string, sql: string): Promise<readonly Readonly<Record<string, unknown>>[]> {
    const opened = new Database(readAddress(this.url(database), undefined), 1);
    try {
      return await opened.all(sql);
    } finally {
      await opened.close();
    }
  }

  // deno-lint-ignore require-await
  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.down();
    } finally {
      rmSync(this.directory, { recursive: true });
    }
  }

  #run(program: string, ...parameters: readonly string[]): void {
    const command = [`${VERSIONS}/${newest}/bin/${program}`, ...parameters];
    const own = process.getuid!() === 0
      ? ["setpriv", `--reuid=${NOBODY}`, `--regid=${NOBODY}`, "--clear-groups", ...command]
      : command;
    const { status, error } = spawnSync(own[0]!, own.slice(1), { stdio: "ignore", cwd: this.directory });
    if (status === 0) return;
    const log = join(this.directory, "log");
    const told = existsSync(log) ? `\n${readFileSync(log, "utf8")}` : "";
    throw new Error(`${command.join(" ")}: ${error?.message ?? `exit code ${status}`}${told}`);
  }
}
