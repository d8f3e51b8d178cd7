import { ProctorError } from "../../core/error.ts";
import { cannotWrite } from "../../io/errno_words.ts";
import { nodeFs, nodePath } from "../../io/builtins.ts";
import { ownDescriptor } from "../../io/own_descriptor.ts";
import { printOut, say } from "../../io/terminal/output.ts";
import { humanBytes } from "../../render/words/units.ts";
import { writeFileWhole } from "../../platform/mod.ts";

/**
 * Write what a verb has made to a file, whole or not at all; with `-`, to standard output.
 *
 * @throws ProctorError of kind `system`
 */
export function writePicture(output: string, picture: string | Uint8Array): void {
  if (output === "-") {
    printOut(picture);
    return;
  }
  try {
    writeFileWhole(output, picture);
  } catch (error) {
    throw new ProctorError("system", cannotWrite(output, error as NodeJS.ErrnoException));
  }
}

/**
 * The same of a page, which is worth a line that says where it is and how large, unless it goes to standard output.
 *
 * @throws ProctorError of kind `system`
 */
export function writePage(output: string, page: string): void {
  writePicture(output, page);
  if (output !== "-" && ownDescriptor(output) === null) {
    say(`the page is ${output} (${humanBytes(Buffer.byteLength(page))})`);
  }
}

/** Why a picture could not be written there; undefined when it seems that it can. */
export function unwritable(output: string): string | undefined {
  try {
    const isDirectory = nodeFs().statSync(output, { throwIfNoEntry: false })?.isDirectory();
    if (isDirectory) return `cannot write ${output}: it is a directory`;
    nodeFs().accessSync(nodePath().dirname(output), nodeFs().constants.W_OK);
    return undefined;
  } catch (error) {
    return cannotWrite(output, error as NodeJS.ErrnoException);
  }
}
