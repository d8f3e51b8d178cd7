import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { PROCESS_STATES } from "../../../supervisor/control.ts";
import type { ProcessState } from "../../../supervisor/control.ts";
import type { RestartRules } from "../../../supervisor/lifecycle/restart_rules.ts";
import { exitSentence, newMachine } from "../../../supervisor/lifecycle/machine.ts";
import { InvalidEvent, TRANSITIONS } from "../../../supervisor/lifecycle/machine_event.ts";
import { step } from "../../../supervisor/lifecycle/state.ts";
import type { Exit, Machine } from "../../../supervisor/lifecycle/machine.ts";
import type { Effect, MachineEvent, Step } from "../../../supervisor/lifecycle/machine_event.ts";

const RETRY = { maxRetries: 3, retryDelayMs: 1_000, backoffRate: 2, maxDelayMs: 10_000, jitter: 0 };
const RULES: RestartRules = {
  policy: "on_failure",
  retry: { default: RETRY, health: RETRY, resource: RETRY },
  resetAfterMs: 60_000,
  breaker: null,
  storm: { minUptimeMs: 1_000, maxExits: 3 },
};
const exited = (exitCode: number): Exit => ({ outcome: "exited", exitCode, signal: null });
const CRASH: MachineEvent = { type: "ended", exit: exited(1) };
const SUCCESS: MachineEvent = { type: "ended", exit: exited(0) };

/** A machine that is led by events, on a clock that is moved by hand. */
class Story {
  machine: Machine = newMachine(1);
  nowMs = 0;
  readonly path: ProcessState[] = [];

  constructor(readonly rules: RestartRules = RULES) {}

  tell(...events: (MachineEvent | MachineEvent["type"])[]): Step {
    let last: Step | undefined;
    for (const event of events) {
      last = step(
        this.machine,
        typeof event === "string" ? { type: event } as MachineEvent : event,
        this.rules,
        this.nowMs,
      );
      this.machine = last.machine;
      this.path.push(...last.transitions.map(({ to }) => to));
    }
    return last!;
  }

  /** Let a failed run end, and its backoff pass. */
  crash(event: MachineEvent = CRASH): void {
    if (this.machine.state === "starting") this.tell("ready");
    this.tell(event);
    if (this.machine.state !== "backoff") return;
    this.nowMs = this.machine.dueAtMs!;
    this.tell("due");
  }
}

describe("the story of a managed process", () => {
  test("start, ready, stop", () => {
    const story = new Story();
    assert.deepEqual(story.tell("start").effects, [{ type: "spawn" }]);
    assert.deepEqual(story.tell("ready").effects, [{ type: "arm", event: "settled", afterMs: 60_000 }]);
    const stop: MachineEvent = { type: "stop", byHand: true };
    assert.deepEqual(story.tell(stop).effects, [{ type: "stop", kill: false }]);
    story.tell(CRASH);
    assert.deepEqual(story.path, ["starting", "running", "stopping", "stopped"]);
    assert.equal(story.machine.decision, "stop");
  });

  test("a failure is followed by a backoff, and that by a start", () => {
    const story = new Story();
    story.tell("start", "ready");
    assert.deepEqual(story.tell(CRASH).effects, [{ type: "arm", event: "due", afterMs: 1_000 }]);
    assert.equal(story.machine.reason, "it ended with exit code 1");
    story.tell("due");
    assert.deepEqual(story.path.slice(2), ["backoff", "starting"]);
  });

  test("without a delay the next start follows at once", () => {
    const now = { ...RETRY, retryDelayMs: 0 };
    const story = new Story({ ...RULES, retry: { ...RULES.retry, default: now } });
    story.tell("start", "ready");
    assert.deepEqual(story.tell(CRASH).effects, [{ type: "spawn" }]);
    assert.equal(story.machine.state, "starting");
  });

  test("the delays grow, and after the last retry it has failed, with the reason in one sentence", () => {
    const story = new Story();
    const delays: number[] = [];
    story.tell("start", "ready");
    for (;;) {
      const { effects } = story.tell(CRASH);
      const due = effects.find((effect): effect is Effect & { type: "arm" } => effect.type === "arm");
      if (!due) break;
      delays.push(due.afterMs);
      story.tell("due", "ready");
    }
    assert.deepEqual(delays, [1_000, 2_000, 4_000]);
    assert.equal(story.machine.state, "failed");
    assert.equal(story.machine.reason, "given up after 3 restarts in a row: it ended with exit code 1");
  });

  test("good health for long enough makes all counts begin anew", () => {
    const story = new Story();
    story.tell("start");
    for (let run = 0; run < 10; run++) {
      story.crash();
      story.tell("ready", "settled");
      assert.deepEqual(story.machine.retries, { default: 0, health: 0, resource: 0 });
    }
    assert.equal(story.machine.state, "running");
  });

  const EXIT_TABLE = [
    ["never", 0, "stopped"],
    ["never", 1, "failed"],
    ["on_failure", 0, "stopped"],
    ["on_failure", 1, "backoff"],
    ["always", 0, "backoff"],
    ["always", 1, "backoff"],
    ["unless_stopped", 0, "backoff"],
    ["unless_stopped", 1, "backoff"],
  ] as const;
  for (const [policy, code, state] of EXIT_TABLE) {
    test(`under ${policy}, exit code ${code} leads to ${state}`, () => {
      const story = new Story({ ...RULES, policy });
      story.nowMs = 5_000;
      story.tell("start", "ready");
      story.nowMs = 10_000;
      story.tell({ type: "ended", exit: exited(code) });
      assert.equal(story.machine.state, state);
    });
  }

  test("causes have parameters and counts of their own", () => {
    const rules = {
      ...RULES,
      retry: { ...RULES.retry, health: { ...RETRY, maxRetries: 1, retryDelayMs: 7 } },
    };
    const story = new Story(rules);
    story.tell("start", "ready");
    story.tell({ type: "unhealthy", message: "no answer" });
    assert.equal(story.machine.state, "stopping");
    assert.deepEqual(story.tell(SUCCESS).effects, [{ type: "arm", event: "due", afterMs: 7 }]);
    story.tell("due", "ready", CRASH, "due", "ready");
    story.tell({ type: "unhealthy", message: "no answer" }, SUCCESS);
    assert.equal(story.machine.state, "failed");
    assert.equal(story.machine.reason, "given up after 1 restart in a row: it was unhealthy: no answer");
  });

  test("who is never restarted is not stopped for its health either", () => {
    const story = new Story({ ...RULES, policy: "never" });
    story.tell("start", "ready");
    assert.deepEqual(story.tell({ type: "unhealthy", message: "no answer" }).effects, []);
    assert.equal(story.machine.state, "running");
  });

  const VIOLATIONS = [
    ["graceful_shutdown", false, "failed"],
    ["immediate_kill", true, "failed"],
    ["restart", false, "backoff"],
    ["restart_adjusted", false, "backoff"],
  ] as const;
  for (const [action, kill, state] of VIOLATIONS) {
    test(`a limit with ${action} leads to ${state}, whatever the policy`, () => {
      const story = new Story({ ...RULES, policy: "never" });
      story.tell("start", "ready");
      const violation = { type: "violation", action, message: "memory: 2M, above the limit of 1M" } as const;
      assert.deepEqual(story.tell(violation).effects, [{ type: "stop", kill }]);
      story.tell({ type: "ended", exit: { outcome: "signaled", exitCode: null, signal: "SIGTERM" } });
      assert.equal(story.machine.state, state);
      assert.equal(story.machine.reason, violation.message);
    });
  }

  test("a start that is late is stopped and counts as a failure", () => {
    const story = new Story();
    story.tell("start", { type: "start_overdue", message: "no answer" });
    assert.equal(story.machine.state, "stopping");
    story.tell(SUCCESS);
    assert.equal(story.machine.state, "backoff");
    assert.match(story.machine.reason!, /not ready in time \(ready\): no answer/);
  });

  test("a launch that fails names the step", () => {
    const story = new Story();
    story.tell("start", { type: "launch_failed", stage: "resolve", message: "no such file" });
    assert.equal(story.machine.reason, "it could not be started (resolve): no such file");
    assert.equal(story.machine.state, "backoff");
  });

  test("stopping what waits in backoff, or has failed, ends at once", () => {
    for (const rules of [RULES, { ...RULES, policy: "never" as const }]) {
      const story = new Story(rules);
      story.tell("start", "ready", CRASH);
      assert.deepEqual(story.tell("stop").effects, []);
      assert.equal(story.machine.state, "stopped");
    }
  });

  test("a restart stops and starts, and counts as no failure", () => {
    const story = new Story();
    story.tell("start", "ready", "restart");
    assert.equal(story.machine.state, "stopping");
    assert.deepEqual(story.tell(CRASH).effects, [{ type: "spawn" }]);
    assert.equal(story.machine.state, "starting");
    assert.equal(story.machine.retries.default, 0);
    assert.equal(story.machine.starts, 2);
  });

  test("while it stops somebody may think differently", () => {
    const story = new Story();
    story.tell("start", "ready", "restart", "stop", SUCCESS);
    assert.equal(story.machine.state, "stopped");
    story.tell("start", "ready", "stop", "start", SUCCESS);
    assert.equal(story.machine.state, "starting");
  });

  test("a disabled process can be started by hand, and is enabled before it is started by itself", () => {
    const story = new Story();
    story.machine = newMachine(1, false);
    story.tell("start");
    assert.equal(story.machine.state, "starting");
    story.machine = newMachine(1, false);
    story.tell("enable", "start", "ready", "stop", SUCCESS);
    assert.equal(story.machine.state, "stopped");
  });

  test("what runs already is taken up without a launch", () => {
    const story = new Story();
    assert.deepEqual(story.tell("adopt").effects, []);
    story.tell("ready");
    assert.equal(story.machine.state, "running");
  });

  test("a storm of successes is slowed down, then ended", () => {
    const story = new Story({ ...RULES, policy: "always" });
    story.tell("start");
    const delays: number[] = [];
    for (;;) {
      story.tell("ready");
      const { effects } = story.tell(SUCCESS);
      const [due] = effects;
      if (due?.type !== "arm") break;
      delays.push(due.afterMs);
      story.nowMs += due.afterMs;
      story.tell("due");
    }
    assert.deepEqual(delays, [1_000, 2_000, 4_000]);
    assert.equal(
      story.machine.reason,
      "it ends with success as soon as it is started, 4 times in a row",
    );
  });

  test("a success after a while is not a storm", () => {
    const story = new Story({ ...RULES, policy: "always" });
    story.tell("start");
    for (let run = 0; run < 20; run++) {
      story.tell("ready");
      story.nowMs += 1_500;
      story.tell(SUCCESS, "due");
    }
    assert.equal(story.machine.state, "starting");
  });

  test("how a run ended, in words", () => {
    assert.equal(
      exitSentence({ outcome: "signaled", exitCode: null, signal: "SIGSEGV" }),
      "it was ended by SIGSEGV",
    );
    assert.equal(
      exitSentence({ outcome: "oom_killed", exitCode: null, signal: "SIGKILL" }),
      "it was killed: out of memory",
    );
    assert.match(exitSentence({ outcome: "unknown", exitCode: null, signal: null }), /how is unknown/);
  });
});

describe("the circuit breaker", () => {
  const breaker = {
    failures: 3,
    windowMs: 60_000,
    cooldownMs: 300_000,
    severity: { start: 1, exit: 1, health: 1, resource: 2 },
  };
  const unlimited = { ...RETRY, maxRetries: Infinity, retryDelayMs: 10, backoffRate: 1 };
  const rules = {
    ...RULES,
    breaker,
    retry: { default: unlimited, health: unlimited, resource: unlimited },
  };

  function opened(): Story {
    const story = new Story(rules);
    story.tell("start");
    story.crash();
    story.crash();
    assert.equal(story.machine.breaker.state, "closed");
    story.tell("ready", CRASH);
    assert.equal(story.machine.breaker.state, "open");
    return story;
  }

  test("opens after so many failures, and makes the delay long", () => {
    const story = opened();
    assert.equal(story.machine.dueAtMs! - story.nowMs, 300_000);
    assert.match(story.machine.reason!, /circuit breaker is open/);
  });

  test("tries once after the cooldown, and opens again at the first failure", () => {
    const story = opened();
    story.nowMs = story.machine.dueAtMs!;
    story.tell("due");
    assert.equal(story.machine.breaker.state, "half_open");
    story.tell("ready", CRASH);
    assert.equal(story.machine.breaker.state, "open");
    assert.equal(story.machine.dueAtMs! - story.nowMs, 300_000);
  });

  test("closes when the trial goes well for long enough", () => {
    const story = opened();
    story.nowMs = story.machine.dueAtMs!;
    story.tell("due", "ready", "settled");
    assert.equal(story.machine.breaker.state, "closed");
    assert.deepEqual(story.machine.breaker.failures, []);
  });

  test("is reset by hand, which starts at once", () => {
    const story = opened();
    assert.deepEqual(story.tell("reset").effects, [{ type: "spawn" }]);
    assert.equal(story.machine.breaker.state, "closed");
  });

  test("forgets failures that lie too long behind", () => {
    const story = new Story(rules);
    story.tell("start");
    for (let run = 0; run < 20; run++) {
      story.crash();
      story.nowMs += 31_000;
    }
    assert.equal(story.machine.breaker.state, "closed");
  });

  test("weighs by cause", () => {
    const story = new Story(rules);
    story.tell("start", "ready");
    const violation = { type: "violation", action: "restart", message: "too much" } as const;
    story.tell(violation, SUCCESS, "due");
    assert.equal(story.machine.breaker.state, "closed");
    story.tell("ready", violation, SUCCESS);
    assert.equal(story.machine.breaker.state, "open");
  });
});

const EVENTS: readonly MachineEvent[] = [
  { type: "start" },
  { type: "adopt" },
  { type: "ready" },
  { type: "launch_failed", stage: "exec", message: "x" },
  { type: "start_overdue", message: "x" },
  CRASH,
  SUCCESS,
  { type: "ended", exit: { outcome: "oom_killed", exitCode: null, signal: "SIGKILL" } },
  { type: "unhealthy", message: "x" },
  { type: "violation", action: "restart", message: "x" },
  { type: "violation", action: "immediate_kill", message: "x" },
  { type: "want" },
  { type: "stop" },
  { type: "stop", byHand: true },
  { type: "restart", byHand: true },
  { type: "explain", reason: "x" },
  { type: "due" },
  { type: "settled" },
  { type: "reset" },
  { type: "enable" },
];

/** Which events make sense in which states; everything else is an error. */
const ACCEPTED: Readonly<Record<ProcessState, readonly MachineEvent["type"][]>> = {
  stopped: ["want", "start", "adopt", "stop", "restart", "reset", "explain"],
  starting: [
    "want",
    "ready",
    "launch_failed",
    "start_overdue",
    "ended",
    "violation",
    "stop",
    "restart",
    "reset",
  ],
  running: ["want", "ended", "unhealthy", "violation", "stop", "restart", "settled", "reset"],
  stopping: ["want", "start", "ended", "stop", "restart", "reset"],
  failed: ["want", "start", "stop", "restart", "reset"],
  backoff: ["want", "start", "stop", "restart", "due", "reset"],
  disabled: ["want", "start", "adopt", "stop", "restart", "reset", "enable", "explain"],
};

describe("what cannot be", () => {
  for (const state of PROCESS_STATES) {
    test(`of a process that is ${state}`, () => {
      for (const event of EVENTS) {
        const machine = { ...newMachine(1), state };
        const attempt = () => step(machine, event, RULES, 0);
        if (ACCEPTED[state].includes(event.type)) assert.doesNotThrow(attempt, `${event.type} in ${state}`);
        else assert.throws(attempt, InvalidEvent, `${event.type} in ${state}`);
      }
    });
  }
});

const anyRules = fc.record({
  policy: fc.constantFrom("never", "on_failure", "always", "unless_stopped"),
  breaker: fc.boolean(),
  maxRetries: fc.constantFrom(0, 1, 5, Infinity),
  retryDelayMs: fc.integer({ min: 0, max: 60_000 }),
  backoffRate: fc.double({ min: 1, max: 5, noNaN: true }),
  jitter: fc.double({ min: 0, max: 1, noNaN: true }),
}).map(({ policy, breaker, ...retry }): RestartRules => {
  const rule = { ...retry, maxDelayMs: 120_000 };
  const severity = { start: 1, exit: 1, health: 2, resource: 0.5 };
  return {
    policy: policy as RestartRules["policy"],
    retry: { default: rule, health: rule, resource: rule },
    resetAfterMs: 60_000,
    breaker: breaker ? { failures: 4, windowMs: 60_000, cooldownMs: 300_000, severity } : null,
    storm: { minUptimeMs: 1_000, maxExits: 5 },
  };
});

test("whatever happens, it is in one state, by a way that leads there, and says once what is to be done", () => {
  fc.assert(
    fc.property(
      anyRules,
      fc.integer(),
      fc.array(fc.tuple(fc.constantFrom(...EVENTS), fc.nat(90_000)), { maxLength: 100 }),
      (rules, seed, happenings) => {
        let machine = newMachine(seed);
        let nowMs = 0;
        let running = false;
        for (const [event, passedMs] of happenings) {
          nowMs += passedMs;
          let done: Step;
          try {
            done = step(machine, event, rules, nowMs);
          } catch (error) {
            assert.ok(error instanceof InvalidEvent, String(error));
            continue;
          }
          let state = machine.state;
          for (const { from, to } of done.transitions) {
            assert.equal(from, state);
            assert.ok(TRANSITIONS[from].includes(to), `${from} → ${to}`);
            state = to;
          }
          assert.equal(done.machine.state, state);
          machine = done.machine;
          if (event.type === "ended" || event.type === "launch_failed") running = false;
          if (event.type === "adopt") running = true;
          for (const effect of done.effects) {
            if (effect.type === "spawn") {
              // Never two of one.
              assert.equal(running, false);
              assert.equal(state, "starting");
              running = true;
            }
            if (effect.type === "stop") assert.equal(state, "stopping");
            if (effect.type === "arm") assert.ok(effect.afterMs >= 0 && effect.afterMs <= 300_000);
          }
          assert.equal(
            running,
            ["starting", "running", "stopping"].includes(state),
            `${event.type} → ${state}`,
          );
          // Whoever waits has a time when that ends.
          if (state === "backoff") {
            assert.ok(machine.dueAtMs !== null);
            if (done.transitions.length > 0) assert.ok(machine.dueAtMs >= nowMs);
          } else assert.equal(machine.dueAtMs, null);
          if (state === "failed") assert.ok(machine.reason && !machine.reason.includes("\n"));
          assert.ok(machine.breaker.failures.length <= 1_000);
        }
      },
    ),
    { numRuns: 500 },
  );
});

test("a year of a program that crashes after some minutes passes in no time, and it is never given up", () => {
  const YEAR_MS = 365 * 86_400_000;
  const story = new Story({ ...RULES, policy: "always", resetAfterMs: 60_000 });
  story.tell("start");
  let runs = 0;
  let downMs = 0;
  while (story.nowMs < YEAR_MS) {
    story.tell("ready");
    story.nowMs += 60_000;
    story.tell("settled");
    story.nowMs += 240_000;
    story.tell(CRASH);
    assert.equal(story.machine.state, "backoff");
    downMs += story.machine.dueAtMs! - story.nowMs;
    story.nowMs = story.machine.dueAtMs!;
    story.tell("due");
    runs++;
  }
  assert.equal(story.machine.starts, runs + 1);
  assert.ok(runs > 100_000, `${runs}`);
  // Each count begins anew: no delay but the first.
  assert.equal(downMs, runs * 1_000);
});

test("a year of a program that crashes at once, behind a breaker, is a handful of starts each hour", () => {
  const YEAR_MS = 365 * 86_400_000;
  const unlimited = { ...RETRY, maxRetries: Infinity, retryDelayMs: 100 };
  const breaker = {
    failures: 5,
    windowMs: 60_000,
    cooldownMs: 900_000,
    severity: { start: 1, exit: 1, health: 1, resource: 1 },
  };
  const story = new Story({
    ...RULES,
    breaker,
    retry: { default: unlimited, health: unlimited, resource: unlimited },
  });
  story.tell("start");
  while (story.nowMs < YEAR_MS) {
    story.tell("ready");
    story.nowMs += 5;
    story.tell(CRASH);
    story.nowMs = story.machine.dueAtMs!;
    story.tell("due");
  }
  const hourly = story.machine.starts / (365 * 24);
  assert.ok(hourly > 3.9 && hourly < 4.1, `${hourly}`);
});
