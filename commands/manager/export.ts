import { Command, Option } from "commander";
import { usageError } from "../../core/error.ts";
import { isTerminal } from "../../io/terminal/output.ts";
import type { ExportFlags } from "./run_export.ts";

const EXAMPLES = `
Reads the store of a manager that does not run, or a backup of one; of one that
runs ask GET /api/v1/export. Times are durations before now (90m, 30d) or RFC
3339.

Examples:
  proctor manager export --format parquet --output fleet.parquet
  proctor manager export --from 1d --unit factory/line | jq -c .figures
`;

/** `proctor manager export`: every sample as a file for other programs. */
export function exportCommand(end: (exitCode: number) => void): Command {
  return new Command("export")
    .description("write every sample of a store into a file")
    .option("--store <dir|url>", "the directory, or the database, that everything is kept in")
    .option("--store-password-file <file>", "with the password of the database (default: in PGPASSWORD)")
    .addOption(
      new Option("--format <name>", "what is written").choices(["jsonl", "parquet"]).default("jsonl"),
    )
    .option("--output <file>", "whole or not at all (default: standard output)")
    .option("--unit <domain/channel>", "of this unit only")
    .option("--from <time>", "no sample before it (default: the first)")
    .option("--until <time>", "no sample from it on", "now")
    .addHelpText("after", EXAMPLES)
    .action(async (_: unknown, command: Command) => {
      // Options that both have are taken by the verb above.
      const flags = command.optsWithGlobals<ExportFlags>();
      if (flags.format === "parquet" && flags.output === undefined && isTerminal(1)) {
        throw usageError("--format parquet: a terminal shows no Parquet; add --output FILE, or redirect it");
      }
      end(await (await import("./run_export.ts")).runExport(flags));
    });
}
