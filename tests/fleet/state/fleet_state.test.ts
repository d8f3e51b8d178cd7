import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { COLUMN_AT } from "../../../fleet/model/column.ts";
import type { FleetChange, TakenSample } from "../../../fleet/model/view.ts";
import type { FleetState } from "../../../fleet/state/fleet_state.ts";
import { emptyFleet, hostSample, NOON, presence, sample, sender, UNIT } from "../support/arrivals.ts";

const CPU = COLUMN_AT.get("cpu_seconds")!;
const at = (seconds: number) => NOON + seconds * 1_000;

/** What listeners are told, in short. */
function heard(state: FleetState) {
  const [increases, changes]: [number[], string[]] = [[], []];
  state.listen({
    sample: ({ increases: of }: TakenSample) => increases.push(of[CPU]),
    change: (change: FleetChange) => {
      if (change.kind === "agent") changes.push(`agent ${change.was} → ${change.agent.presence}`);
      else if (change.kind === "task") changes.push(`task ${change.was} → ${change.task.state}`);
      else changes.push(change.kind);
    },
  });
  return { increases, changes };
}

/** Apply samples of one task. */
function apply(state: FleetState, ...samples: ReturnType<typeof sample>[]): void {
  for (const one of samples) state.apply(one, one.time);
}

describe("what counters have grown by", () => {
  test("is the difference within a run", () => {
    const state = emptyFleet();
    const { increases } = heard(state);
    apply(state, sample(10, { cpu_seconds: 5 }), sample(20, { cpu_seconds: 7.5 }));
    assert.deepEqual(increases, [NaN, 2.5]);
  });

  test("is all of it for a run that began while its unit was listened to", () => {
    const state = emptyFleet();
    const { increases } = heard(state);
    apply(state, sample(10, { cpu_seconds: 8, uptime_seconds: 9 }));
    assert.deepEqual(increases, [8]);
  });

  test("is not known for one that had begun before", () => {
    const state = emptyFleet();
    const { increases } = heard(state);
    apply(state, sample(10, { cpu_seconds: 8, uptime_seconds: 3_600 }));
    assert.deepEqual(increases, [NaN]);
  });

  test("begins anew with a restart, by whatever tells of it", () => {
    const restarts = [
      [{ cpu_seconds: 50 }, { cpu_seconds: 1 }],
      [{ cpu_seconds: 1, uptime_seconds: 100 }, { cpu_seconds: 1.5, uptime_seconds: 4 }],
    ];
    for (const [before, after] of restarts) {
      const state = emptyFleet();
      const { increases, changes } = heard(state);
      apply(state, sample(10, before), sample(20, after));
      assert.deepEqual(increases, [NaN, after.cpu_seconds]);
      assert.ok(changes.includes("run"));
      assert.equal(state.endedRuns.length, 1);
      assert.equal(state.endedRuns[0].figures.cpu_seconds, before.cpu_seconds);
    }
    const state = emptyFleet();
    const { increases } = heard(state);
    const started = (seconds: number) => ({ facts: { startedAt: at(seconds) } });
    apply(
      state,
      sample(10, { cpu_seconds: 1 }, started(-60)),
      sample(20, { cpu_seconds: 2 }, started(15)),
      // A clock that was set by less than a second is not another start.
      sample(30, { cpu_seconds: 3 }, started(15.9)),
    );
    assert.deepEqual(increases, [NaN, 2, 1]);
    assert.equal(state.findTask(UNIT, "web-1", "job")!.runSince, at(15));
  });

  test("is told of nothing twice, nor of what comes late", () => {
    const state = emptyFleet();
    const { increases } = heard(state);
    apply(
      state,
      sample(10, { cpu_seconds: 5 }),
      sample(10, { cpu_seconds: 5 }),
      sample(5, { cpu_seconds: 4 }),
    );
    assert.deepEqual(increases, [NaN]);
    assert.deepEqual({ ...state.counts }, { messages: 3, samples: 2, repeated: 1 });
  });
});

describe("a run", () => {
  test("that ends is kept with its totals and peaks, and how well they are known", () => {
    const state = emptyFleet();
    const { changes } = heard(state);
    const quality = { cpu: "exact" };
    apply(
      state,
      sample(10, { cpu_seconds: 5, memory_bytes: 900, uptime_seconds: 5 }),
      sample(20, { cpu_seconds: 9, memory_bytes: 400, uptime_seconds: 15 }, { state: "ended", quality }),
    );
    assert.deepEqual(state.endedRuns, [{
      task: 1,
      started: at(5),
      ended: at(20),
      state: "ended",
      error: null,
      figures: { cpu_seconds: 9, max_memory_bytes: 900 },
      quality,
    }]);
    assert.deepEqual(changes, ["agent null → online", "task null → running", "task running → ended"]);
  });

  test("that ends by a result tells its error", () => {
    const state = emptyFleet();
    apply(state, sample(10, { cpu_seconds: 5 }));
    const end = { kind: "end", sender: sender(), taskId: "job", time: at(12), error: "trap" } as const;
    state.apply(end, at(12));
    state.apply(end, at(13));
    assert.deepEqual(state.endedRuns.map(({ ended, error }) => [ended, error]), [[at(12), "trap"]]);
  });

  test("may follow another of the same task", () => {
    const state = emptyFleet();
    apply(
      state,
      sample(10, { cpu_seconds: 5 }, { state: "ended" }),
      sample(30, { cpu_seconds: 6, uptime_seconds: 2 }),
    );
    const task = state.findTask(UNIT, "web-1", "job")!;
    assert.deepEqual([task.state, task.runSince, task.id], ["running", at(28), 1]);
    assert.equal(state.endedRuns.length, 1);
  });
});

test("what goes on after it was said to be over is the same run", () => {
  for (const told of [{ facts: { startedAt: at(0) } }, {}]) {
    const state = emptyFleet();
    const { increases } = heard(state);
    apply(
      state,
      sample(10, { cpu_seconds: 5, uptime_seconds: 10 }, told),
      sample(20, { cpu_seconds: 9, uptime_seconds: 20 }, { state: "ended", ...told }),
      sample(30, { cpu_seconds: 10, uptime_seconds: 30 }, told),
      sample(40, { cpu_seconds: 11, uptime_seconds: 2 }, told.facts ? { facts: { startedAt: at(38) } } : {}),
    );
    assert.deepEqual(increases, [5, 4, 1, 11]);
  }
});

test("nothing began after it was looked at", () => {
  const state = emptyFleet();
  apply(state, sample(10, { cpu_seconds: 5 }, { facts: { startedAt: at(1e9) } }));
  assert.equal(state.findTask(UNIT, "web-1", "job")!.runSince, at(10));
  apply(state, sample(10, { uptime_seconds: 1e300 }, { taskId: "old" }));
  assert.equal(state.findTask(UNIT, "web-1", "old")!.runSince, at(10));
});

describe("whether an agent is there", () => {
  test("its own goodbye is told from its last will", () => {
    for (const [said, became] of [[30, "offline"], [0, "lost"]] as const) {
      const state = emptyFleet();
      state.apply(presence(1, "online"), at(1));
      state.apply(hostSample(20), at(20));
      // A will is as old as the connection.
      state.apply(presence(said, "offline"), at(31));
      assert.equal(state.findAgent(UNIT, "web-1")!.presence, became);
    }
  });

  test("a goodbye that comes again is still its own, also one that the broker had kept", () => {
    const state = emptyFleet();
    state.apply(hostSample(20), at(20));
    for (const isRetained of [false, false, true]) {
      state.apply(presence(30, "offline", { isRetained }), at(31));
      assert.equal(state.findAgent(UNIT, "web-1")!.presence, "offline");
    }
  });

  test("what it sends afterwards brings it back", () => {
    const state = emptyFleet();
    const { changes } = heard(state);
    state.apply(presence(1, "online"), at(1));
    state.apply(presence(5, "offline"), at(5));
    apply(state, sample(10, { cpu_seconds: 1 }));
    assert.deepEqual(changes.slice(1, 3), ["agent online → offline", "agent offline → online"]);
  });

  test("what the broker had kept is no sign of life", () => {
    const state = emptyFleet();
    state.apply(hostSample(10), at(10));
    const agent = state.findAgent(UNIT, "web-1")!;
    state.changeAgent(agent, "lost", at(100));
    state.apply(presence(1, "online", { isRetained: true }), at(200));
    assert.deepEqual([agent.presence, agent.lastSeen], ["lost", at(10)]);
    assert.equal(agent.host, "web-1.example");
  });

  test("two of one name are found out, one that has replaced another is not", () => {
    const state = emptyFleet();
    const from = (seconds: number, agentId: string) =>
      state.apply({ ...hostSample(seconds), sender: sender("web-1", agentId) }, at(seconds));
    from(10, "a");
    from(20, "b");
    const agent = state.findAgent(UNIT, "web-1")!;
    assert.equal(agent.isDuplicate, false);
    from(30, "a");
    assert.equal(agent.isDuplicate, true);
    from(40 + 600, "a");
    assert.equal(agent.isDuplicate, false);
  });

  test("how far its clock is off is told by what came with the least delay", () => {
    const state = emptyFleet();
    for (const [seconds, delay] of [[10, 3], [20, 0.5], [30, 40]]) {
      state.apply(hostSample(seconds), at(seconds + delay - 5));
    }
    const agent = state.findAgent(UNIT, "web-1")!;
    assert.deepEqual([agent.clockOffset, agent.toldOffset, agent.toldOffsetAt], [4.5, 4.5, at(65)]);
    // What is refused tells of the clock, and moves no reading that is taken.
    const wrong = { unit: UNIT, time: at(4_000), receivedAt: at(400), isRefused: true };
    for (const name of ["web-1", "nobody"]) state.noteWrongTime({ ...wrong, agent: name });
    assert.deepEqual([agent.clockOffset, agent.toldOffset, agent.toldOffsetAt], [4.5, 3_600, at(400)]);
    assert.equal(agent.lastSeen, at(65));
  });
});

test("what is in no chunk yet can be read", () => {
  const state = emptyFleet();
  apply(
    state,
    sample(10, { cpu_seconds: 5 }),
    sample(20, { cpu_seconds: 7 }),
    sample(30, { cpu_seconds: 8 }),
  );
  const task = state.findTask(UNIT, "web-1", "job")!;
  const read = state.open(task, at(15), at(30)).map(({ time, figures }) => [time, figures[CPU]]);
  assert.deepEqual(read, [[at(20), 7], [at(30), 8]]);
});

test("an hour's sums are kept until the store has them", () => {
  const state = emptyFleet();
  apply(state, sample(-10, { cpu_seconds: 5 }), sample(10, { cpu_seconds: 7, memory_bytes: 100 }));
  apply(state, sample(20, { cpu_seconds: 8, memory_bytes: 300 }));
  assert.deepEqual(state.openHours(), [NOON - 3_600_000, NOON]);
  const [[task, cpu]] = [...state.openHour(NOON, "cpu_seconds")];
  assert.deepEqual([task.taskId, cpu.increase], ["job", 3]);
  const [[, memory]] = [...state.openHour(NOON, "memory_bytes")];
  assert.deepEqual(memory, { n: 2, sum: 400, min: 100, max: 300, increase: 0 });
  state.hours.close(NOON - 3_600_000);
  assert.deepEqual(state.openHours(), [NOON]);
});

test("an open hour as arrays is what it is roll by roll", () => {
  const state = emptyFleet();
  for (let n = 0; n < 300; n++) {
    const taskId = `job-${n}`;
    apply(state, { ...sample(10, { cpu_seconds: n }), taskId });
    const figures: Record<string, number> = { cpu_seconds: 2 * n };
    if (n % 3 > 0) figures["memory_bytes"] = n;
    apply(state, { ...sample(20, figures), taskId });
  }
  for (const column of ["cpu_seconds", "memory_bytes", "memory_percent", "own_figure"]) {
    const wanted = [...state.openHour(NOON, column)].map(([{ id }, roll]) => [id, roll]);
    const [tasks, hosts] = state.openHourRolls(NOON, column);
    const fields = (["n", "sum", "min", "max", "increase"] as const).map((name) =>
      [name, tasks.field(name)] as const
    );
    const found = [...tasks.field("task")].map((id, at) => [
      id,
      Object.fromEntries(fields.map(([name, values]) => [name, values[at]])),
    ]);
    assert.deepEqual(found, wanted);
    assert.equal(hosts.field("task").length, 0);
  }
  assert.deepEqual(state.openHourRolls(NOON + 7_200_000, "cpu_seconds"), []);
});
