import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ProctorError } from "../../../core/error.ts";
import { findCommand } from "../../../platform/windows/launch/resolve_command.ts";
import type { Found } from "../../../platform/windows/launch/resolve_command.ts";

/** Files of a machine whose names have no case; what ends with a backslash is a directory. */
const THERE = [
  String.raw`C:\windows\system32\cmd.exe`,
  String.raw`C:\tools\make.EXE`,
  String.raw`C:\tools\npm.cmd`,
  String.raw`C:\tools\npm`,
  String.raw`C:\tools\script.py`,
  String.raw`C:\a;b\odd.exe`,
  String.raw`C:\here\local.exe`,
  String.raw`C:\here\sub\tool.bat`,
  "C:\\here\\dir\\",
];

function look(path: string): Found {
  const wanted = path.toLowerCase();
  if (THERE.some((one) => one.toLowerCase() === wanted)) return "file";
  return THERE.some((one) => one.toLowerCase() === `${wanted}\\`) ? "directory" : "nothing";
}

const PATH = String.raw`Path=C:\windows\system32;;C:\tools;"C:\a;b"`;
const find = (name: string, env: readonly string[] = [PATH]) =>
  findCommand(name, { cwd: "C:\\here", env, look });

describe("a command on Windows", () => {
  const cases: readonly (readonly [name: string, file: string])[] = [
    ["cmd", String.raw`C:\windows\system32\cmd.EXE`],
    ["CMD.exe", String.raw`C:\windows\system32\CMD.exe`],
    ["make", String.raw`C:\tools\make.EXE`],
    ["npm", String.raw`C:\tools\npm.CMD`],
    ["odd", String.raw`C:\a;b\odd.EXE`],
    [String.raw`.\local`, String.raw`C:\here\local.EXE`],
    ["sub/tool.bat", String.raw`C:\here\sub\tool.bat`],
    [String.raw`\tools\npm`, String.raw`C:\tools\npm.CMD`],
    [String.raw`C:\tools\make`, String.raw`C:\tools\make.EXE`],
  ];
  for (const [name, file] of cases) {
    test(`${name} is ${file}`, () => assert.equal(find(name), file));
  }

  const refused: readonly (readonly [name: string, kind: string, message: RegExp])[] = [
    ["", "command_not_found", /empty/],
    ["local", "command_not_found", /^local: command not found in PATH$/],
    ["make all", "command_not_found", /write its words apart/],
    [String.raw`.\nothing`, "command_not_found", /no such file/],
    ["dir/", "command_not_executable", /is a directory/],
    ["./dir", "command_not_executable", /is a directory/],
    ["script.py", "command_not_executable", /\.py is for the program it belongs to/],
  ];
  for (const [name, kind, message] of refused) {
    test(`${name || "nothing"} is refused`, () => {
      assert.throws(() => find(name), (error: unknown) => {
        assert.ok(error instanceof ProctorError);
        assert.equal(error.kind, kind);
        assert.match(error.message, message);
        return true;
      });
    });
  }

  test("has the extensions of PATHEXT, in their order", () => {
    assert.throws(() => find("npm", [PATH, "PATHEXT=.EXE"]), /not found/);
    assert.throws(() => find("script", [PATH, "pathext=.PY;.EXE"]), /belongs to/);
  });

  test("is looked for in the PATH that was given last, whatever its case", () => {
    assert.throws(() => find("make", [PATH, "PATH=C:\\windows"]), /not found/);
    assert.throws(() => find("cmd", []), /not found/);
  });
});
