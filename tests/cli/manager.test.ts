/* proctor manager as people run it: the binary, a real broker, real runs, and questions by HTTP. */
import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { Mosquitto, noMosquitto } from "../exporters/mqtt/support/mosquitto.ts";
import { freePort } from "../support/free_port.ts";
import { proctor, start } from "./support/proctor.ts";
import type { Running } from "./support/proctor.ts";

const PATIENCE_MS = 60_000;

/** A manager that runs, and how it is asked. */
class Manager {
  readonly #running: Running;
  #address = "";
  #token = "";

  constructor(readonly args: readonly string[], readonly store: string) {
    this.#running = start(["manager", ...args, "--store", store, "--http", "127.0.0.1:0"]);
  }

  /** Wait until it serves, and the broker has let it in. */
  async up(): Promise<void> {
    await this.says(/the broker \S+ has let us in/);
    this.#address = /are at (http:\S+);/.exec(this.#running.stderr)![1];
    this.#token = readFileSync(join(this.store, "api_token"), "utf8").trim();
  }

  async says(words: RegExp): Promise<void> {
    const end = Date.now() + PATIENCE_MS;
    while (!words.test(this.#running.stderr)) {
      assert.ok(Date.now() < end, `it does not say ${words}:\n${this.#running.stderr}`);
      await pause(20);
    }
  }

  async ask<T>(path: string, token = this.#token): Promise<{ status: number; body: T }> {
    const response = await fetch(`${this.#address}/${path}`, {
      headers: { authorization: `Bearer ${token}` },
    });
    return { status: response.status, body: await response.json() as T };
  }

  /** Ask until the answer is as wanted. */
  async until<T>(path: string, isSo: (body: T) => boolean): Promise<T> {
    const end = Date.now() + PATIENCE_MS;
    for (;;) {
      const { body } = await this.ask<T>(path);
      if (isSo(body)) return body;
      assert.ok(Date.now() < end, `${path}: ${JSON.stringify(body).slice(0, 2_000)}`);
      await pause(50);
    }
  }

  async end(signal: "SIGTERM" | "SIGKILL"): Promise<{ code: number | null; stderr: string }> {
    this.#running.kill(signal);
    return await this.#running.ended;
  }
}

/** Lend a directory of our own alone: a store is in no other. */
async function withOwn(use: (directory: string) => Promise<void>): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), "proctor-manager-"));
  try {
    await use(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

interface Runs {
  readonly started: readonly number[];
  readonly states: readonly string[];
  readonly figures: Readonly<Record<string, readonly number[]>>;
}
interface Top {
  readonly names: readonly string[];
  readonly values: readonly number[];
}

test(
  "what runs have cost is told over a kill and a restart, to the last microsecond",
  { skip: noMosquitto, timeout: 120_000 },
  () =>
    withOwn(async (directory) => {
      await using broker = await Mosquitto.start(directory, [
        "allow_anonymous true",
        "max_queued_messages 0",
      ]);
      const url = `mqtt://127.0.0.1:${broker.port}`;
      const store = join(directory, "fleet");
      let manager = new Manager(["--mqtt", url], store);
      await manager.up();
      assert.equal(statSync(store).mode & 0o777, 0o700);
      assert.equal((await manager.ask("api/v1/fleet", "wrong")).status, 401);
      const burn = async (file: string) => {
        const summary = join(directory, file);
        const words = ["--domain", "d", "--channel", "c", "--task-id", "burn", "--summary-file", summary];
        const script = "i=0; while [ $i -lt 200000 ]; do i=$((i + 1)); done";
        const { code } = await proctor(["run", "--quiet", "--mqtt", url, ...words, "--", "sh", "-c", script]);
        assert.equal(code, 0);
        return (JSON.parse(readFileSync(summary, "utf8")) as { cpu_seconds: number }).cpu_seconds;
      };
      const first = await burn("first.json");
      const runs = await manager.until<Runs>("api/v1/runs?from=1h", ({ states }) => states.length === 1);
      assert.deepEqual(runs.states, ["ended"]);
      assert.equal(runs.figures.cpu_seconds[0], first);
      assert.equal((await manager.end("SIGKILL")).code, null);

      // Nobody is there: the broker keeps it.
      const second = await burn("second.json");
      manager = new Manager(["--mqtt", url], store);
      await manager.up();
      const both = await manager.until<Runs>("api/v1/runs?from=1h", ({ states }) => states.length === 2);
      assert.deepEqual(both.figures.cpu_seconds.toSorted(), [first, second].toSorted());
      const top = await manager.until<Top>("api/v1/top?from=1h", ({ values }) => values[0] > first);
      assert.deepEqual(top.names, ["burn"]);
      assert.ok(Math.abs(top.values[0] - first - second) < 1e-9, `${top.values[0]}, ${first} + ${second}`);
      const { code, stderr } = await manager.end("SIGTERM");
      assert.equal(code, 0, stderr);
      assert.ok(!existsSync(join(store, "api_token")));
      assert.doesNotMatch(stderr, / (?:warn|error) |\n {4}at /);
    }),
);

describe("a manager that may not, or cannot, start", () => {
  const fault = async (args: readonly string[], words: RegExp) => {
    const { code, stdout, stderr } = await proctor(["manager", ...args]);
    assert.equal(code, 125, stderr);
    assert.equal(stdout.toString(), "");
    assert.match(stderr, words);
    assert.doesNotMatch(stderr, /\n {4}at /);
  };

  test("says in one line what is wrong", { timeout: 120_000 }, async () => {
    await fault([], /^proctor: there is no broker; add --mqtt mqtt:\/\/HOST\n$/);
    await fault(
      ["--mqtt", "localhost"],
      /^proctor: --mqtt: "localhost" is not a URL; write one such as mqtt:\/\/host\n$/,
    );
    await fault(
      ["--mqtt", "ws://localhost"],
      /^proctor: mqtt: messages are read by mqtt:\/\/ and mqtts:\/\/ only/,
    );
    await fault(["--mqtt", "mqtt://u:p@h"], /^proctor: --mqtt: a password in the URL is visible[^\n]*\n$/);
    await fault(
      ["--mqtt", "mqtt://h", "--http", "9460"],
      /^proctor: --http: "9460" is not an address; write host:port/,
    );
    await fault(["--mqtt", "mqtt://h", "--bogus"], /^proctor: .*--bogus/);
    await fault(["--config", "/nowhere.yaml"], /^proctor: \/nowhere.yaml: no such file or directory\n$/);
  });

  test(
    "tells every fault of its file, with its place",
    { timeout: 120_000 },
    () =>
      withOwn(async (directory) => {
        const file = join(directory, "manager.yaml");
        const lines = [
          "mqtt: mqtt://h",
          "retention: { raw: { age: 14 } }",
          "alerts:",
          "  - { alert: gone, of: hots, when: absent }",
          "  - { alert: hot, of: task, when: 'avg(cpu_percent) >> 3' }",
          "stoer: /srv",
          "trace_url: https://traces.example.org/traceid",
        ];
        writeFileSync(file, lines.join("\n"));
        const { code, stderr } = await proctor(["manager", "--config", file, "--check"]);
        assert.equal(code, 125);
        const places = [...stderr.matchAll(/manager\.yaml:(\d+):\d+: /g)].map(([, line]) => Number(line));
        assert.deepEqual(places.toSorted(), [2, 4, 5, 6, 7], stderr);
        assert.match(stderr, /did you mean (?:")?store/i);
        assert.match(stderr, /trace_url: has no \{trace_id\}; write such as https:/);
        assert.match(stderr, /5 faults in the configuration; nothing was started\n$/);
      }),
  );

  test("says what settings come to, and has a schema for editors", { timeout: 120_000 }, async () => {
    const checked = await proctor(["manager", "--mqtt", "mqtt://h", "--store", "/srv/fleet", "--check"]);
    assert.equal(checked.code, 0, checked.stderr);
    assert.match(
      checked.stdout.toString(),
      /every domain and channel are read from mqtt:\/\/h\.\n.*\/srv\/fleet.*14 days/s,
    );
    const { stdout } = await proctor(["manager", "--schema"]);
    const { properties } = JSON.parse(stdout.toString());
    for (const key of ["mqtt", "store", "retention", "alerts", "notifiers"]) {
      assert.ok(key in properties, key);
    }
  });

  test(
    "a check finds what a start would, and a start finds it before it writes",
    { timeout: 120_000 },
    () =>
      withOwn(async (directory) => {
        const store = join(directory, "fleet");
        const none = join(directory, "none.pem");
        const empty = join(directory, "empty.pem");
        writeFileSync(empty, "");
        const file = join(directory, "manager.yaml");
        const tells = async (line: string, words: RegExp) => {
          writeFileSync(file, `mqtt: mqtt://127.0.0.1:1\n${line}\n`);
          await fault(["--config", file, "--store", store, "--check"], words);
          await fault(["--config", file, "--store", store], words);
          assert.ok(!existsSync(store), line);
        };
        await tells(
          'http: "0.0.0.0:0"',
          /^proctor: http: "0\.0\.0\.0" lets other machines in, and nothing is enc/,
        );
        await tells(
          `http_cert: ${none}\nhttp_key: ${none}`,
          /^proctor: http_cert: \S+none\.pem cannot be read: no such file or directory\n$/,
        );
        await tells(
          `http_cert: ${empty}\nhttp_key: ${empty}`,
          /^proctor: http_cert: .* are no certificate and its key/,
        );
        await tells(
          `http_key: ${empty}`,
          /^proctor: http_key: certificate and key belong together; write both\n$/,
        );
        await tells(`mqtt_password_file: ${none}\nmqtt_user: m`, /^proctor: .*none\.pem[^\n]*\n$/);
        await fault(
          ["--mqtt", "ws://h", "--check"],
          /^proctor: mqtt: messages are read by mqtt:\/\/ and mqtts:/,
        );
      }),
  );

  test("leaves a store that another one has", { timeout: 120_000 }, () =>
    withOwn(async (directory) => {
      const store = join(directory, "fleet");
      const port = await freePort();
      const one = new Manager(["--mqtt", `mqtt://127.0.0.1:${port}`], store);
      await one.says(/the API and the page are at/);
      const other = ["--mqtt", `mqtt://127.0.0.1:${port}`, "--store", store, "--http", "127.0.0.1:0"];
      await faultAfterStart(other, /another manager \(PID \d+\) has the store/);
      assert.equal((await one.end("SIGTERM")).code, 0);
    }));

  test(
    "takes no directory that has something else in it",
    { timeout: 120_000 },
    () =>
      withOwn(async (directory) => {
        const store = join(directory, "photos");
        mkdirSync(store);
        writeFileSync(join(store, "holiday.jpg"), "");
        await faultAfterStart(["--mqtt", "mqtt://127.0.0.1:1", "--store", store], /photos/);
        assert.ok(existsSync(join(store, "holiday.jpg")));
      }),
  );
});

/** Start one that finds out only then what is wrong. */
async function faultAfterStart(args: readonly string[], words: RegExp): Promise<void> {
  const { code, stderr } = await proctor(["manager", ...args]);
  assert.equal(code, 125, stderr);
  assert.match(stderr, words);
  assert.doesNotMatch(stderr, /\n {4}at /);
}
