/* What a person has decided outlives runs, definitions and supervisors, in whatever order they come and go. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import type { Definition } from "../../../supervisor/definition.ts";
import {
  isDone,
  memoryAfterChange,
  memoryFromKept,
  memoryToKeep,
} from "../../../supervisor/kept/process_memory.ts";
import type { KeptMemory } from "../../../supervisor/kept/process_memory.ts";
import type { RestartRules } from "../../../supervisor/lifecycle/restart_rules.ts";
import { isToRun, newMachine } from "../../../supervisor/lifecycle/machine.ts";
import { InvalidEvent } from "../../../supervisor/lifecycle/machine_event.ts";
import { step } from "../../../supervisor/lifecycle/state.ts";
import type { Machine, Memory } from "../../../supervisor/lifecycle/machine.ts";
import type { MachineEvent } from "../../../supervisor/lifecycle/machine_event.ts";
import { SupervisorProgram } from "../support/program.ts";
import { ignoresTerm, isAlive, shell, TestSupervisor } from "../support/supervisor.ts";

const limit = { timeout: 90_000 };
const RETRY = { maxRetries: 3, retryDelayMs: 0, backoffRate: 2, maxDelayMs: 10_000, jitter: 0 };
const rules = (policy: RestartRules["policy"]): RestartRules => ({
  policy,
  retry: { default: RETRY, health: RETRY, resource: RETRY },
  resetAfterMs: 60_000,
  breaker: null,
  storm: { minUptimeMs: 1_000, maxExits: 3 },
});

const BOOT = "this boot";
const ACTIONS = [
  "start",
  "stop",
  "restart",
  "reset",
  "enable",
  "disable",
  "change",
  "kill",
  "kill in its grace",
  "kill when it has ended",
  "ready",
  "fail",
  "succeed",
  "due",
] as const;
type Action = typeof ACTIONS[number];

/** One process through supervisors and definitions, with what is on disk; and beside it what people have said last. */
class Lives {
  machine: Machine;
  disk: KeptMemory | undefined;
  definition: Pick<Definition, "enabled" | "fingerprint" | "restart">;
  /** The truth, kept in the simplest way: whether it is to run. */
  isToRun: boolean;
  #version = 0;

  constructor(readonly policy: RestartRules["policy"], enabled: boolean) {
    this.definition = { enabled, fingerprint: "0", restart: rules(policy) };
    this.machine = newMachine(1, enabled);
    this.isToRun = enabled;
    if (enabled) this.tell({ type: "start" });
  }

  get isUp(): boolean {
    return ["starting", "running", "stopping"].includes(this.machine.state);
  }

  act(action: Action): void {
    if (action === "start" || action === "restart") {
      this.isToRun = true;
      if (action === "restart" && this.isUp) return this.tell({ type: "restart", byHand: true });
      this.tell({ type: "want" });
      if (!["starting", "running"].includes(this.machine.state)) this.tell({ type: "start" });
    } else if (action === "stop") {
      this.isToRun = false;
      this.tell({ type: "stop", byHand: true });
    } else if (action === "reset") this.tell({ type: "reset" });
    else if (action === "enable" || action === "disable") {
      const enabled = action === "enable";
      if (enabled === this.definition.enabled) return;
      this.isToRun = enabled;
      this.reload({ enabled });
    } else if (action === "change") this.reload({});
    else if (action === "kill") this.nextSupervisor(this.isUp);
    else if (action === "kill in its grace") {
      if (this.machine.state === "stopping") this.nextSupervisor(true);
    } else if (action === "kill when it has ended") this.nextSupervisor(false);
    else if (action === "ready" || action === "due") this.tell({ type: action });
    else {
      const exitCode = action === "succeed" ? 0 : 1;
      this.tell({ type: "ended", exit: { outcome: "exited", exitCode, signal: null } });
    }
  }

  /** As the engine writes it: at each decision, at each end, and when it runs. */
  tell(event: MachineEvent): void {
    let done;
    try {
      done = step(this.machine, event, this.definition.restart, 0);
    } catch (error) {
      if (!(error instanceof InvalidEvent)) throw error;
      return;
    }
    const before = this.machine;
    this.machine = done.machine;
    const ran = done.transitions.some(({ to }) => to === "running");
    if (before.decision !== done.machine.decision || ran || event.type === "ended") this.#write();
  }

  reload(change: { enabled?: boolean }): void {
    const before = this.definition;
    const wasUp = !["stopped", "disabled"].includes(this.machine.state);
    this.tell({ type: "stop", byHand: false });
    if (this.isUp) {
      this.tell({ type: "ended", exit: { outcome: "signaled", exitCode: null, signal: "SIGTERM" } });
    }
    this.definition = { ...before, ...change, fingerprint: String(++this.#version) };
    this.#begin(memoryAfterChange(this.machine, before, this.definition));
    this.#write();
    if (this.#isWanted && (wasUp || !before.enabled)) this.tell({ type: "start" });
  }

  /** @param isAlive whether the process has outlived the supervisor */
  nextSupervisor(isAlive: boolean): void {
    // That is what "always" is: also what was stopped by hand, when the supervisor starts again.
    if (this.policy === "always" && this.machine.decision === "stop") this.isToRun = this.definition.enabled;
    this.#begin(memoryFromKept(this.disk, this.definition, BOOT));
    if (isAlive) {
      this.tell({ type: "adopt" });
      if (!isToRun(this.machine, this.definition.enabled)) this.tell({ type: "stop", byHand: false });
    } else if (this.#isWanted) this.tell({ type: "start" });
  }

  get #isWanted(): boolean {
    return isToRun(this.machine, this.definition.enabled) && !isDone(this.machine, this.definition);
  }

  #begin(memory: Memory): void {
    this.machine = newMachine(1, this.definition.enabled, memory);
  }

  #write(): void {
    // Through JSON, as it is read again.
    this.disk = JSON.parse(JSON.stringify(memoryToKeep(this.machine, this.definition, BOOT)));
  }
}

test("in any order: the last word counts, and whoever is to be down is down or going", () => {
  const policy = fc.constantFrom<RestartRules["policy"]>("never", "on_failure", "always", "unless_stopped");
  fc.assert(
    fc.property(
      policy,
      fc.boolean(),
      fc.array(fc.constantFrom(...ACTIONS), { maxLength: 40 }),
      (...given) => {
        const [chosen, enabled, actions] = given;
        const lives = new Lives(chosen, enabled);
        for (const action of actions) {
          lives.act(action);
          const { state } = lives.machine;
          assert.equal(
            isToRun(lives.machine, lives.definition.enabled),
            lives.isToRun,
            `${action} → ${state}`,
          );
          if (lives.isToRun) continue;
          assert.ok(["stopped", "disabled", "stopping"].includes(state), `${action}: it is ${state}`);
          assert.notEqual(lives.machine.next.then, "start");
        }
      },
    ),
    { numRuns: 3_000 },
  );
});

test("in any order: a one-shot that is done runs again only when it is changed, or asked for", () => {
  const actions = fc.array(
    fc.constantFrom<Action>("kill", "kill when it has ended", "reset", "due", "ready"),
  );
  fc.assert(fc.property(actions, (after) => {
    const lives = new Lives("never", true);
    for (const action of ["ready", "succeed", ...after] as const) lives.act(action);
    assert.deepEqual([lives.machine.state, lives.machine.starts], ["stopped", 1]);
    lives.reload({});
    assert.equal(lives.machine.lastExit, null);
  }));
});

test("what an older release has kept is understood", () => {
  const old = {
    stopped_by_hand: true,
    started_by_hand: false,
    is_restarting: false,
    enabled: null,
    done_in_boot: null,
  };
  const definition = { enabled: true, fingerprint: "x", restart: rules("on_failure") };
  assert.equal(memoryFromKept({ ...old, starts: 3, fingerprint: "y" }, definition, BOOT).decision, "stop");
  const done = { ...old, stopped_by_hand: false, done_in_boot: BOOT, starts: 1, fingerprint: "x" };
  const never = { ...definition, restart: rules("never") };
  assert.equal(memoryFromKept(done, never, BOOT).lastExit?.exitCode, 0);
  assert.equal(memoryFromKept(done, never, "another boot").lastExit, null);
  assert.equal(memoryFromKept({ ...done, fingerprint: "y" }, never, BOOT).lastExit, null);
});

describe("a stop by hand", () => {
  const slow = (line = "") =>
    shell("a", `${line}trap 'touch told' TERM; while :; do sleep 0.05; done`, {
      graceful_timeout: "5s",
    });

  test("outlives the supervisor that is killed within the grace", limit, async () => {
    await using program = new SupervisorProgram();
    program.configure([slow(), shell("b", "sleep 300; :")]);
    await program.start();
    const pid = await program.until("it runs", async () => (await program.status())[0].pid);
    await program.until(
      "both run",
      async () => (await program.status()).every(({ state }) => state === "running"),
    );
    const stopping = program.ask("/processes/a/stop", "POST").catch(() => {});
    await program.until("its grace runs", async () => (await program.status())[0].state === "stopping");
    await program.kill();
    await stopping;
    assert.ok(isAlive(pid));
    for (let next = 0; next < 2; next++) {
      await program.start();
      await program.until("it is down", async () => {
        const [a, b] = await program.status();
        return a.state === "stopped" && b.state === "running";
      });
      assert.equal(isAlive(pid), false);
      assert.equal((await program.status())[0].reason, "it was stopped by hand");
      await program.kill();
    }
  });

  test("outlives changes of the definition, by reload and by the next supervisor", limit, async () => {
    await using program = new SupervisorProgram();
    const state = async () => (await program.status())[0].state;
    program.configure([shell("a", "sleep 300; :")]);
    await program.start();
    await program.until("it runs", async () => await state() === "running");
    await program.ask("/processes/a/stop", "POST");
    program.configure([shell("a", "sleep 301; :")]);
    await program.ask("/reload", "POST");
    assert.equal(await state(), "stopped");
    await program.kill();
    await program.start();
    assert.equal(await state(), "stopped");
    await program.kill();
    program.configure([shell("a", "sleep 302; :")]);
    await program.start();
    assert.equal(await state(), "stopped");
    // Until a person says otherwise, in the configuration or by hand.
    program.configure([shell("a", "sleep 302; :", {}, { enabled: false })]);
    await program.ask("/reload", "POST");
    program.configure([shell("a", "sleep 302; :")]);
    await program.ask("/reload", "POST");
    await program.until("it runs", async () => await state() === "running");
  });

  test("is not undone by whoever depends on it, but for a person who wants that", limit, async () => {
    await using test = await TestSupervisor.start([
      shell("db", "sleep 300; :"),
      shell("web", "sleep 300; :", {}, { depends_on: ["db"] }),
      shell("off", "sleep 300; :", {}, { enabled: false }),
      shell("needs-off", "sleep 300; :", {}, { depends_on: ["off"] }),
    ]);
    await test.reaches("web", "running");
    await test.supervisor.stop("db");
    await test.end();
    await test.begin();
    await test.until("web waits", () => /^it waits for db/.test(test.supervisor.get("web").reason ?? ""));
    assert.match(test.supervisor.get("web").reason!, /but it is stopped: it was stopped by hand/);
    assert.deepEqual(["db", "off"].map((id) => test.supervisor.get(id).state), ["stopped", "disabled"]);
    assert.match(
      test.supervisor.get("needs-off").reason!,
      /it waits for off \(started\), but it is disabled/,
    );
    await test.supervisor.start("web");
    assert.equal(test.supervisor.get("db").state, "running");
  });
});

test("a start by hand of what is disabled outlives the supervisor, alive or not", limit, async () => {
  await using program = new SupervisorProgram();
  const status = async () => (await program.status())[0];
  program.configure([shell("a", "sleep 300; :", {}, { enabled: false })]);
  await program.start();
  assert.equal((await status()).state, "disabled");
  await program.ask("/processes/a/start", "POST");
  const { pid } = await status();
  await program.kill();
  await program.start();
  assert.deepEqual([(await status()).state, (await status()).pid], ["running", pid]);
  await program.kill();
  process.kill(pid!, "SIGKILL");
  await program.start();
  await program.until(
    "another one",
    async () => (await status()).state === "running" && (await status()).pid !== pid,
  );
  await program.ask("/processes/a/stop", "POST");
  await program.kill();
  await program.start();
  assert.match((await status()).state, /^(stopped|disabled)$/);
});

test("a restart by hand outlives the supervisor that is killed within the grace", limit, async () => {
  await using program = new SupervisorProgram();
  program.configure([
    shell("a", "trap '' TERM; while :; do sleep 0.05; done", {
      graceful_timeout: "5s",
      restart_policy: "never",
    }),
  ]);
  await program.start();
  const runs = async () => (await program.status())[0].state === "running" && (await program.status())[0].pid;
  const pid = await program.until("it runs", runs);
  await program.until("it is stubborn", () => ignoresTerm(pid));
  const restarting = program.ask("/processes/a/restart", "POST").catch(() => {});
  await program.until("its grace runs", async () => (await program.status())[0].state === "stopping");
  await program.kill();
  await restarting;
  await program.start();
  await program.until("another one", async () => {
    const now = await runs();
    return now && now !== pid;
  });
  assert.equal(isAlive(pid), false);
});

test("a removal by hand outlives the supervisor that is killed within the grace", limit, async () => {
  await using program = new SupervisorProgram();
  program.configure([]);
  await program.start();
  const slow = shell("a", "trap '' TERM; while :; do sleep 0.05; done", { graceful_timeout: "5s" });
  await program.ask("/processes", "POST", slow);
  const pid = await program.until("it runs", async () => {
    const [a] = await program.status();
    return a?.state === "running" && a.pid;
  });
  await program.until("it is stubborn", () => ignoresTerm(pid));
  const removing = program.ask("/processes/a", "DELETE").catch(() => {});
  await program.until("its grace runs", async () => (await program.status())[0].state === "stopping");
  await program.kill();
  await removing;
  await program.start();
  assert.deepEqual(await program.status(), []);
  await program.until("it is gone", () => !isAlive(pid));
});
