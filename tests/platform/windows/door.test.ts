/* Where a supervisor's state and its pipe are on Windows, and who may come there. */
import assert from "node:assert/strict";
import { mkdtempSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { defaultBaseDirectory } from "../../../platform/mod.ts";
import { accessList } from "../../../platform/windows/door/access_list.ts";
import { newPipe, pipeAt, pipeIn } from "../../../platform/windows/door/pipe_name.ts";
import { isOwnPipe } from "../../../platform/windows/door/pipe_owner.ts";
import { fakeWindows, noFakeWindows } from "../../support/fake_windows.ts";

test("an access list names our account, the system and administrators, and nobody else", () => {
  const sid = "010500000000000515000000" + "01000000" + "ffffffff" + "03000000" + "e8030000";
  assert.equal(
    accessList(sid, ""),
    "D:P(A;;GA;;;S-1-5-21-1-4294967295-3-1000)(A;;GA;;;SY)(A;;GA;;;BA)",
  );
  const system = "010100000000000512000000";
  assert.equal(
    accessList(system, "OICI"),
    "D:P(A;OICI;GA;;;S-1-5-18)(A;OICI;GA;;;SY)(A;OICI;GA;;;BA)",
  );
});

test("state is kept in what is this account's and this machine's", () => {
  const place = (variables: Record<string, string>) => defaultBaseDirectory(variables, "win32");
  assert.equal(place({ LOCALAPPDATA: "D:\\local", USERPROFILE: "C:\\Users\\Ann" }), "D:\\local\\proctor");
  for (const LOCALAPPDATA of ["", "local", "\\local", "D:local"]) {
    assert.equal(
      place({ LOCALAPPDATA, USERPROFILE: "C:\\Users\\Ann", HOME: "/home/ann" }),
      "C:\\Users\\Ann\\AppData\\Local\\proctor",
    );
  }
  assert.equal(place({ LOCALAPPDATA: "\\\\server\\share" }), "\\\\server\\share\\proctor");
  assert.throws(
    () => place({ HOME: "/home/ann" }),
    /neither LOCALAPPDATA nor USERPROFILE is set; write --state-dir/,
  );
});

describe("a pipe", () => {
  test("has a name that nobody guesses, found by the file where it stands", () => {
    const directory = mkdtempSync(join(tmpdir(), "proctor-"));
    try {
      const path = join(directory, "proctor.sock");
      assert.equal(pipeAt(path), path, "there is no listener");
      const name = newPipe();
      assert.match(name, /^\\\\\.\\pipe\\proctor-[0-9a-f]{32}$/);
      assert.notEqual(newPipe(), name);
      writeFileSync(path, `${name}\n`, { mode: 0o600 });
      assert.equal(pipeAt(path), name);
      for (const text of ["", "\\\\.\\pipe\\other", `\\\\server${name.slice(3)}`, `${name}0`, `x${name}`]) {
        writeFileSync(path, text);
        assert.equal(pipeIn(path), null, text);
        assert.equal(pipeAt(path), path);
      }
    } finally {
      rmSync(join(directory, "proctor.sock"), { force: true });
      rmdirSync(directory);
    }
  });

  test(
    "is talked to where our account, the system or administrators have made it",
    { skip: noFakeWindows },
    () => {
      const fake = fakeWindows();
      const [ANN, BOB, SYSTEM, ADMINISTRATORS] = [1, 2, 18, 544];
      const isOwn = (whose: number) => {
        fake.fake_pipe(whose, 0);
        return isOwnPipe(newPipe());
      };
      assert.deepEqual([ANN, SYSTEM, ADMINISTRATORS].map(isOwn), [true, true, true]);
      // A guest of the machine, other groups, and one whose owner is not told.
      assert.deepEqual([BOB, 545, 19, 0].map(isOwn), [false, false, false, false]);
      assert.equal(fake.fake_pipe_flags(), 0x110000, "nobody there may act as us");
      for (const [error, code] of [[2, "ENOENT"], [5, "EACCES"], [231, "EBUSY"], [6, "EIO"]] as const) {
        fake.fake_pipe(ANN, error);
        assert.throws(() => isOwnPipe(newPipe()), { code });
      }
    },
  );
});
