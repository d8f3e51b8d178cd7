import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import {
  parseCgroups,
  parseEffectiveUser,
  parseSocketLink,
  parseStatIdentity,
} from "../../../../platform/linux/processes/process_entry.ts";
import { bytes, CAPTURED, captured } from "../../../support/captured.ts";

const parse = (text: Uint8Array) => parseStatIdentity(text, text.length);

describe("the identity in /proc/PID/stat", () => {
  test("of a plain process, a zombie and a kernel thread", () => {
    const plain = parse(captured("plain", "stat"))!;
    assert.deepEqual(
      [plain.parentPid, plain.session, plain.birth, plain.isDead, plain.isKernelThread],
      [6101, 21739, 323724, false, false],
    );
    assert.equal(parse(captured("zombie", "stat"))!.isDead, true);
    const thread = parse(captured("kernel_thread", "stat"))!;
    assert.deepEqual([thread.name, thread.isKernelThread, thread.birth], ["kthreadd", true, 24]);
  });

  test("with names of any kind", () => {
    assert.equal(parse(captured("blanks_and_parentheses", "stat"))!.name, "a) (b c");
    assert.equal(parse(captured("newline", "stat"))!.name, "x\n) Z 1 (");
    assert.equal(parse(captured("closing_only", "stat"))!.name, ")");
    assert.ok(parse(captured("not_utf8", "stat"))!.name.includes("\ufffd"));
  });

  test("is refused when the file is cut before its end is sure", () => {
    for (const name of CAPTURED) {
      const text = captured(name, "stat");
      const fields = new TextDecoder("latin1").decode(text);
      const tail = fields.slice(fields.lastIndexOf(")")).split(" ").slice(0, 21).join(" ").length;
      const birthEnds = fields.lastIndexOf(")") + tail;
      for (let length = 0; length <= birthEnds; length++) {
        assert.equal(parse(text.subarray(0, length)), null, `${name} cut at ${length}`);
      }
    }
  });

  test("property: a rendered line gives back what it says, whatever the name", () => {
    const number = fc.integer({ min: 0, max: 2 ** 31 - 1 });
    const name = fc.array(fc.constantFrom(..."()RZ 1\n-é"), { maxLength: 14 }).map((all) => all.join(""));
    fc.assert(
      fc.property(
        name,
        fc.constantFrom("R", "S", "D", "Z", "I"),
        fc.tuple(number, number, number, number, number),
        (
          comm,
          state,
          [parent, session, flags, birth, threads],
        ) => {
          const before = `${parent} 5 ${session} 34816 -1 ${flags}`;
          const text = `77 (${comm}) ${state} ${before} 1 2 3 4 5 6 7 8 20 0 ${threads} 0 ${birth} 4096 1\n`;
          assert.deepEqual(parse(bytes(text)), {
            name: comm,
            isDead: state === "Z" && threads <= 1,
            hasDeadLeader: state === "Z" && threads > 1,
            isKernelThread: (flags & 0x200000) !== 0,
            parentPid: parent,
            session,
            birth,
          });
        },
      ),
    );
  });

  test("fuzz: any bytes are taken or refused", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (text) => void parse(text)));
  });
});

describe("other files of /proc/PID", () => {
  test("cgroup: a path of every hierarchy", () => {
    const text = "9:name=systemd:/\n4:memory:/a:b\n0::/system.slice/web.service\n";
    assert.deepEqual(parseCgroups(text), [
      { hierarchy: "name=systemd", path: "/" },
      { hierarchy: "memory", path: "/a:b" },
      { hierarchy: "", path: "/system.slice/web.service" },
    ]);
    assert.deepEqual(parseCgroups("nonsense\n1:cpu\n"), []);
  });

  test("property: cgroup paths come back as they are", () => {
    const path = fc.array(fc.constantFrom(..."abc:/.-\\x2d "), { maxLength: 30 }).map((all) =>
      `/${all.join("")}`
    );
    fc.assert(fc.property(fc.array(path, { maxLength: 5 }), (paths) => {
      const text = paths.map((one, index) => `${index}:c${index}:${one}\n`).join("");
      assert.deepEqual(parseCgroups(text).map(({ path }) => path), paths);
    }));
  });

  test("status: the effective user is the second of four", () => {
    assert.equal(parseEffectiveUser("Name:\tx\nUid:\t1000\t33\t0\t1000\nGid:\t5\t5\t5\t5\n"), 33);
    assert.ok(Number.isNaN(parseEffectiveUser("Name:\tUid: 1 2\n")));
  });

  test("links: sockets alone have an inode", () => {
    assert.equal(parseSocketLink("socket:[3665554]"), 3665554);
    for (const link of ["pipe:[1]", "/dev/null", "socket:[x]", "/tmp/socket:[1]", ""]) {
      assert.ok(Number.isNaN(parseSocketLink(link)), link);
    }
  });
});
