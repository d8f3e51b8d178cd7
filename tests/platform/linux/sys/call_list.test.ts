/* C functions called on a thread of their own, by machine code that is what call_list.S says. */
import assert from "node:assert/strict";
import process from "node:process";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { CallList } from "../../../../platform/linux/sys/call_list.ts";
import { copyOf, ForeignMemory } from "../../../../platform/linux/sys/memory.ts";
import { assembled, carried, noArm, noGcc } from "./support/assembled.ts";

async function called(list: CallList, calls: Parameters<CallList["start"]>[0]) {
  assert.ok(list.start(calls));
  for (;;) {
    const results = list.results();
    if (results) return results;
    await pause(1);
  }
}

const TIMED = { timeout: 120_000 };

test("calls are made in order, and what each returned is told", TIMED, async () => {
  const list = CallList.open();
  assert.ok(list);
  const text = copyOf(new TextEncoder().encode("eleven byte\0"));
  const into = new ForeignMemory(16);
  const [strlen, memcpy, getpid] = ["strlen", "memcpy", "getpid"].map((name) => list.symbolAt(name));
  const results = await called(list, [
    { address: memcpy, args: [into.address, text.address, 12] },
    { address: strlen, args: [into.address] },
    { address: getpid, args: [] },
  ]);
  assert.equal(results[0].address, into.address);
  assert.deepEqual(results.slice(1).map(({ code }) => code), [11, process.pid]);
  assert.equal(new TextDecoder().decode(into.bytes.slice(0, 11)), "eleven byte");
});

test("the calling thread goes on meanwhile, and one list comes after another", TIMED, async () => {
  const list = CallList.open()!;
  const usleep = list.symbolAt("usleep");
  for (let round = 0; round < 3; round++) {
    assert.ok(list.start([{ address: usleep, args: [50_000] }]));
    assert.equal(list.results(), null);
    while (list.results() === null) await pause(1);
  }
});

test("an empty list is done at once, a name that is none has no address", TIMED, async () => {
  const list = CallList.open()!;
  assert.deepEqual(await called(list, []), []);
  assert.equal(list.symbolAt("no_function_is_called_so"), 0);
});

test("its thread takes no signal that is for the program", TIMED, async () => {
  const list = CallList.open()!;
  const mask = new ForeignMemory(128);
  await called(list, [{ address: list.symbolAt("pthread_sigmask"), args: [0, 0, mask.address] }]);
  // SIGINT, SIGCHLD: bits 1 and 16.
  assert.equal(mask.view.getUint32(0, true) & 0x10002, 0x10002);
});

test("x86-64", { skip: noGcc }, () => assert.equal(carried("call_list", "x64"), assembled("call_list", "")));

test("arm64", { skip: noArm }, () => {
  assert.equal(carried("call_list", "arm64"), assembled("call_list", "aarch64-linux-gnu-"));
});
