import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import {
  CONNECTOR_EVENT,
  connectorRequest,
  parseConnectorEvent,
  processEnd,
} from "../../../../platform/linux/events/connector_message.ts";
import { datagram, viewOf } from "./support/datagram.ts";

const PROCESS = 29_913;
const THREAD = 30_030;
const PARENT = 29_889;
const parsed = (view: DataView) => parseConnectorEvent(view, 0, view.byteLength);

describe("a captured event", () => {
  test("of a birth names the child and its parent", () => {
    const { what, pid, threadId, parentPid, atNs } = parsed(datagram("fork"))!;
    assert.deepEqual(
      [what, pid, threadId, parentPid, atNs],
      [CONNECTOR_EVENT.fork, PROCESS, PROCESS, PARENT, 47_199_911_755_410],
    );
  });

  test("of a thread is told from that of a process", () => {
    const { what, pid, threadId } = parsed(datagram("thread_fork"))!;
    assert.deepEqual([what, pid, threadId], [CONNECTOR_EVENT.fork, PROCESS, THREAD]);
  });

  test("of an execution names the process", () => {
    const { what, pid } = parsed(datagram("exec"))!;
    assert.deepEqual([what, pid], [CONNECTOR_EVENT.exec, PROCESS]);
  });

  test("of an end has the status that wait gives", () => {
    const { what, pid, threadId, status } = parsed(datagram("exit"))!;
    assert.deepEqual([what, pid, threadId], [CONNECTOR_EVENT.exit, PROCESS, PROCESS]);
    assert.deepEqual(processEnd(status), { exitCode: 7, signal: null });
    assert.equal(parsed(datagram("thread_exit"))!.threadId, THREAD);
  });

  test("that answers carries the token of the request", () => {
    const { what, status, token } = parsed(datagram("ack"))!;
    assert.deepEqual([what, status, token], [CONNECTOR_EVENT.ack, 0, 77]);
  });
});

test("a request has the length it says, in both forms", () => {
  for (const [isFiltered, length] of [[false, 40], [true, 44]] as const) {
    const request = connectorRequest("listen", 77, isFiltered);
    const view = viewOf(request);
    assert.deepEqual([request.length, view.getUint32(0, true)], [length, length]);
    assert.equal(view.getUint16(32, true), length - 36);
    assert.equal(view.getUint32(28, true), 77);
  }
  assert.equal(viewOf(connectorRequest("listen", 0, true)).getUint32(40, true), 0x8000_0003);
});

test("a status tells an exit code from a signal, a dump of memory or not", () => {
  assert.deepEqual(processEnd(0), { exitCode: 0, signal: null });
  assert.deepEqual(processEnd(9), { exitCode: null, signal: 9 });
  assert.deepEqual(processEnd(0x80 | 11), { exitCode: null, signal: 11 });
});

test("an event that is cut short is none", () => {
  const whole = new Uint8Array(datagram("exit").buffer);
  for (let length = 0; length < whole.length; length++) {
    assert.equal(parsed(viewOf(whole.subarray(0, length))), null, `cut at ${length}`);
  }
});

test("fuzz: any bytes, whatever length is said, are an event or none", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(300), (bytes, length) => {
    const event = parseConnectorEvent(viewOf(bytes), 0, length);
    assert.ok(event === null || Number.isSafeInteger(event.pid));
  }));
});
