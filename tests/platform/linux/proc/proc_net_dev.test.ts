import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { parseNetDev } from "../../../../platform/linux/proc/proc_net_dev.ts";
import { bytes } from "../../../support/captured.ts";
import { assertNear } from "../../../support/expect.ts";
import { hostFile } from "../../../support/hosts.ts";

const parse = (text: string) => parseNetDev(bytes(text), bytes(text).length);

test("64 interfaces, some with odd names", () => {
  const interfaces = parse(hostFile("namespaces", "self/net/dev"));
  assert.equal(interfaces.length, 64);
  const names = interfaces.map(({ name }) => name);
  for (const name of ["lo", "veth1", "peer-30", "ü-net", "a|b", "br@0"]) {
    assert.ok(names.includes(name), `${name} in ${names}`);
  }
  assert.equal(interfaces.filter(({ isLoopback }) => isLoopback).length, 1);
  const { rxBytes, rxPackets, txBytes, txPackets } = interfaces.find(({ name }) => name === "veth1")!;
  assert.deepEqual({ rxBytes, rxPackets, txBytes, txPackets }, {
    rxBytes: 90,
    rxPackets: 1,
    txBytes: 90,
    txPackets: 1,
  });
});

test("numbers right behind the colon, and each in its place", () => {
  const [lo, other] = parse(hostFile("storage_server", "self/net/dev"));
  assert.equal(lo.name, "lo");
  assert.equal(lo.rxBytes, 987_654_321_987);
  assert.equal(other.name, "enp65s0f0np0");
  assert.deepEqual([other.rxErrors, other.txPackets, other.txErrors], [7, 8, 9]);
  // Beyond 2^53 a number is good to some 15 digits.
  assertNear(other.rxBytes, 2 ** 63, 1e-15, 0);
  assertNear(other.txBytes, 2 ** 64, 1e-15, 0);
});

test("headings alone, or a line that is cut, are no interfaces", () => {
  assert.deepEqual(parse(""), []);
  assert.deepEqual(parse("Inter-|   Receive\n face |bytes    packets\n"), []);
  assert.deepEqual(parse("eth0: 1 2 3\n  eth1: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16"), [{
    name: "eth1",
    isLoopback: false,
    rxBytes: 1,
    rxPackets: 2,
    rxErrors: 3,
    txBytes: 9,
    txPackets: 10,
    txErrors: 11,
  }]);
});

test("fuzz: any name without blanks, slashes and colons comes back, whatever the counters", () => {
  const name = fc.string({ minLength: 1, maxLength: 15, unit: "binary" }).filter((text) =>
    // deno-lint-ignore no-control-regex
    !/[\s:/\x00-\x20\ud800-\udfff]/.test(text)
  );
  const counters = fc.array(fc.nat(), { minLength: 16, maxLength: 16 });
  fc.assert(fc.property(fc.array(fc.tuple(name, counters)), (lines) => {
    const text = lines.map(([name, numbers]) => `${name.padStart(6)}: ${numbers.join(" ")}\n`).join("");
    const read = parse(`Inter-| x\n face | y\n${text}`);
    assert.deepEqual(read.map(({ name }) => name), lines.map(([name]) => name));
    assert.deepEqual(read.map(({ txErrors }) => txErrors), lines.map(([, numbers]) => numbers[10]));
  }));
});
