/** How a character of a terminal looks. */
export interface Looks {
  readonly ink: string;
  readonly paper: string | null;
  readonly isBold: boolean;
  readonly isDim: boolean;
}

/** Characters that look alike, and the column that the first of them stands in. */
export interface Run {
  readonly column: number;
  readonly text: string;
  readonly looks: Looks;
}

/** What a terminal draws with; the eight colours, then the eight bright ones. */
export const THEME = {
  paper: "#10141c",
  ink: "#d6dbe5",
  palette: [
    ...["#3b4252", "#f0717b", "#a3d977", "#f2c260", "#6fb3f2", "#c792ea", "#5fd7d0", "#d6dbe5"],
    ...["#5c6676", "#ff8b94", "#b9f28a", "#ffd580", "#8cc8ff", "#ddb0ff", "#7ff0e8", "#ffffff"],
  ],
} as const;

interface Pen {
  ink: string | null;
  paper: string | null;
  isBold: boolean;
  isDim: boolean;
  isTurned: boolean;
}

const blank = (): Pen => ({ ink: null, paper: null, isBold: false, isDim: false, isTurned: false });

/** Parse a screen with its SGR sequences (ECMA-48), such as tmux's `capture-pane -e` gives it: runs of each line. */
export function styledRuns(screen: string): Run[][] {
  const pen = blank();
  return screen.split("\n").map((line) => {
    const runs: Run[] = [];
    let column = 0;
    // deno-lint-ignore no-control-regex
    for (const [, codes, text] of line.matchAll(/\x1b\[([\d;]*)m|([^\x1b]+)/g)) {
      if (text === undefined) {
        take(pen, codes === "" ? [0] : codes.split(";").map(Number));
        continue;
      }
      runs.push({ column, text, looks: looksOf(pen) });
      column += [...text].length;
    }
    return runs;
  });
}

function looksOf({ ink, paper, isBold, isDim, isTurned }: Pen): Looks {
  if (!isTurned) return { ink: ink ?? THEME.ink, paper, isBold, isDim };
  return { ink: paper ?? THEME.paper, paper: ink ?? THEME.ink, isBold, isDim };
}

function take(pen: Pen, codes: readonly number[]): void {
  for (const code of codes) {
    if (code === 0) Object.assign(pen, blank());
    else if (code === 1) pen.isBold = true;
    else if (code === 2) pen.isDim = true;
    else if (code === 22) pen.isBold = pen.isDim = false;
    else if (code === 7) pen.isTurned = true;
    else if (code === 27) pen.isTurned = false;
    else if (code === 39) pen.ink = null;
    else if (code === 49) pen.paper = null;
    else if (code >= 30 && code <= 37) pen.ink = THEME.palette[code - 30];
    else if (code >= 90 && code <= 97) pen.ink = THEME.palette[code - 82];
    else if (code >= 40 && code <= 47) pen.paper = THEME.palette[code - 40];
    else throw new Error(`SGR ${code}: our screens do not use it`);
  }
}
