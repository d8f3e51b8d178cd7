/* Windows on Linux: a library compiled from tests/fixtures/fake_windows.c, in place of kernel32.dll and ntdll.dll. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { bytesAt, openLibrary } from "../../ffi/mod.ts";
import { kernel32, ntdll, useLibrary } from "../../platform/windows/sys/libraries.ts";
import { ROOT } from "./fixture.ts";

/** Why it cannot be compiled here; false where it can. */
export const noFakeWindows = (process.platform !== "linux" || spawnSync("gcc", ["--version"]).status !== 0) &&
  "needs Linux and gcc (package gcc)";

let fake: ReturnType<typeof compile> | undefined;

/** The library, asked from now on for all of Windows; what is returned says what happens on that machine. */
export function fakeWindows() {
  return fake ??= compile();
}

function compile() {
  const directory = mkdtempSync(join(tmpdir(), "proctor-windows-"));
  const path = join(directory, "fake_windows.so");
  const source = `${ROOT}/tests/fixtures/fake_windows.c`;
  const { status, stderr } = spawnSync("gcc", ["-shared", "-fPIC", "-o", path, source], { encoding: "utf8" });
  assert.equal(status, 0, stderr);
  useLibrary(path);
  kernel32();
  ntdll();
  const control = openLibrary([path], {
    fake_reset: { args: [], returns: "i32" },
    fake_add: { args: ["i32", "i32"], returns: "i32" },
    fake_use: { args: ["i32", "u32", "u32", "u32"], returns: "i32" },
    fake_name: { args: ["i32", "u32"], returns: "i32" },
    fake_close: { args: ["i32"], returns: "i32" },
    fake_port: { args: ["u32", "u32", "u32"], returns: "i32" },
    fake_pipe: { args: ["u32", "u32"], returns: "i32" },
    fake_file: { args: ["u32"], returns: "i32" },
    fake_access_list: { args: [], returns: "usize" },
    fake_services: { args: ["u32", "u32", "u32"], returns: "i32" },
    fake_start_us: { args: [], returns: "i32" },
    fake_is_service: { args: [], returns: "i32" },
    fake_service_text: { args: ["u32"], returns: "usize" },
    fake_actions: { args: [], returns: "usize" },
    fake_start_type: { args: [], returns: "u32" },
    fake_told_many: { args: [], returns: "u32" },
    fake_told: { args: [], returns: "usize" },
    fake_control: { args: ["u32"], returns: "i32" },
    fake_window: { args: ["u32", "u32", "u32"], returns: "i32" },
    fake_window_closed: { args: ["u32"], returns: "u32" },
    fake_console: { args: ["u32"], returns: "i32" },
    fake_broken: { args: ["u32"], returns: "u32" },
    fake_pipe_flags: { args: [], returns: "u32" },
    fake_io: { args: ["i32", "u32", "u32"], returns: "i32" },
    fake_job_used: { args: ["u32", "u32"], returns: "i32" },
    fake_end: { args: ["i32", "u32"], returns: "i32" },
    fake_exit_code: { args: ["i32"], returns: "u32" },
    fake_forget: { args: ["i32"], returns: "i32" },
    fake_refuse: { args: ["u32", "u32"], returns: "i32" },
    fake_forget_limits: { args: ["u32"], returns: "i32" },
    fake_lie_of_times: { args: ["u32"], returns: "i32" },
    fake_limits: { args: [], returns: "usize" },
    fake_cpu_rate: { args: [], returns: "usize" },
    fake_command_line: { args: [], returns: "usize" },
    fake_is_job_closed: { args: [], returns: "i32" },
    fake_is_suspended: { args: ["i32"], returns: "i32" },
  });
  // It is loaded: nobody opens the file again.
  rmSync(directory, { recursive: true });
  const view = (address: number, length: number) => new DataView(bytesAt(address, length).slice().buffer);
  return { ...control, view };
}
