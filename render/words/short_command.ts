import { printable } from "../../core/printable.ts";

const LONGEST = 60;

/** A command as it stands in one line beside other words. */
export function shortCommand(command: string, longest = LONGEST): string {
  const shown = printable(command);
  return shown.length > longest ? `${shown.slice(0, longest - 1)}…` : shown;
}
