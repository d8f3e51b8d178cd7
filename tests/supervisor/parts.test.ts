/* The pure parts around the machine: delays, health, limits, order, accounts, plans. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import type { LimitRule } from "../../supervisor/definition.ts";
import { dependencyCircles, startOrder } from "../../supervisor/dependencies.ts";
import { nextHealth, UNKNOWN_HEALTH } from "../../supervisor/health/health.ts";
import type { ExitStatus } from "../../group/running_process.ts";
import { LimitGuard } from "../../supervisor/limits/limit_guard.ts";
import { LimitViolations } from "../../supervisor/limits/limit_violations.ts";
import { limitText, LimitWatch } from "../../supervisor/limits/limit_watch.ts";
import { isExpected } from "../../supervisor/health/probes/http.ts";
import { decodeStatus, encodeService } from "../../supervisor/health/probes/grpc.ts";
import { nextRandom, retryDelayMs, stormDelayMs } from "../../supervisor/lifecycle/restart_rules.ts";

describe("delays", () => {
  const rule = fc.record({
    maxRetries: fc.nat(100),
    retryDelayMs: fc.integer({ min: 0, max: 100_000 }),
    backoffRate: fc.double({ min: 1, max: 100, noNaN: true }),
    maxDelayMs: fc.integer({ min: 0, max: 1_000_000 }),
    jitter: fc.double({ min: 0, max: 1, noNaN: true }),
  });

  test("are never negative, never above the cap, whatever the attempt", () => {
    fc.assert(fc.property(rule, fc.integer({ min: 1, max: 5_000 }), fc.integer(), (one, attempt, seed) => {
      const delay = retryDelayMs(one, attempt, nextRandom(seed).value);
      assert.ok(delay >= 0 && delay <= one.maxDelayMs, `${delay}`);
    }));
  });

  test("without jitter grow by the rate", () => {
    const plain = { maxRetries: 9, retryDelayMs: 100, backoffRate: 1.5, maxDelayMs: 1_000, jitter: 0 };
    assert.deepEqual([1, 2, 3, 9].map((attempt) => retryDelayMs(plain, attempt, 0.3)), [
      100,
      150,
      225,
      1_000,
    ]);
  });

  test("of a storm grow up to a minute", () => {
    assert.deepEqual([1, 2, 7, 500].map(stormDelayMs), [1_000, 2_000, 60_000, 60_000]);
  });

  test("are spread by chance over all of the jitter", () => {
    let seed = 7;
    const values = Array.from({ length: 1_000 }, () => {
      const next = nextRandom(seed);
      seed = next.seed;
      return next.value;
    });
    assert.ok(Math.min(...values) >= 0 && Math.max(...values) < 1);
    for (let tenth = 0; tenth < 10; tenth++) {
      const share = values.filter((value) => Math.floor(value * 10) === tenth).length;
      assert.ok(share > 60 && share < 150, `${tenth}: ${share}`);
    }
  });
});

describe("health", () => {
  const rule = { failureThreshold: 3, successThreshold: 2 };
  const after = (answers: string) =>
    [...answers].reduce(
      (health, answer) => nextHealth(health, answer === "+" ? null : "no answer", rule),
      UNKNOWN_HEALTH,
    );

  test("changes its mind only after so many answers in a row", () => {
    assert.equal(after("+").status, "unknown");
    assert.equal(after("++").status, "healthy");
    assert.equal(after("++--").status, "healthy");
    assert.equal(after("++--+--").status, "healthy");
    assert.equal(after("++---").status, "unhealthy");
    assert.equal(after("++---+").status, "unhealthy");
    assert.equal(after("++---++").status, "healthy");
    assert.equal(after("---").message, "no answer");
  });
});

describe("a limit that is watched", () => {
  const rule = (changes: Partial<LimitRule> = {}): LimitRule => ({
    kind: "memory",
    max: 100,
    warningShare: 0.8,
    sustainedMs: 0,
    policy: "restart",
    adjustFactor: 1.5,
    adjustMost: 2,
    ...changes,
  });
  const verdicts = (one: LimitRule, ...values: number[]) => {
    const watch = new LimitWatch(one, one.max);
    return values.map((value, second) => watch.look(value, second * 1_000));
  };

  test("warns once, is exceeded once, and says when it is kept again", () => {
    assert.deepEqual(verdicts(rule(), 50, 81, 90, 101, 150, 95, 50, 85), [
      "quiet",
      "warning",
      "quiet",
      "exceeded",
      "quiet",
      "kept",
      "quiet",
      "warning",
    ]);
  });

  test("waits for as long as it says, without a break", () => {
    const sustained = rule({ sustainedMs: 2_000, warningShare: null });
    assert.deepEqual(verdicts(sustained, 101, 101, 50, 101, 101, 101), [
      "quiet",
      "quiet",
      "quiet",
      "quiet",
      "quiet",
      "exceeded",
    ]);
  });

  test("is written as one would say it", () => {
    assert.equal(limitText("memory", 1.5 * 2 ** 30), "1.5G");
    assert.equal(limitText("memory", 700), "700B");
    assert.equal(limitText("cpu", 150.04), "150 %");
    assert.equal(limitText("processes", 7), "7");
  });

  test("is raised for the next run, but not without end", () => {
    const guard = new LimitGuard(
      [rule({ policy: "restart_adjusted" })],
      new Map([["memory", "no controller"]]),
    );
    const metrics = (memory_bytes: number) => ({ memory_bytes } as Parameters<LimitGuard["look"]>[0]);
    const isExceeded = (bytes: number) =>
      guard.look(metrics(bytes), 0).some(({ verdict }) => verdict === "exceeded");
    assert.equal(isExceeded(101), true);
    guard.adjust("memory");
    guard.forKernel();
    assert.equal(isExceeded(149), false);
    assert.equal(isExceeded(151), true);
    for (let run = 0; run < 5; run++) guard.adjust("memory");
    guard.forKernel();
    assert.equal(isExceeded(200), false);
    assert.equal(isExceeded(201), true);
  });

  test("is the kernel's where it may kill at once, and where a throttle is wanted", () => {
    const kernel = new Map();
    assert.deepEqual(new LimitGuard([rule({ policy: "restart" })], kernel).forKernel(), { memoryBytes: 100 });
    assert.equal(new LimitGuard([rule({ policy: "log" })], kernel).forKernel(), undefined);
    assert.equal(
      new LimitGuard([rule({ policy: "restart", sustainedMs: 1 })], kernel).forKernel(),
      undefined,
    );
    assert.equal(new LimitGuard([rule()], new Map([["memory", "why"]])).forKernel(), undefined);
    const cpu = rule({ kind: "cpu", max: 150, policy: "throttle" });
    assert.deepEqual(new LimitGuard([cpu], kernel).forKernel(), { cpuCores: 1.5 });
    assert.equal(new LimitGuard([rule()], kernel).afterKill("it")?.policy, "restart");
    assert.equal(new LimitGuard([rule({ policy: "log" })], kernel).afterKill("it"), null);
  });

  test("whom the kernel has killed is said when it is known: not while the command is ending", () => {
    const said: string[] = [];
    const limits = new LimitViolations(
      { id: "a", limits: [rule({ policy: "restart" })], startupGraceMs: 0 },
      { support: new Map(), emit: () => {}, say: (_, line) => said.push(line) },
    );
    const metrics = { memory_bytes: 1 } as Parameters<LimitViolations["afterSample"]>[0];
    const run = (command: { exitStatus?: ExitStatus; ends?: boolean }) => ({
      pid: 1,
      startedMs: 0,
      hasOomKill: true,
      command: { exitStatus: command.exitStatus, isEnding: () => command.ends ?? false },
    });
    assert.equal(limits.afterSample(metrics, run({ ends: true })), null);
    assert.deepEqual(said, []);
    limits.afterOomKill(run({ exitStatus: { outcome: "oom_killed", exitCode: null, signal: "SIGKILL" } }));
    limits.afterSample(metrics, run({}));
    assert.deepEqual(said, [
      "a: memory reached its limit of 100B, and it was killed",
      "a: memory reached its limit of 100B, and a process of it was killed",
    ]);
  });
});

describe("dependencies", () => {
  const of = (table: Record<string, string[]>) =>
    Object.entries(table).map(([id, others]) => ({
      id,
      dependsOn: new Map(others.map((one) => [one, null])),
    }));

  test("come first", () => {
    const order = startOrder(of({ a: ["c"], b: [], c: ["d", "b"], d: [] })).map(({ id }) => id);
    assert.deepEqual(order, ["d", "b", "c", "a"]);
  });

  test("that go round in a circle are found, each circle once", () => {
    assert.deepEqual(dependencyCircles(of({ a: ["b"], b: ["c"], c: ["a"], d: ["a"] })), [["a", "b", "c"]]);
    assert.deepEqual(dependencyCircles(of({ a: ["a"] })), [["a"]]);
    assert.deepEqual(dependencyCircles(of({ a: ["b"], b: [] })), []);
  });

  test("without circles, everybody comes after all he depends on", () => {
    const table = fc.array(fc.array(fc.nat(30), { maxLength: 5 }), { maxLength: 30 });
    fc.assert(fc.property(table, (lists) => {
      // Only to those before: no circles.
      const all = of(Object.fromEntries(lists.map((list, n) => [
        `p${n}`,
        list.filter((other) => other < n).map((other) => `p${other}`),
      ])));
      const order = startOrder(all).map(({ id }) => id);
      assert.equal(order.length, all.length);
      for (const { id, dependsOn } of all) {
        for (const other of dependsOn.keys()) assert.ok(order.indexOf(other) < order.indexOf(id));
      }
      assert.deepEqual(dependencyCircles(all), []);
    }));
  });
});

describe("on the wire", () => {
  test("statuses lie in ranges", () => {
    assert.equal(isExpected(204, "200-299,304"), true);
    assert.equal(isExpected(304, "200-299,304"), true);
    assert.equal(isExpected(301, "200-299,304"), false);
  });

  test("a message of grpc.health.v1 is a field and its length", () => {
    assert.deepEqual([...encodeService("ab")], [10, 2, 97, 98]);
    assert.deepEqual([...encodeService("x".repeat(200)).subarray(0, 3)], [10, 0xc8, 1]);
    assert.equal(encodeService("").length, 0);
    assert.equal(decodeStatus(Uint8Array.from([8, 1])), 1);
    assert.equal(decodeStatus(new Uint8Array()), 0);
  });
});
