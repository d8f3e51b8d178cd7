import process from "node:process";
import { ROOT } from "../../support/fixture.ts";
import { withDirectory } from "./directory.ts";
import { startProgram } from "./proctor.ts";

const RUNTIME = "Deno" in globalThis ? ["run", "--no-check", "--allow-all"] : [];

/** Lend a supervisor that makes believe: what it answers is known, what it is asked to do is done. */
export async function withFakeSupervisor<T>(
  use: (fake: { readonly socket: string; readonly pid: number }) => Promise<T>,
): Promise<T> {
  return await withDirectory(async (directory) => {
    const socket = `${directory}/s`;
    const program = `${ROOT}/tests/supervisor/support/fake_program.ts`;
    const fake = startProgram([process.execPath, ...RUNTIME, program, socket], { input: "open" });
    await fake.line((line) => line === "ready");
    try {
      return await use({ socket, pid: fake.pid });
    } finally {
      fake.closeInput();
      await fake.ended;
    }
  });
}
