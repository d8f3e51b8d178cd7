/* What asks a process of Windows to end, with a library in place of its console and its desktop. */
import assert from "node:assert/strict";
import { before, beforeEach, describe, test } from "node:test";
import { holdProcess } from "../../../platform/windows/processes/held.ts";
import { sendSignal } from "../../../platform/windows/processes/send_signal.ts";
import { processSnapshot } from "../../../platform/windows/processes/snapshot.ts";
import { fakeWindows, noFakeWindows } from "../../support/fake_windows.ts";

/** What the library gives as the handle of a process. */
const HANDLE = 0x100000;
/** SIGTERM, as a shell tells of it: whoever is ended has this exit code. */
const ENDED = 143;

describe("asking to end", { timeout: 120_000 }, () => {
  let fake: ReturnType<typeof fakeWindows>;
  let next = 100;
  before(() => void (noFakeWindows || (fake = fakeWindows())));
  beforeEach(() => {
    if (noFakeWindows) return;
    fake.fake_reset();
    fake.fake_console(0);
    for (const window of [0, 1, 2, 3]) fake.fake_window(window, 0, 0);
    processSnapshot.expire();
  });

  /** A process that we hold; numbers are not used again, as what is held goes on from test to test. */
  function held(parent = 1, leadsGroup = false) {
    const pid = next++;
    fake.fake_add(pid, parent);
    processSnapshot.expire();
    holdProcess(pid, HANDLE + pid, leadsGroup);
    return pid;
  }
  const ask = (pid: number) => sendSignal({ pid, birth: 0 }, "SIGTERM");
  /** The exit code of one that has ended; STILL_ACTIVE of one that lives. */
  const codeOf = (pid: number) => fake.fake_exit_code(pid);
  const LIVES = 259;

  test("ends who has neither a group of the console nor a window", { skip: noFakeWindows }, () => {
    const pid = held();
    fake.fake_console(1);
    assert.equal(ask(pid), true);
    assert.equal(codeOf(pid), ENDED);
    assert.equal(fake.fake_broken(0), 0, "Ctrl-Break would reach everybody");
  });

  test("is Ctrl-Break where it leads a group of our console", { skip: noFakeWindows }, () => {
    const pid = held(1, true);
    fake.fake_console(1);
    assert.equal(ask(pid), true);
    assert.deepEqual([codeOf(pid), fake.fake_broken(0)], [LIVES, pid]);
    fake.fake_console(0);
    const other = held(1, true);
    assert.equal(ask(other), true);
    assert.equal(codeOf(other), ENDED, "there is no console");
  });

  test("is a click on the cross of its windows that can be seen", { skip: noFakeWindows }, () => {
    const [pid, hidden, other] = [held(), held(), held()];
    fake.fake_window(0, other, 1);
    fake.fake_window(1, pid, 0);
    fake.fake_window(2, pid, 1);
    fake.fake_window(3, hidden, 0);
    assert.equal(ask(pid), true);
    assert.deepEqual([0, 1, 2, 3].map((window) => fake.fake_window_closed(window)), [0, 0, 1, 0]);
    assert.equal(codeOf(pid), LIVES);
    ask(hidden);
    assert.equal(codeOf(hidden), ENDED, "nobody waits for what nobody sees");
    assert.equal(sendSignal({ pid, birth: 0 }, "SIGKILL"), true);
    assert.equal(codeOf(pid), 137);
  });

  test("leaves to who is asked what it has started", { skip: noFakeWindows }, () => {
    const leader = held(1, true);
    const child = held(leader);
    const grandchild = held(child);
    fake.fake_console(1);
    for (const pid of [leader, child, grandchild]) assert.equal(ask(pid), true);
    assert.deepEqual([leader, child, grandchild].map(codeOf), [LIVES, LIVES, LIVES]);
    assert.deepEqual([fake.fake_broken(0), fake.fake_broken(1)], [leader, 0], "it is told once");
    fake.fake_end(leader, 0);
    assert.equal(ask(child), true);
    assert.equal(codeOf(child), ENDED, "who was asked is gone");
    const stranger = held(1);
    ask(stranger);
    assert.equal(codeOf(stranger), ENDED);
  });
});
