import { readRegularFile, UnfitFile } from "../io/regular_file.ts";
import { textOfBytes } from "../io/text_file.ts";
import { yamlBudget } from "./extent.ts";

/** Most bytes of one file. */
export const MOST_FILE_BYTES = 4 * 1_048_576;
/** Most bytes of a file of variables: more than the kernel passes to a program (execve(2)). */
const MOST_VARIABLE_BYTES = 2 * 1_048_576;
const MOST_FILES = 1_000;
const MOST_BYTES = 16 * 1_048_576;

/** A file that was opened for a configuration. */
interface OpenedFile {
  /** The same for two names of one file. */
  readonly identity: string;
  /** Whether it was opened before, by whatever name. */
  readonly isKnown: boolean;
  /** @throws UnfitFile when it is not text */
  readonly text: () => string;
}

/** Reads the files of one configuration, within bounds on all of them together. */
export class ConfigFiles {
  /** Those that were opened, in their order. */
  readonly paths: string[] = [];
  /** What may yet come. */
  readonly budget = yamlBudget();
  readonly #identities = new Set<string>();
  readonly #variables = new Map<string, string>();
  #bytesLeft = MOST_BYTES;

  /**
   * Open a file of configuration by its absolute path.
   * @throws UnfitFile, or an error with a `code` of the file system
   */
  open(path: string): OpenedFile {
    if (this.#identities.size >= MOST_FILES) throw new UnfitFile(`there are more than ${MOST_FILES} files`);
    const { bytes, identity } = this.#take(path, MOST_FILE_BYTES);
    const isKnown = this.#identities.has(identity);
    if (!isKnown) {
      this.#identities.add(identity);
      this.paths.push(path);
    }
    return { identity, isKnown, text: () => textOfBytes(bytes) };
  }

  /**
   * The text of a file of variables, which several processes may name.
   * @throws UnfitFile, or an error with a `code` of the file system
   */
  variables(path: string): string {
    let text = this.#variables.get(path);
    if (text === undefined) {
      text = textOfBytes(this.#take(path, MOST_VARIABLE_BYTES).bytes);
      this.#variables.set(path, text);
    }
    return text;
  }

  #take(path: string, mostBytes: number) {
    const content = readRegularFile(path, mostBytes);
    this.#bytesLeft -= content.bytes.length;
    if (this.#bytesLeft < 0) {
      throw new UnfitFile(`with it the files are larger than ${MOST_BYTES / 1_048_576} MiB together`);
    }
    return content;
  }
}
