import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { listRequest, readMessages } from "../../../../platform/linux/sockets/socket_message.ts";
import type { SocketMessage } from "../../../../platform/linux/sockets/socket_message.ts";
import { datagram, viewOf } from "../events/support/datagram.ts";

function parsed(view: DataView): { told: ReturnType<typeof readMessages>; sockets: SocketMessage[] } {
  const sockets: SocketMessage[] = [];
  const told = readMessages(view, 0, view.byteLength, (socket) => void sockets.push(socket));
  return { told, sockets };
}

const bytesOf = (view: DataView) => new Uint8Array(view.buffer);

describe("captured messages", () => {
  test("of a list: a listening socket, and both ends of a connection over the loopback", () => {
    const { told, sockets } = parsed(datagram("socket_list"));
    assert.deepEqual(told, { isDone: false, errno: 0 });
    const [listening, accepted, connected] = sockets;
    assert.deepEqual([listening.isListening, accepted.isListening, connected.isListening], [
      true,
      false,
      false,
    ]);
    assert.equal(listening.localPort, accepted.localPort);
    assert.deepEqual([accepted.isLoopback, connected.isLoopback], [true, true]);
    assert.deepEqual([connected.txBytes, accepted.rxBytes], [12_345, 12_345]);
    assert.deepEqual([connected.rxBytes, accepted.txBytes], [67, 67]);
    assert.ok(sockets.every(({ inode, cookie }) => inode > 0 && cookie > 0));
  });

  test("of an end: the cookie, and what the socket has come to", () => {
    const { sockets } = parsed(datagram("socket_end"));
    assert.equal(sockets.length, 1);
    const [{ txBytes, rxBytes, cookie, inode, cgroup }] = sockets;
    assert.equal(txBytes, 12_345);
    // The other end has closed before: its FIN counts as a byte.
    assert.equal(rxBytes, 68);
    const [, , connected] = parsed(datagram("socket_list")).sockets;
    assert.deepEqual([cookie, inode], [connected.cookie, 0]);
    assert.ok(Number.isNaN(cgroup));
  });

  test("of the end of a list, and of a refusal", () => {
    const message = new Uint8Array(20);
    const view = new DataView(message.buffer);
    view.setUint32(0, 20, true);
    view.setUint16(4, 3, true);
    assert.deepEqual(parsed(view).told, { isDone: true, errno: 0 });
    view.setUint16(4, 2, true);
    view.setInt32(16, -2, true);
    assert.deepEqual(parsed(view).told, { isDone: true, errno: 2 });
  });
});

test("garbage, and what is cut off anywhere, is not an error", () => {
  const list = bytesOf(datagram("socket_list"));
  fc.assert(
    fc.property(
      fc.nat(list.length),
      fc.array(fc.tuple(fc.nat(list.length - 1), fc.nat(255))),
      (length, changes) => {
        const bytes = list.slice(0, length);
        for (const [at, value] of changes) {
          if (at < length) bytes[at] = value;
        }
        for (const { rxBytes, txBytes } of parsed(viewOf(bytes)).sockets) {
          assert.ok(Number.isNaN(rxBytes) || rxBytes >= 0);
          assert.ok(Number.isNaN(txBytes) || txBytes >= 0);
        }
      },
    ),
  );
});

/** The addresses of a message, in place of those of a captured one. */
function withAddresses(family: 4 | 6, local: number[], peer: number[]): SocketMessage {
  const bytes = bytesOf(datagram("socket_end")).slice();
  bytes[16] = family === 4 ? 2 : 10;
  bytes.fill(0, 16 + 8, 16 + 40);
  bytes.set(local, 16 + 8);
  bytes.set(peer, 16 + 24);
  return parsed(viewOf(bytes)).sockets[0];
}

describe("what stays on the machine", () => {
  const six = (...last: number[]) => [...new Array(16 - last.length).fill(0), ...last];
  const cases = [
    { name: "127.0.0.0/8", family: 4, local: [127, 0, 0, 1], peer: [127, 1, 2, 3], stays: true },
    { name: "an address to itself", family: 4, local: [10, 0, 0, 5], peer: [10, 0, 0, 5], stays: true },
    { name: "one to another", family: 4, local: [10, 0, 0, 5], peer: [10, 0, 0, 6], stays: false },
    { name: "::1", family: 6, local: six(1), peer: six(1), stays: true },
    {
      name: "IPv4's loopback in IPv6's clothes",
      family: 6,
      local: six(255, 255, 127, 0, 0, 1),
      peer: six(255, 255, 127, 0, 0, 2),
      stays: true,
    },
    {
      name: "IPv4 in IPv6's clothes",
      family: 6,
      local: six(255, 255, 10, 0, 0, 1),
      peer: six(255, 255, 10, 0, 0, 2),
      stays: false,
    },
    {
      name: "fd00::1 to fd00::2",
      family: 6,
      local: [0xfd, ...six(1).slice(1)],
      peer: [0xfd, ...six(2).slice(1)],
      stays: false,
    },
  ] as const;
  for (const { name, family, local, peer, stays } of cases) {
    test(`${name}: ${stays ? "yes" : "no"}`, () => {
      assert.equal(withAddresses(family, [...local], [...peer]).isLoopback, stays);
    });
  }
});

test("the question is for all sockets that have an account", () => {
  const view = viewOf(listRequest("IPv6"));
  assert.equal(view.byteLength, view.getUint32(0, true));
  assert.deepEqual([view.getUint16(4, true), view.getUint8(16), view.getUint8(17)], [20, 10, 6]);
  // Neither SYN_RECV (3), TIME_WAIT (6) nor NEW_SYN_RECV (12); ESTABLISHED (1) and LISTEN (10).
  const states = view.getUint32(20, true);
  assert.deepEqual([3, 6, 12, 1, 10].map((state) => states >> state & 1), [0, 0, 0, 1, 1]);
});
