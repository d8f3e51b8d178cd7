import { Command, Option } from "commander";
import type { OptionRow, VerbTable } from "./option_table.ts";

/** Commander's command of a verb. */
export function commandOf<Flags>(verb: VerbTable<Flags>, end: (exitCode: number) => void): Command {
  const command = new Command(verb.name).description(verb.description);
  if (verb.usage !== undefined) command.usage(verb.usage);
  for (const { name, description, parse } of verb.arguments) {
    if (parse) command.argument(name, description, parse);
    else command.argument(name, description);
  }
  if (verb.passesThrough) command.passThroughOptions();
  return addOptions(command, verb.options).addHelpText("after", verb.examples)
    .action(async () => end(await verb.run(command.processedArgs, command.opts() as Flags)));
}

/** Give a command options of a table. */
export function addOptions(command: Command, rows: readonly OptionRow[]): Command {
  for (const { flags, description, parse, choices, default: value, group, sharedName } of rows) {
    const option = new Option(flags, description).default(value);
    if (choices) option.choices(choices);
    if (parse) option.argParser(parse as (text: string) => unknown);
    if (sharedName !== undefined) option.attributeName = () => sharedName;
    if (group !== undefined) option.helpGroup(group);
    command.addOption(option);
  }
  return command;
}
