import { Command } from "commander";
import { printOut } from "./output.ts";

/** `proctor schema`: the record format as JSON Schema. */
export function schemaCommand(): Command {
  return new Command("schema")
    .description("print the JSON Schema of the records")
    .addHelpText("after", "\nExamples:\n  proctor schema > proctor-record.schema.json\n")
    .action(async () => {
      const { recordJsonSchema } = await import("../core/record.ts");
      printOut(`${JSON.stringify(recordJsonSchema(), null, 2)}\n`);
    });
}
