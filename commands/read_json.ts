import { readFileSync } from "node:fs";
import { usageError } from "../core/error.ts";
import { reasonOf } from "../exporters/record_writer.ts";

/**
 * The value of a JSON file that a user named.
 *
 * @param option names the option in the message
 * @throws ProctorError of kind `usage`
 */
export function readJson(file: string, option: string): unknown {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    throw usageError(`${option}: cannot read ${file}: ${reasonOf(error as NodeJS.ErrnoException)}`);
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    throw usageError(`${option}: ${file} is no JSON: ${(error as Error).message.split("\n")[0]}`);
  }
}
