import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Stretch } from "../../../fleet/state/stretch.ts";
import { lookForAbsent } from "../../../fleet/state/absence.ts";
import type { SupervisorNews } from "../../../fleet/model/arrival.ts";
import type { FleetState } from "../../../fleet/state/fleet_state.ts";
import { emptyFleet, hostSample, NOON, sample, sender, UNIT } from "../support/arrivals.ts";

const at = (seconds: number) => NOON + seconds * 1_000;

/** A fleet that is listened to, of an agent that speaks every ten seconds for a minute. */
function speaking(): FleetState {
  const state = emptyFleet();
  state.listenTo(null, NOON);
  for (let seconds = 10; seconds <= 60; seconds += 10) {
    state.apply(hostSample(seconds), at(seconds));
    const one = sample(seconds, { cpu_seconds: seconds });
    state.apply(one, one.time);
  }
  return state;
}

describe("an agent that says nothing", () => {
  test("is lost after three of its intervals, and not before", () => {
    const state = speaking();
    const agent = state.findAgent(UNIT, "web-1")!;
    lookForAbsent(state, at(90));
    assert.equal(agent.presence, "online");
    lookForAbsent(state, at(91));
    assert.deepEqual([agent.presence, agent.presenceSince], ["lost", at(91)]);
  });

  test("is not missed while we do not listen, nor as soon as we do again", () => {
    const state = speaking();
    const agent = state.findAgent(UNIT, "web-1")!;
    state.listenTo(null, null);
    lookForAbsent(state, at(1_000));
    state.listenTo(null, at(1_000));
    lookForAbsent(state, at(1_030));
    assert.equal(agent.presence, "online");
    lookForAbsent(state, at(1_031));
    assert.equal(agent.presence, "lost");
  });
});

describe("a task of which no more is said", () => {
  test("is lost as soon as its agent would have spoken of it three times", () => {
    const state = speaking();
    const task = state.findTask(UNIT, "web-1", "job")!;
    for (let seconds = 70; seconds <= 100; seconds += 10) {
      state.apply(hostSample(seconds), at(seconds));
      lookForAbsent(state, at(seconds));
      assert.equal(task.state, seconds > 90 ? "lost" : "running", `${seconds} s`);
    }
  });

  test("is not missed while its agent is", () => {
    const state = speaking();
    lookForAbsent(state, at(1_000));
    assert.equal(state.findTask(UNIT, "web-1", "job")!.state, "running");
  });

  test("is not missed where its agent has said goodbye meanwhile", () => {
    const state = speaking();
    for (let seconds = 70; seconds <= 100; seconds += 10) state.apply(hostSample(seconds), at(seconds));
    state.changeAgent(state.findAgent(UNIT, "web-1")!, "offline", at(100));
    lookForAbsent(state, at(100));
    assert.equal(state.findTask(UNIT, "web-1", "job")!.state, "running");
  });

  test("is forgotten a day later, once the store has it, and its run is kept", () => {
    const state = speaking();
    const task = state.findTask(UNIT, "web-1", "job")!;
    for (let seconds = 70; seconds <= 100; seconds += 10) state.apply(hostSample(seconds), at(seconds));
    lookForAbsent(state, at(100));
    lookForAbsent(state, at(100 + 86_401));
    assert.ok(state.tasks.has(task.id), "it is not stored yet");
    task.isSaved = true;
    lookForAbsent(state, at(100 + 86_401));
    assert.equal(state.findTask(UNIT, "web-1", "job"), undefined);
    assert.ok(!state.tasks.has(task.id));
    assert.deepEqual(state.endedRuns.map(({ state, ended }) => [state, ended]), [["lost", at(60)]]);
  });

  test("is forgotten as well a day after its agent has gone, whatever it did last", () => {
    const state = speaking();
    const event = {
      kind: "event",
      sender: sender(),
      taskId: "told",
      time: at(60),
      event: "up",
      detail: null,
    };
    state.apply(event as SupervisorNews, at(60));
    const goneAt = at(91);
    lookForAbsent(state, goneAt);
    for (const task of state.tasks.values()) task.isSaved = true;
    lookForAbsent(state, goneAt + 86_400_000);
    assert.deepEqual(
      [...state.findAgent(UNIT, "web-1")!.tasks.keys()],
      ["job"],
      "of which only events were told",
    );
    lookForAbsent(state, goneAt + 86_400_001);
    assert.deepEqual([...state.findAgent(UNIT, "web-1")!.tasks.keys()], []);
    assert.deepEqual(state.endedRuns.map(({ state, ended }) => [state, ended]), [["lost", at(60)]]);
  });
});

describe("an agent that has gone", () => {
  const day = 86_400_000;
  /** How many days after it was lost it is let go. */
  const letGoAfter = (mostAgents: number | undefined) => {
    const state = speaking();
    const task = [...state.tasks.values()][0];
    for (let days = 0; days < 100; days++) {
      lookForAbsent(state, at(91) + days * day + 1, mostAgents);
      for (const one of [...state.tasks.values(), ...state.agents.values()]) one.isSaved = true;
      for (const agent of state.agents.values()) agent.tail = new Stretch();
      if (state.agents.size > 0) continue;
      assert.equal(state.findAgent(UNIT, "web-1"), undefined);
      assert.deepEqual([state.units.size, state.tasks.size], [0, 0]);
      // Another of its name begins anew.
      state.apply(hostSample(91 + days * 86_400), at(91 + days * 86_400));
      assert.notEqual(state.findTask(UNIT, "web-1", "")!.id, task.id);
      return days;
    }
    return Infinity;
  };

  test("is known for a month", () => assert.equal(letGoAfter(undefined), 31));

  test("is known for a day only where more come and go than there can be", () =>
    assert.equal(letGoAfter(0), 2));
});
