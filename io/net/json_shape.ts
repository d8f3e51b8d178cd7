/** How deep the brackets of JSON are nested, and how many there are, those in strings left out. */
export function shapeOf(text: string): { levels: number; brackets: number } {
  let [levels, brackets, depth, inString] = [0, 0, 0, false];
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (inString) {
      if (character === "\\") at++;
      else if (character === '"') inString = false;
    } else if (character === '"') inString = true;
    else if (character === "[" || character === "{") {
      brackets++;
      levels = Math.max(levels, ++depth);
    } else if (character === "]" || character === "}") depth--;
  }
  return { levels, brackets };
}

/** What is nested deeper is meant to break whoever walks through it. */
export const MOST_LEVELS = 64;
