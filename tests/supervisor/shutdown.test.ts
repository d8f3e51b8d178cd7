/* How long an end may take, and who is left. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import type { Definition } from "../../supervisor/definition.ts";
import { stopAll } from "../../supervisor/shutdown.ts";
import { within } from "../../supervisor/within.ts";
import type { Ending } from "../../supervisor/shutdown.ts";
import { ignoresTerm, isAlive, shell, TestSupervisor } from "./support/supervisor.ts";

const limit = { timeout: 120_000 };

/** A process that ends when it is told to, when it is killed, or not at all. */
class Pretended implements Ending {
  readonly definition: Definition;
  #end: () => void = () => {};
  readonly #ended = new Promise<void>((resolve) => this.#end = resolve);

  constructor(
    readonly id: string,
    readonly ends: "told" | "killed" | "never",
    readonly log: string[],
    dependsOn: readonly string[] = [],
  ) {
    this.definition = {
      dependsOn: new Map(dependsOn.map((other) => [other, "started"])),
    } as unknown as Definition;
  }

  async stop(): Promise<void> {
    this.log.push(`stop ${this.id}`);
    if (this.ends === "told") this.#end();
    await this.#ended;
    this.log.push(`${this.id} ended`);
  }

  kill(): void {
    this.log.push(`kill ${this.id}`);
    if (this.ends === "killed") this.#end();
  }
}

describe("the end of all", () => {
  test("comes in the order of the dependencies, and kills nobody who ends", limit, async () => {
    const log: string[] = [];
    const all = [new Pretended("db", "told", log), new Pretended("web", "told", log, ["db"])];
    assert.deepEqual(await stopAll(all, new AbortController().signal), []);
    assert.deepEqual(log, ["stop web", "web ended", "stop db", "db ended"]);
  });

  test(
    "kills who is left when it is forced, those as well who still wait for their turn",
    limit,
    async () => {
      const log: string[] = [];
      const force = new AbortController();
      const all = [new Pretended("db", "killed", log), new Pretended("web", "killed", log, ["db"])];
      const ending = stopAll(all, force.signal);
      await new Promise((resolve) => setImmediate(resolve));
      assert.deepEqual(log, ["stop web"]);
      force.abort();
      assert.deepEqual(await ending, []);
      assert.deepEqual(log.slice(1, 3), ["kill db", "kill web"]);
    },
  );

  test("does not wait for what nothing ends, and names it", limit, async () => {
    const log: string[] = [];
    const force = new AbortController();
    force.abort();
    const stuck = new Pretended("stuck", "never", log);
    const all = [stuck, new Pretended("a", "told", log)];
    assert.deepEqual(await stopAll(all, force.signal, 30), [stuck]);
  });
});

test("waiting within a bound: the bound begins with the signal", limit, async () => {
  const never = new Promise(() => {});
  const force = new AbortController();
  assert.equal(await within(Promise.resolve(), force.signal, 0), true);
  const waiting = within(never, force.signal, 10);
  force.abort();
  assert.equal(await waiting, false);
  assert.equal(await within(never, AbortSignal.abort(), 0), false);
});

describe("an end that leaves all running", () => {
  test("has what is just being launched run, and the next supervisor takes it up", limit, async () => {
    await using one = await TestSupervisor.start([shell("a", "sleep 300; :"), shell("b", "sleep 300; :")]);
    assert.equal(one.supervisor.get("a").pid, null, "it is being launched");
    await one.end({ detach: true });
    assert.deepEqual(one.events.filter(({ to }) => to === "backoff" || to === "stopping"), []);
    await one.begin();
    for (const id of ["a", "b"]) {
      await one.reaches(id, "running");
      assert.ok(one.events.some((event) => event.kind === "adopted" && event.id === id));
    }
  });

  test(
    "waits for a daemon that is about to be there, by which the next supervisor knows it",
    limit,
    async () => {
      const line = "sleep 300 & sleep 0.5; echo $! > a.pid";
      await using one = await TestSupervisor.start([
        shell("a", line, { type: "forking", pid_file: "a.pid" }),
      ]);
      await one.until("it is launched", () => one.supervisor.get("a").pid);
      await one.end({ detach: true });
      const pid = Number(readFileSync(join(one.files.path, "a.pid"), "utf8"));
      await one.begin();
      assert.equal((await one.reaches("a", "running")).pid, pid);
    },
  );

  test("is not waited for by who waits for a stop, and forgets nothing that runs", limit, async () => {
    const deaf = (id: string) =>
      shell(id, "trap '' TERM; while :; do sleep 0.1; done", { graceful_timeout: "1m" });
    const ids = ["changed", "removed", "stopped", "added"];
    await using one = await TestSupervisor.start(ids.slice(0, 3).map(deaf));
    await one.supervisor.add(deaf("added"));
    const pids = new Map<string, number>();
    for (const id of ids) {
      const { pid } = await one.reaches(id, "running");
      await one.until(`${id} is deaf`, () => ignoresTerm(pid!));
      pids.set(id, pid!);
    }
    one.configure([shell("changed", "sleep 300; :"), deaf("stopped")]);
    const waiting = [
      one.supervisor.reload(),
      one.supervisor.stop("stopped"),
    ];
    for (const id of ids.slice(0, 3)) await one.reaches(id, "stopping");
    const refused = waiting.map((one) => assert.rejects(one, /the supervisor is ending/));
    await one.end({ detach: true });
    await Promise.all(refused);
    assert.ok([...pids.values()].every(isAlive));
    one.configure([deaf("changed"), deaf("removed"), deaf("stopped")]);
    await one.begin();
    for (const id of ["changed", "removed", "added"]) {
      assert.equal((await one.reaches(id, "running")).pid, pids.get(id));
    }
    assert.equal((await one.reaches("stopped", "stopping")).pid, pids.get("stopped"));
    one.supervisor.killAll();
  });

  test("is not waited for by who waits for a start", limit, async () => {
    const never = { readiness_check: { type: "file", file: { path: "never" } } };
    await using one = await TestSupervisor.start([shell("web", "sleep 300; :", {}, {}, never)]);
    await one.until("it runs, and is not ready", () => one.supervisor.get("web").pid);
    const refused = assert.rejects(one.supervisor.start("web"), /the supervisor is ending/);
    await one.end({ detach: true });
    await refused;
  });
});
