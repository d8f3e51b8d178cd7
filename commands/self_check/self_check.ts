import { Command, Option } from "commander";
import { EXIT } from "../../core/error.ts";
import { printable, printableJson } from "../../core/printable.ts";
import { VERSION } from "../../core/schema/version.ts";
import { wrapped } from "../../core/wrapped.ts";
import { loadPlatform } from "../../platform/mod.ts";
import { printOut } from "../../io/terminal/output.ts";
import type { Check } from "./checks.ts";
import { PARTS, playPart } from "./part.ts";
import type { Part } from "./part.ts";

/** Columns that every terminal has. */
const COLUMNS = 80;

const HELP = `
Runs short commands below proctor, and compares what it says with what they say
themselves, by getrusage(2): CPU and memory within 1 %, samples, records,
containment. Takes about five seconds. "less" is what this machine does not
allow; proctor doctor says how to get more.

Exit codes: 0 when nothing has failed; 1 when a check has.

Examples:
  proctor self-check
  proctor self-check --json | jq '.checks[] | select(.result == "failed")'
`;

/** `proctor self-check`: whether this binary works on this machine. */
export function selfCheckCommand(end: (exitCode: number) => void): Command {
  return new Command("self-check")
    .description("verify that this program works on this machine")
    .option("--json", "as JSON")
    .addOption(new Option("--part <part>").choices(PARTS).hideHelp())
    .addHelpText("after", HELP)
    .action(async ({ json, part }: { json?: boolean; part?: Part }) => {
      const platform = await loadPlatform();
      if (part !== undefined) return await playPart(part, platform);
      const interrupted = new AbortController();
      let received: string | undefined;
      const stopListening = platform.onSignals(platform.endingSignals, (name) => {
        received ??= name;
        interrupted.abort();
      });
      try {
        const { runChecks } = await import("./checks.ts");
        const checks = await runChecks(platform, interrupted.signal);
        const works = checks.every(({ result }) => result !== "failed");
        printOut(json ? `${printableJson({ version: VERSION, works, checks }, 2)}\n` : asText(checks, works));
        end(works ? 0 : 1);
      } catch (error) {
        // What it interrupts may fail in any way.
        if (received === undefined) throw error;
        end(EXIT.signalBase + platform.signalNumber(received));
      } finally {
        stopListening();
      }
    });
}

function asText(checks: readonly Check[], works: boolean): string {
  const width = Math.max(...checks.map(({ name }) => name.length));
  const lines = checks.map(({ name, result, detail }) =>
    wrapped(printable(detail), COLUMNS, `${result.padEnd(6)}  ${name.padEnd(width)}  `)
  );
  const verdict = works ? "works on this machine" : "does not work on this machine as it should";
  return `${lines.join("\n")}\n\nproctor ${VERSION} ${verdict}.\n`;
}
