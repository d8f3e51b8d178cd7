import { randomBytes } from "node:crypto";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { ProctorError } from "../../core/error.ts";
import { createFile } from "../private_file.ts";

const TOKEN_BYTES = 32;

/**
 * A token for a port that was given none, in a file of the state directory that we alone may read. It changes at
 * each start: a program that listened at our port in our absence knows only a worthless one.
 * @param name of the file
 * @throws ProctorError of kind `system` when it cannot be written
 */
export function makeToken(stateDirectory: string, name: string): { token: string; file: string } {
  const file = join(stateDirectory, name);
  const token = randomBytes(TOKEN_BYTES).toString("base64url");
  try {
    rmSync(file, { force: true });
    createFile(file, `${token}\n`, 0o600);
  } catch (error) {
    throw new ProctorError(
      "system",
      `the token of the API cannot be kept in ${file}: ${(error as Error).message}`,
    );
  }
  return { token, file };
}
