/** Draws screens over one another by what has changed: on a slow line the rest would be felt. */
export class Painter {
  #shown: string[] = [];

  /**
   * What has to be written so that these lines stand on the screen; empty when they do. Each is as wide as the screen:
   * erasing to the end of a full line would take its last character.
   */
  paint(lines: readonly string[]): string {
    let output = "";
    lines.forEach((line, index) => {
      if (line !== this.#shown[index]) output += `\x1b[${index + 1};1H${line}`;
    });
    this.#shown = [...lines];
    return output;
  }

  /** What has to be written to begin anew: nothing is known of the screen any more. */
  clear(): string {
    this.#shown = [];
    return "\x1b[0m\x1b[2J";
  }
}
