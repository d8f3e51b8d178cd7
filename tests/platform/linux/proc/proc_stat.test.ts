import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { Raw, unknownRow } from "../../../../core/measure/raw.ts";
import { emptyProcStat, parseProcStat, ZOMBIE } from "../../../../platform/linux/proc/proc_stat.ts";
import { bytes, CAPTURED, captured } from "../../../support/captured.ts";

function parse(text: Uint8Array, length = text.length) {
  const stat = emptyProcStat();
  const row = unknownRow();
  const whole = parseProcStat(text, length, 4_096, stat, row);
  return { whole, stat, row, state: String.fromCharCode(stat.state) };
}

describe("captured files", () => {
  test("a plain process", () => {
    const { whole, stat, row, state } = parse(captured("plain", "stat"));
    assert.ok(whole);
    assert.deepEqual([state, stat.parentPid, stat.session, stat.startTicks], ["S", 6101, 21739, 323724]);
    assert.equal(row[Raw.minorFaults], 1619);
    assert.equal(row[Raw.threadCount], 1);
    assert.equal(row[Raw.memoryBytes], 2705 * 4_096);
  });

  test("a process with threads and CPU time", () => {
    const { whole, row } = parse(captured("threads", "stat"));
    assert.ok(whole);
    assert.equal(row[Raw.threadCount], 7);
    assert.equal(row[Raw.majorFaults], 12);
    assert.equal(row[Raw.userSeconds], 0.06);
    assert.equal(row[Raw.cpuSeconds], 0.06);
  });

  test("names with blanks, parentheses, newlines and bytes that are not UTF-8", () => {
    const starts = {
      blanks_and_parentheses: 323598,
      newline: 323630,
      not_utf8: 323661,
      closing_only: 323693,
    };
    for (const [name, startTicks] of Object.entries(starts)) {
      const { whole, stat, row, state } = parse(captured(name, "stat"));
      assert.ok(whole, name);
      assert.deepEqual(
        [state, stat.parentPid, stat.session, stat.startTicks],
        ["S", 6101, 21739, startTicks],
        name,
      );
      assert.equal(row[Raw.threadCount], 1, name);
    }
  });

  test("a zombie, which has no memory", () => {
    const { whole, stat, row } = parse(captured("zombie", "stat"));
    assert.ok(whole);
    assert.equal(stat.state, ZOMBIE);
    assert.equal(stat.parentPid, 6189);
    assert.equal(row[Raw.memoryBytes], 0);
  });

  test("a kernel thread", () => {
    const { whole, stat, row } = parse(captured("kernel_thread", "stat"));
    assert.ok(whole);
    assert.deepEqual([stat.parentPid, stat.startTicks, row[Raw.memoryBytes]], [0, 24, 0]);
  });

  test("cut anywhere before the resident pages they are refused", () => {
    assert.ok(CAPTURED.length >= 8);
    for (const name of CAPTURED) {
      const text = captured(name, "stat");
      const close = text.lastIndexOf(")".charCodeAt(0));
      let fields = 0; // complete ones, counted from the state
      for (let length = 0; length < text.length; length++) {
        if (length > close + 2 && text[length - 1] === 32) fields++;
        if (fields >= 21) break; // field 24 is begun: a shorter number cannot be told from a whole one
        assert.equal(parse(text, length).whole, false, `${name} cut at ${length}`);
      }
      assert.equal(fields, 21);
    }
  });
});

/** Field 3 onwards, as the manual numbers them; the others are filled with their own number. */
function render(
  pid: number,
  comm: Uint8Array,
  state: string,
  fields: Readonly<Record<number, number>>,
): Uint8Array {
  const rest = Array.from({ length: 52 - 3 }, (_, index) => fields[index + 4] ?? index + 4);
  return Uint8Array.from([...bytes(`${pid} (`), ...comm, ...bytes(`) ${state} ${rest.join(" ")}\n`)]);
}

test("property: a rendered line gives back its numbers, whatever the name", () => {
  const number = fc.integer({ min: 0, max: 2 ** 47 });
  const line = fc.record({
    pid: fc.integer({ min: 1, max: 2 ** 22 }),
    comm: fc.oneof(
      fc.uint8Array({ maxLength: 15 }),
      fc.array(fc.constantFrom(..."()RZ 1\n-"), { maxLength: 15 }).map((all) => bytes(all.join(""))),
    ),
    state: fc.constantFrom("R", "S", "D", "T", "t", "X", "I"),
    fields: fc.tuple(...Array.from({ length: 13 }, () => number)),
    tpgid: fc.constantFrom(-1, 77),
  });
  fc.assert(fc.property(line, ({ pid, comm, state, fields, tpgid }) => {
    const [ppid, session, minor, cminor, major, cmajor, user, system, cuser, csystem, threads, start, rss] =
      fields;
    const text = render(pid, comm, state, {
      4: ppid,
      6: session,
      8: tpgid,
      10: minor,
      11: cminor,
      12: major,
      13: cmajor,
      14: user,
      15: system,
      16: cuser,
      17: csystem,
      18: -51,
      19: -20,
      20: threads,
      22: start,
      24: rss % 2 ** 40,
    });
    const { whole, stat, row, state: parsed } = parse(text);
    assert.ok(whole);
    assert.deepEqual([parsed, stat.parentPid, stat.session, stat.startTicks], [state, ppid, session, start]);
    const { minorFaults, reapedMinorFaults, majorFaults, reapedMajorFaults } = Raw;
    const faults = [row[minorFaults], row[reapedMinorFaults], row[majorFaults], row[reapedMajorFaults]];
    assert.deepEqual(faults, [minor, cminor, major, cmajor]);
    assert.deepEqual([row[Raw.userSeconds], row[Raw.systemSeconds]], [user / 100, system / 100]);
    assert.deepEqual([row[Raw.reapedUserSeconds], row[Raw.reapedSystemSeconds]], [
      cuser / 100,
      csystem / 100,
    ]);
    assert.equal(row[Raw.cpuSeconds], user / 100 + system / 100);
    assert.equal(row[Raw.reapedCpuSeconds], cuser / 100 + csystem / 100);
    assert.deepEqual([row[Raw.threadCount], row[Raw.memoryBytes]], [threads, (rss % 2 ** 40) * 4_096]);
  }));
});

test("fuzz: any bytes are taken or refused, without an exception and without end", () => {
  const noise = fc.oneof(
    fc.uint8Array({ maxLength: 400 }),
    fc.array(fc.constantFrom(...") (-019 \n"), { maxLength: 300 }).map((all) => bytes(all.join(""))),
  );
  fc.assert(fc.property(noise, (text) => assert.equal(typeof parse(text).whole, "boolean")), {
    numRuns: 2_000,
  });
});
