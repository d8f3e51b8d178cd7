/** The first of the characters whose eight dots are the bits of their number. */
const BLANK = 0x2800;
/** The bit of a dot, by row and column. */
const DOTS = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]];

/** A canvas of dots for terminals: two columns and four rows of them to a character. */
export class BrailleCanvas {
  readonly #cells: Uint8Array;
  /** Whose dots a character has, by number; the last that drew there. */
  readonly #owners: Int8Array;

  /** @param columns and rows of characters */
  constructor(readonly columns: number, readonly rows: number) {
    this.#cells = new Uint8Array(columns * rows);
    this.#owners = new Int8Array(columns * rows).fill(-1);
  }

  /** Set a dot; `y` counts from above. What lies outside is left out. */
  set(x: number, y: number, owner: number): void {
    const [column, row] = [x >> 1, y >> 2];
    if (column < 0 || row < 0 || column >= this.columns || row >= this.rows) return;
    this.#cells[row * this.columns + column] |= DOTS[y & 3][x & 1];
    this.#owners[row * this.columns + column] = owner;
  }

  /** Set all dots between two. */
  line(fromX: number, fromY: number, toX: number, toY: number, owner: number): void {
    const steps = Math.max(Math.abs(toX - fromX), Math.abs(toY - fromY), 1);
    for (let step = 0; step <= steps; step++) {
      const share = step / steps;
      this.set(Math.round(fromX + (toX - fromX) * share), Math.round(fromY + (toY - fromY) * share), owner);
    }
  }

  /** A row as text. @param paint what each owner's characters are made of */
  row(row: number, paint: (owner: number, text: string) => string): string {
    let text = "";
    for (let column = 0; column < this.columns;) {
      const owner = this.#owners[row * this.columns + column];
      let run = "";
      for (; column < this.columns && this.#owners[row * this.columns + column] === owner; column++) {
        run += String.fromCharCode(BLANK + this.#cells[row * this.columns + column]);
      }
      text += owner < 0 ? " ".repeat(run.length) : paint(owner, run);
    }
    return text;
  }
}
