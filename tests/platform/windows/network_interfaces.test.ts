import assert from "node:assert/strict";
import { test } from "node:test";
import { parseInterfaces, ROW, TABLE } from "../../../platform/windows/machine/network_interfaces.ts";

const ETHERNET = 6;
const LOOPBACK = 24;
const HARDWARE = 1;
const HARDWARE_AND_FILTER = 3;

function tableOf(rows: readonly { name: string; type: number; flags: number; bytes: number }[]): Uint8Array {
  const table = new Uint8Array(TABLE.rows + rows.length * ROW.size);
  const view = new DataView(table.buffer);
  view.setUint32(TABLE.count, rows.length, true);
  rows.forEach(({ name, type, flags, bytes }, index) => {
    const at = TABLE.rows + index * ROW.size;
    table.set(Buffer.from(name, "utf16le"), at + ROW.alias);
    view.setUint32(at + ROW.type, type, true);
    view.setUint8(at + ROW.flags, flags);
    const counters = [ROW.rxBytes, ROW.rxUnicast, ROW.rxOthers, ROW.rxErrors, ROW.txBytes, ROW.txUnicast];
    counters.forEach((offset, plus) => view.setBigUint64(at + offset, BigInt(bytes + plus), true));
  });
  return table;
}

test("network interfaces are devices and the loopback: filters count the same again", () => {
  const found = parseInterfaces(tableOf([
    { name: "Ethernet é", type: ETHERNET, flags: HARDWARE, bytes: 2 ** 40 },
    { name: "Ethernet-WFP Filter", type: ETHERNET, flags: HARDWARE_AND_FILTER, bytes: 2 ** 40 },
    { name: "Teredo", type: 131, flags: 0, bytes: 5 },
    { name: "Loopback", type: LOOPBACK, flags: 0, bytes: 100 },
  ]));
  assert.deepEqual(found.map(({ name, isLoopback }) => [name, isLoopback]), [
    ["Ethernet é", false],
    ["Loopback", true],
  ]);
  assert.deepEqual(found[1], {
    name: "Loopback",
    isLoopback: true,
    rxBytes: 100,
    rxPackets: 101 + 102,
    rxErrors: 103,
    txBytes: 104,
    txPackets: 105,
    txErrors: 0,
  });
  assert.equal(found[0].rxBytes, 2 ** 40);
});
