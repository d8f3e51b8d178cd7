/* Whatever is given for an option: it works, or one line says which option is wrong, before anything exists. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import fc from "fast-check";
import {
  attach,
  compareSets,
  Discovery,
  findProcesses,
  Host,
  judge,
  MonitorManager,
  openExporters,
  parseCondition,
  parseProfile,
  ProcessGroup,
  ProcessMonitor,
  ProctorError,
  profiles,
  readRuns,
  reportPage,
  run,
  Supervisor,
} from "../../mod.ts";
import { madeRun } from "../render/support/made_run.ts";
import { holdings } from "../group/support/traces.ts";

/** Anything that JSON, a slip or a type assertion may bring; no number that would be a long time or a large size. */
const anything = fc.oneof(
  fc.constantFrom<unknown>(
    undefined,
    null,
    NaN,
    Infinity,
    -Infinity,
    -1,
    0,
    0.5,
    2 ** 53,
    "",
    "ls -l",
    "__proto__",
  ),
  fc.constantFrom<unknown>(
    true,
    false,
    [],
    {},
    [undefined],
    [[]],
    { X: undefined },
    { X: 1 },
    () => {},
    Symbol("s"),
    1n,
  ),
  fc.constantFrom<unknown>("\0", "constructor", new Date(NaN), Object.create(null), new Map(), /x/),
  fc.jsonValue({ maxDepth: 2 }),
);

/** The names that a message may give an option: as the command line calls it, or the object that it is part of. */
const ALIASES: Readonly<Record<string, string>> = {
  timeoutMs: "timeout",
  graceMs: "grace",
  durationMs: "duration",
  baseIntervalMs: "interval",
  maxIntervalMs: "max-interval",
  budgetPercent: "budget",
};

/** Expect one line that names the option, should it not work. */
async function works(name: string, use: () => unknown): Promise<void> {
  try {
    await use();
  } catch (error) {
    assert.ok(error instanceof ProctorError, `${name}: ${String((error as Error)?.stack ?? error)}`);
    assert.equal(error.kind, "usage", error.message);
    assert.ok(!error.message.includes("\n"), error.message);
    assert.ok(error.message.includes(name) || error.message.includes(ALIASES[name] ?? name), error.message);
  }
}

const SHOWN = await madeRun();

function property(runs: number, use: (value: unknown) => Promise<void>): Promise<void> {
  return fc.assert(fc.asyncProperty(anything, use), { numRuns: runs });
}

const RUN_OPTIONS = [
  "name",
  "profile",
  "adaptive",
  "baseIntervalMs",
  "maxIntervalMs",
  "budgetPercent",
  "metrics",
  "pss",
  "perProcess",
  "threads",
  "samples",
  "ownSecondsBefore",
  "onRecord",
  "onNotice",
  "timeoutMs",
  "graceMs",
  "leftovers",
  "forwardSignals",
  "abort",
  "limits",
  "exactPeak",
  "mechanism",
  "cwd",
  "env",
  "stdio",
  "inherited",
  "soleParent",
];
const START_OPTIONS = [
  "cwd",
  "env",
  "stdin",
  "stdout",
  "stderr",
  "uid",
  "gid",
  "groups",
  "ownsStreams",
  "ownSession",
  "fileDescriptorLimit",
];

/**
 * What is not ours to judge: a directory that is none, limits that the kernel does not enforce here, a descriptor
 * that is closed.
 */
async function unlessRefused(use: () => Promise<unknown>): Promise<void> {
  try {
    await use();
  } catch (error) {
    if (error instanceof ProctorError && error.kind !== "usage") return;
    throw error;
  }
}

describe("options of any kind", () => {
  let group: ProcessGroup;
  let manager: MonitorManager;
  before(async () => {
    group = await ProcessGroup.create();
    manager = await MonitorManager.create();
  });
  after(() => {
    group[Symbol.dispose]();
    manager[Symbol.dispose]();
  });

  for (const name of RUN_OPTIONS) {
    test(
      `run: ${name}`,
      { timeout: 120_000 },
      () =>
        property(
          20,
          (value) =>
            works(name, () => unlessRefused(() => run(["true"], { stdio: [0, 2, 2], [name]: value }))),
        ),
    );
  }

  const watching = RUN_OPTIONS.slice(0, RUN_OPTIONS.indexOf("timeoutMs"));
  for (const name of [...watching, "durationMs", "abort"]) {
    test(
      `attach: ${name}`,
      { timeout: 120_000 },
      () =>
        property(20, (value) =>
          works(name, () =>
            // A duration may be any length.
            attach(process.pid, { durationMs: 1, abort: AbortSignal.timeout(20), [name]: value }))),
    );
  }

  for (const name of START_OPTIONS) {
    test(
      `start: ${name}`,
      { timeout: 120_000 },
      () =>
        property(20, (value) =>
          works(name, () =>
            unlessRefused(async () => {
              await group.start(["true"], { [name]: value }).wait();
            }))),
    );
  }

  test("the command", { timeout: 120_000 }, () =>
    property(60, async (value) => {
      // deno-lint-ignore no-explicit-any
      const command = value as any;
      await works("command", () => unlessRefused(() => run(command)));
      await works("command", () => unlessRefused(async () => await group.start(command).wait()));
      await works("command", () => unlessRefused(() => new ProcessMonitor({ command }).run()));
    }));

  test("all of the options", { timeout: 120_000 }, () =>
    property(60, async (value) => {
      // deno-lint-ignore no-explicit-any
      const options = value as any;
      const isObject = typeof options === "object" && options !== null && !Array.isArray(options);
      if (isObject) return;
      await works("options", () => run(["true"], options));
      await works("options", () => attach(process.pid, options ?? { durationMs: 1 }));
      await works("options", () => ProcessGroup.create(options).then((one) => one[Symbol.dispose]()));
      await works("options", () => group.start(["true"], options));
      await works("options", () => group.output(["true"], options));
      await works("options", () => group.stop(options));
      await works("options", () => group.sampleStats(options));
      await works("options", () => MonitorManager.create(options));
      await works("options", () => new Host(options));
      await works("options", () => new ProcessMonitor(options).run());
      await works("options", () => readRuns("/dev/null/none", options ?? 1));
      await works("options", () => openExporters({}, options ?? 1));
      await works("options", () => Supervisor.start(options ?? 1));
    }));

  for (const name of ["mechanism", "limits", "exactPeak", "onOwnerDeath", "lookoutMs"]) {
    test(
      `ProcessGroup.create: ${name}`,
      { timeout: 120_000 },
      () =>
        property(
          30,
          (value) =>
            works(name, () =>
              unlessRefused(async () => (await ProcessGroup.create({ [name]: value }))[Symbol.dispose]())),
        ),
    );
  }

  test("what else a group is asked", { timeout: 120_000 }, () =>
    property(60, async (value) => {
      // deno-lint-ignore no-explicit-any
      const given = value as any;
      await works("maxBytes", () => group.output(["true"], { maxBytes: given }));
      await works("signal", () => group.signal(given));
      await works("signal", () => group.stop({ signal: given }));
      await works("graceMs", () => group.stop({ graceMs: given }));
      await works("intervalMs", () => group.sampleStats({ intervalMs: given }));
      await works("saved group", () => ProcessGroup.adopt(given));
      await works("everyMs", () => group.start(["true"]).profile({ everyMs: given }));
    }));

  test("what a manager and a search are asked", { timeout: 120_000 }, () =>
    property(60, async (value) => {
      // deno-lint-ignore no-explicit-any
      const given = value as any;
      await works("taskId", () => manager.start(given, group));
      await works("target", () => manager.start(`target-${Math.random()}`, given));
      await works("profile", () => manager.start(`profile-${Math.random()}`, group, given));
      await works("process", () => manager.start(`process-${Math.random()}`, group, "minimal", given));
      await works("callback", () => manager.onMetrics(given).cancel());
      for (const name of ["propletId", "keepEnded", "variables", "onNotice"]) {
        await works(name, () => MonitorManager.create({ [name]: given }));
      }
      await works("quer", () => findProcesses(given));
      for (const name of ["pid", "pidFile", "name", "commandLine", "user", "cgroup", "port"]) {
        await works(
          name === "pid" || name === "port" ? "" : name,
          () => Discovery.create([{ [name]: given }]),
        );
      }
      const path = typeof given === "string" && given !== "" && !given.includes("\0") ? given : "path";
      if (given !== "-") await works(path, () => readRuns(given, {}));
    }));

  test("what the machine is asked", { timeout: 120_000 }, () =>
    property(60, async (value) => {
      // deno-lint-ignore no-explicit-any
      const given = value as any;
      for (const name of ["cacheMs", "loopback", "networkMounts"]) {
        await works(name, () => new Host({ [name]: given }).load());
      }
      for (const name of ["intervalMs", "signal"]) {
        await works(name, async () => {
          for await (const _ of new Host().watch({ [name]: given })) break;
        });
      }
    }));

  test("what a manager is asked of a task", { timeout: 120_000 }, () =>
    property(60, async (value) => {
      // deno-lint-ignore no-explicit-any
      const given = value as any;
      await works("taskId", () => manager.stop(given));
      await works("taskId", () => manager.get(given));
      await works("taskId", () => manager.history(given));
      await works("taskId", () => manager.aggregated(given));
      await works("taskId", () => manager.updateProfile(given, "minimal"));
    }));

  test("what runs are compared and shown by", { timeout: 120_000 }, () =>
    property(100, async (value) => {
      // deno-lint-ignore no-explicit-any
      const given = value as any;
      const none = compareSets([], ["cpu_seconds"]);
      for (const sets of [given, [given], [{ label: "a", file: null, runs: given }]]) {
        await works("sets", () => compareSets(sets, ["cpu_seconds"]));
      }
      await works("names", () => compareSets([], given));
      await works("names", () => compareSets([], [given]));
      await works("comparison", () => judge(given, []));
      await works("conditions", () => judge(none, given));
      await works("conditions", () => judge(none, [given]));
      if (typeof given !== "string") await works("condition", () => parseCondition(given));
      await works("runs", () => reportPage(given));
      await works("runs", () => reportPage([given]));
      if (given !== undefined) await works("comparison", () => reportPage([SHOWN], given));
      if (typeof given !== "string") await works("where", () => parseProfile({}, given));
    }));

  test("leave nothing behind when they are refused", { timeout: 120_000 }, async () => {
    await run(["true"]);
    const before = holdings();
    for (
      const wrong of [{ env: { X: undefined } }, { timeoutMs: NaN }, { limits: 1 }, { onRecord: 1 }, {
        mechanism: "magic",
      }]
    ) {
      // deno-lint-ignore no-explicit-any
      await assert.rejects(run(["true"], wrong as any), { kind: "usage" });
      // deno-lint-ignore no-explicit-any
      assert.throws(() => group.start("ls -l" as any), {
        kind: "usage",
        message: /^command: "ls -l" is not right; it is a list/,
      });
    }
    assert.deepEqual(holdings().children, before.children);
    assert.deepEqual(holdings().cgroups, before.cgroups);
  });

  test("of a manager that is disposed of", { timeout: 120_000 }, async () => {
    const gone = await MonitorManager.create();
    gone[Symbol.dispose]();
    assert.throws(() => gone.start("one", process.pid), { kind: "usage", message: /disposed of/ });
    assert.deepEqual(gone.list(), []);
  });

  test("of a profile that lacks a part", async () => {
    const { enabled: _, ...part } = profiles.standard;
    // deno-lint-ignore no-explicit-any
    await assert.rejects(run(["true"], { profile: part as any }), {
      kind: "usage",
      message: /enabled is missing/,
    });
  });
});
