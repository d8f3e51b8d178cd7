import { usageError } from "../core/error.ts";
import { reasonOf } from "./errno_words.ts";
import { readTextFile } from "./text_file.ts";

/** A file that is written by hand is smaller. */
const MOST_BYTES = 1_048_576;

/**
 * The value of a JSON file that a user named.
 *
 * @param option names the option in the message
 * @throws ProctorError of kind `usage`
 */
export function readJson(file: string, option: string): unknown {
  let text: string;
  try {
    text = readTextFile(file, MOST_BYTES);
  } catch (error) {
    throw usageError(`${option}: cannot read ${file}: ${reasonOf(error)}`);
  }
  return parseJson(text, option, file);
}

/**
 * The value of a JSON text.
 *
 * @param option names the option in the message
 * @param what names the text in it
 * @throws ProctorError of kind `usage`
 */
export function parseJson(text: string, option: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw usageError(`${option}: ${what} is not JSON: ${(error as Error).message.split("\n")[0]}`);
  }
}
