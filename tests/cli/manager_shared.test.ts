/* proctor manager over PostgreSQL, as people run it: one that works, and others that wait for its end. */
import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { Mosquitto, noMosquitto } from "../exporters/mqtt/support/mosquitto.ts";
import { noPostgres, PostgresServer } from "../fleet/store/postgres/server.ts";
import { eventually } from "../support/eventually.ts";
import { proctor, start } from "./support/proctor.ts";
import type { Running } from "./support/proctor.ts";

const TAKEOVER_MS = 5_000;
/** What a busy machine adds to it. */
const GENEROUS_MS = 10_000;

interface Runs {
  readonly states: readonly string[];
  readonly figures: Readonly<Record<string, readonly number[]>>;
}

/** A manager with a state directory of its own. */
class Manager {
  readonly running: Running;
  isOver = false;

  constructor(readonly directory: string, broker: number, store: string) {
    const where = ["--mqtt", `mqtt://127.0.0.1:${broker}`, "--store", store, "--state-dir", directory];
    this.running = start(["manager", ...where, "--http", "127.0.0.1:0"]);
    void this.running.ended.then(() => this.isOver = true);
  }

  async says(words: RegExp, withinMs = 30_000): Promise<void> {
    await eventually(() => words.test(this.running.stderr), withinMs, () => this.running.stderr);
  }

  /** The runs of the last hour, when there are so many. */
  async runs(count: number): Promise<Runs> {
    const address = /are at (http:\S+);/.exec(this.running.stderr)![1];
    const token = readFileSync(join(this.directory, "api_token"), "utf8").trim();
    return await eventually(
      async () => {
        const response = await fetch(`${address}/api/v1/runs?from=1h`, {
          headers: { authorization: `Bearer ${token}` },
        });
        const runs = await response.json() as Runs;
        return runs.states.length === count && runs;
      },
      30_000,
      () => this.running.stderr,
    );
  }
}

test(
  "a manager that waits goes on within seconds of the end of another, which can write nothing any more",
  { skip: noMosquitto || noPostgres, timeout: 180_000 },
  async () => {
    const directory = mkdtempSync(join(tmpdir(), "proctor-shared-"));
    const managers: Manager[] = [];
    try {
      await using broker = await Mosquitto.start(directory, [
        "allow_anonymous true",
        "max_queued_messages 0",
      ]);
      await using server = await PostgresServer.start();
      const store = server.url(await server.newDatabase());
      const manage = (name: string) => {
        const manager = new Manager(join(directory, name), broker.port, store);
        managers.push(manager);
        return manager;
      };
      const costs: number[] = [];
      const burn = async () => {
        const summary = join(directory, "summary.json");
        const words = ["--domain", "d", "--channel", "c", "--task-id", "burn", "--summary-file", summary];
        const script = "i=0; while [ $i -lt 50000 ]; do i=$((i + 1)); done";
        const url = `mqtt://127.0.0.1:${broker.port}`;
        const { code } = await proctor(["run", "--quiet", "--mqtt", url, ...words, "--", "sh", "-c", script]);
        assert.equal(code, 0);
        costs.push((JSON.parse(readFileSync(summary, "utf8")) as { cpu_seconds: number }).cpu_seconds);
      };
      const one = manage("one");
      await one.says(/has let us in/);
      const two = manage("two");
      await two.says(/another manager has the store; we wait/);
      await burn();
      one.running.kill("SIGKILL");
      await burn();
      await two.says(/has let us in/, TAKEOVER_MS + GENEROUS_MS);

      // One that is only stopped has lost it as well, and finds out.
      const three = manage("three");
      await three.says(/another manager has the store; we wait/);
      two.running.kill("SIGSTOP");
      await three.says(/has let us in/, TAKEOVER_MS + GENEROUS_MS);
      two.running.kill("SIGCONT");
      const lost = await two.running.ended;
      assert.equal(lost.code, 125, lost.stderr);
      assert.match(lost.stderr, /another manager has taken postgres:\/\/\S+ over\n$/);
      await burn();
      assert.deepEqual((await three.runs(3)).figures.cpu_seconds!.toSorted(), costs.toSorted());

      // A clean end gives it back at once, and one that waits can be ended, too.
      const [four, five] = [manage("four"), manage("five")];
      for (const waiting of [four, five]) await waiting.says(/we wait/);
      five.running.kill("SIGTERM");
      assert.equal((await five.running.ended).code, 0);
      three.running.kill("SIGTERM");
      const ended = await three.running.ended;
      assert.equal(ended.code, 0, ended.stderr);
      assert.doesNotMatch(ended.stderr, / (?:warn|error) |\n {4}at /);
      assert.ok(!existsSync(join(three.directory, "api_token")));
      await four.says(/has let us in/);
      four.running.kill("SIGTERM");
      assert.equal((await four.running.ended).code, 0);
    } finally {
      for (const { running, isOver } of managers) if (!isOver) running.kill("SIGKILL");
      rmSync(directory, { recursive: true, force: true });
    }
  },
);

test("what a database cannot be used by is told in one line", { timeout: 60_000 }, async () => {
  const fault = async (args: readonly string[], words: RegExp) => {
    const { code, stdout, stderr } = await proctor(["manager", "--mqtt", "mqtt://127.0.0.1:1", ...args]);
    assert.equal(code, 125, stderr);
    assert.equal(stdout.toString(), "");
    assert.match(stderr, words);
    assert.doesNotMatch(stderr, /s3cret|\n {4}at /);
  };
  await fault(
    ["--store", "postgres://fleet:s3cret@db/x"],
    /^proctor: --store: a password in the URL is seen by whoever sees the URL; use PGPASSWORD or store_password_file\n$/,
  );
  await fault(
    ["--store", "mysql://fleet@db/x"],
    /^proctor: --store: it is no URL of PostgreSQL; write postgres:/,
  );
  await fault(
    ["--store", "/srv/x", "--state-dir", "/srv/y"],
    /^proctor: state_dir: it is of a store in a database/,
  );
  await fault(
    ["--store", "postgres://fleet@db/x", "--store-password-file", "/nowhere"],
    /^proctor: store_password_file: \/nowhere: no such file or directory\n$/,
  );
  const directory = mkdtempSync(join(tmpdir(), "proctor-shared-"));
  try {
    const file = join(directory, "secret");
    writeFileSync(file, "s3cret\n", { mode: 0o600 });
    const words = [
      "--store-password-file",
      file,
      "--state-dir",
      join(directory, "state"),
      "--http",
      "127.0.0.1:0",
    ];
    await fault(
      ["--store", "postgres://fleet@127.0.0.1:1/x", ...words],
      /cannot use postgres:\/\/fleet@127\.0\.0\.1:1\/x: nothing listens there\n$/,
    );
    const { code, stdout } = await proctor(
      ["manager", "--mqtt", "mqtt://h", "--store", "postgres://fleet@db/x", ...words, "--check"],
    );
    assert.equal(code, 0);
    assert.match(stdout.toString(), /kept in postgres:\/\/fleet@db\/x: samples 14 days/);
  } finally {
    rmSync(directory, { recursive: true });
  }
});
