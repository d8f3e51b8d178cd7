import { LineProcess } from "./line_process.ts";
import { inRepository } from "./runtimes.ts";

/** What a fixture program says once it is ready. */
interface Ready {
  readonly pids: number[];
}

/** The command that runs a fixture program of tests/fixtures. */
export function fixtureCommand(name: string, ...args: (string | number)[]): string[] {
  return [inRepository(`tests/fixtures/${name}`), ...args.map(String)];
}

/** Start a fixture program that reports its children; resolves once all of them run. */
export async function startFixture(
  name: string,
  ...args: (string | number)[]
): Promise<{ process: LineProcess; pids: number[] }> {
  const process = new LineProcess(fixtureCommand(name, ...args));
  const { pids } = JSON.parse(await process.line()) as Ready;
  return { process, pids };
}
