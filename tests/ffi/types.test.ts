/* Numbers as wide and as signed as C has them, and functions of ours that C calls from threads of its own. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { bytesAt, foreignCallback, LIBC, openLibrary } from "../../ffi/mod.ts";
import { eventually } from "../support/eventually.ts";

const libc = openLibrary(LIBC, {
  calloc: { args: ["usize", "usize"], returns: "usize" },
  free: { args: ["usize"], returns: "i32" },
});

test("what is unsigned is never negative, and what may be a handle can be", () => {
  const { strtoul, strtol, labs } = openLibrary(LIBC, {
    strtoul: { args: ["usize", "usize", "i32"], returns: "u32" },
    strtol: { args: ["usize", "usize", "i32"], returns: "handle" },
    labs: { args: ["handle"], returns: "handle" },
  });
  const text = libc.calloc(1, 32);
  const write = (digits: string) => bytesAt(text, 32).set(Buffer.from(`${digits}\0`));
  write("4294967295");
  assert.equal(strtoul(text, 0, 10), 0xffffffff);
  for (const number of [-1, -2, 0, 12, 2 ** 40]) {
    write(String(number));
    assert.equal(strtol(text, 0, 10), number);
    assert.equal(labs(number), Math.abs(number));
  }
  libc.free(text);
});

test("an address of nothing is 0", () => {
  const { getenv } = openLibrary(LIBC, { getenv: { args: ["usize"], returns: "usize" } });
  const text = libc.calloc(1, 32);
  bytesAt(text, 32).set(Buffer.from("PROCTOR_IS_NOT_THERE\0"));
  assert.equal(getenv(text), 0);
  libc.free(text);
});

test("a function of ours can be called from a thread of C's", { timeout: 120_000 }, async () => {
  const { pthread_create, pthread_join } = openLibrary(LIBC, {
    pthread_create: { args: ["usize", "usize", "usize", "usize"], returns: "i32" },
    pthread_join: { args: ["usize", "usize"], returns: "i32" },
  });
  const given: number[] = [];
  const callback = foreignCallback((number) => given.push(number), ["u32"]);
  const threads = libc.calloc(3, 8);
  for (let index = 0; index < 3; index++) {
    assert.equal(pthread_create(threads + index * 8, 0, callback.address, 40 + index), 0);
  }
  assert.deepEqual(given, [], "before the event loop has turned");
  await eventually(() => given.length === 3);
  assert.deepEqual(given.sort(), [40, 41, 42]);
  const ids = new DataView(bytesAt(threads, 24).slice().buffer);
  for (let index = 0; index < 3; index++) {
    assert.equal(pthread_join(Number(ids.getBigUint64(index * 8, true)), 0), 0);
  }
  callback.close();
  libc.free(threads);
});
