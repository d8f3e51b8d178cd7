/* proctor manager over PostgreSQL, as people run it: several that share it. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
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

const OURS = / d\/c is ours: the broker \S+ has let us in\n/;

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
  "managers share a database: each knows all, and goes on with what another has that is killed, stopped or ended",
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
      // A unit is found by what an agent says of itself, before anything is lost of it.
      const announce = spawnSync("mosquitto_pub", [
        ...["-h", "127.0.0.1", "-p", `${broker.port}`, "-r", "-t", "m/d/c/c/control/proplet/alive/host"],
        ...["-m", JSON.stringify({ status: "online", proplet_id: "host" })],
      ]);
      assert.equal(announce.status, 0);
      const one = manage("one");
      await one.says(OURS);
      const two = manage("two");
      await two.says(/the API and the page are at/);
      await burn();
      // Whichever is asked knows all.
      for (const manager of [one, two]) await manager.runs(1);
      one.running.kill("SIGKILL");
      await burn();
      await two.says(OURS, TAKEOVER_MS + GENEROUS_MS);

      // One that is only stopped has lost it as well, finds out, and goes on as one of several.
      const three = manage("three");
      await three.says(/the API and the page are at/);
      two.running.kill("SIGSTOP");
      await three.says(OURS, TAKEOVER_MS + GENEROUS_MS);
      two.running.kill("SIGCONT");
      await two.says(/ d\/c has gone to another manager\n/);
      await burn();
      for (const manager of [two, three]) {
        assert.deepEqual((await manager.runs(3)).figures.cpu_seconds!.toSorted(), costs.toSorted());
      }

      // A clean end gives it back at once.
      three.running.kill("SIGTERM");
      const ended = await three.running.ended;
      assert.equal(ended.code, 0, ended.stderr);
      assert.doesNotMatch(ended.stderr, / (?:warn|error) |\n {4}at /);
      assert.ok(!existsSync(join(three.directory, "api_token")));
      await eventually(() => two.running.stderr.match(new RegExp(OURS, "g"))?.length === 2, 10_000);
      two.running.kill("SIGTERM");
      assert.equal((await two.running.ended).code, 0);
    } finally {
      for (const { running, isOver } of managers) if (!isOver) running.kill("SIGKILL");
      rmSync(directory, { recursive: true, force: true });
    }
  },
);

test("what a database cannot be used by is told in one line", { timeout: 120_000 }, async () => {
  const fault = async (args: readonly string[], words: RegExp) => {
    const { code, stdout, stderr } = await proctor(["manager", "--mqtt", "mqtt://127.0.0.1:1", ...args]);
    assert.equal(code, 125, stderr);
    assert.equal(stdout.toString(), "");
    assert.match(stderr, words);
    assert.doesNotMatch(stderr, /s3cret|\n {4}at /);
  };
  await fault(
    ["--store", "postgres://fleet:s3cret@db/x"],
    /^proctor: --store: a password in the URL is visible to all who see the URL; use PGPASSWORD or store_password_file\n$/,
  );
  await fault(
    ["--store", "mysql://fleet@db/x"],
    /^proctor: --store: it is not a URL of PostgreSQL; write postgres:/,
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
