import { printable } from "../../core/printable.ts";

const LONGEST = 60;

/** A command as it stands in one line beside other words. */
export function shortCommand(command: string): string {
  const shown = printable(command);
  return shown.length > LONGEST ? `${shown.slice(0, LONGEST - 1)}…` : shown;
}
