import { Command, Option } from "commander";
import { printOut } from "../io/terminal/output.ts";

/** What there is a schema of, and how it is made. */
const KINDS: Readonly<Record<string, () => Promise<Record<string, unknown>>>> = {
  record: async () => (await import("../core/schema/record.ts")).recordJsonSchema(),
  task_message: async () => (await import("../core/schema/task_message.ts")).taskMessageJsonSchema(),
  task_process: async () => (await import("../core/schema/task_process.ts")).taskProcessJsonSchema(),
  health_message: async () => (await import("../core/schema/health_message.ts")).healthMessageJsonSchema(),
  presence_message: async () =>
    (await import("../core/schema/presence_message.ts")).presenceMessageJsonSchema(),
};

const EXAMPLES = `
Examples:
  proctor schema > proctor-record.schema.json
  proctor schema --kind task_message > task-message.schema.json
`;

/** `proctor schema`: the formats of what leaves proctor as JSON Schema. */
export function schemaCommand(): Command {
  return new Command("schema")
    .description(
      "print the JSON Schema of the records, or of the messages of tasks, their processes, health and presence",
    )
    .addOption(new Option("--kind <kind>", "of what").choices(Object.keys(KINDS)).default("record"))
    .addHelpText("after", EXAMPLES)
    .action(async ({ kind }: { kind: string }) => {
      printOut(`${JSON.stringify(await KINDS[kind](), null, 2)}\n`);
    });
}
