import process from "node:process";
import { ROOT } from "../../support/fixture.ts";
import { withDirectory } from "./directory.ts";
import { startProgram } from "./proctor.ts";

const RUNTIME = "Deno" in globalThis ? ["run", "--no-check", "--allow-all"] : [];

/** A supervisor that makes believe. */
interface FakeSupervisor {
  readonly socket: string;
  readonly pid: number;
  readonly end: () => Promise<unknown>;
}

/** Start a supervisor that makes believe: what it answers is known, what it is asked to do is done. */
export async function startFakeSupervisor(socket: string): Promise<FakeSupervisor> {
  const program = `${ROOT}/tests/supervisor/support/fake_program.ts`;
  const fake = startProgram([process.execPath, ...RUNTIME, program, socket], { input: "open" });
  await fake.line((line) => line === "ready");
  const end = () => {
    fake.closeInput();
    return fake.ended;
  };
  return { socket, pid: fake.pid, end };
}

/** Lend one. */
export async function withFakeSupervisor<T>(use: (fake: FakeSupervisor) => Promise<T>): Promise<T> {
  return await withDirectory(async (directory) => {
    const fake = await startFakeSupervisor(`${directory}/s`);
    try {
      return await use(fake);
    } finally {
      await fake.end();
    }
  });
}
