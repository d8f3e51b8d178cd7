/**
 * Words in lines of a width; a longer word stands alone.
 * @param lead what stands before the text; the further lines begin below its end
 */
export function wrapped(text: string, width: number, lead = ""): string {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && lead.length + line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return lead + [...lines, line].join(`\n${" ".repeat(lead.length)}`);
}
