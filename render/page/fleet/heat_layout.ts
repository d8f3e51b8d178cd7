/** Space around a group, and for its title. */
const TITLE = 26;
const GAP = 14;
/** Sides of a cell, from the largest: what is larger looks like nothing, what is smaller cannot be pointed at. */
const SIDES = [34, 28, 24, 20, 17, 14, 12, 10, 9, 8, 7, 6, 5];

/** A group of cells under one title. */
export interface HeatGroup {
  readonly title: string;
  readonly count: number;
}

/** Where a group stands. */
export interface PlacedGroup extends HeatGroup {
  /** Number of its first cell, of all cells. */
  readonly first: number;
  /** Upper edge of its title, and of its cells. */
  readonly top: number;
  readonly cellsTop: number;
}

/** A map of cells, all of one size, row by row within their groups. */
export interface HeatLayout {
  readonly side: number;
  readonly columns: number;
  readonly height: number;
  readonly groups: readonly PlacedGroup[];
}

/** Lay cells out as large as fits: within the width always, within the height while cells can be pointed at. */
export function layOut(groups: readonly HeatGroup[], width: number, height: number): HeatLayout {
  let layout = place(groups, width, SIDES[0]);
  for (const side of SIDES) {
    layout = place(groups, width, side);
    if (layout.height <= height) break;
  }
  return layout;
}

function place(groups: readonly HeatGroup[], width: number, side: number): HeatLayout {
  const columns = Math.max(1, Math.floor(width / side));
  const placed: PlacedGroup[] = [];
  let [top, first] = [0, 0];
  for (const group of groups) {
    const cellsTop = top + TITLE;
    placed.push({ ...group, first, top, cellsTop });
    first += group.count;
    top = cellsTop + Math.ceil(group.count / columns) * side + GAP;
  }
  return { side, columns, height: Math.max(0, top - GAP), groups: placed };
}

/** The upper left corner of a cell. */
export function cornerOf(
  { side, columns, groups }: HeatLayout,
  cell: number,
): readonly [x: number, y: number] {
  const group = groupOf(groups, cell);
  const at = cell - group.first;
  return [at % columns * side, group.cellsTop + Math.floor(at / columns) * side];
}

/** The cell at a point; null where there is none. */
export function cellAt({ side, columns, groups }: HeatLayout, x: number, y: number): number | null {
  if (x < 0 || x >= columns * side) return null;
  const group = groups.findLast(({ cellsTop }) => y >= cellsTop);
  if (!group) return null;
  const at = Math.floor((y - group.cellsTop) / side) * columns + Math.floor(x / side);
  return at < group.count ? group.first + at : null;
}

/** The cell that a key leads to from another. */
export function cellBeside(layout: HeatLayout, cell: number, key: string): number | null {
  const { columns, groups } = layout;
  const last = groups.reduce((sum, { count }) => sum + count, 0) - 1;
  if (last < 0) return null;
  const group = groupOf(groups, cell);
  const at = cell - group.first;
  switch (key) {
    case "ArrowRight":
      return Math.min(last, cell + 1);
    case "ArrowLeft":
      return Math.max(0, cell - 1);
    case "ArrowDown": {
      if (at + columns < group.count) return cell + columns;
      const next = groups[groups.indexOf(group) + 1];
      const isLastRow = Math.floor(at / columns) === Math.floor((group.count - 1) / columns);
      if (!isLastRow) return group.first + group.count - 1;
      return next ? next.first + Math.min(at % columns, next.count - 1) : cell;
    }
    case "ArrowUp": {
      if (at >= columns) return cell - columns;
      const before = groups[groups.indexOf(group) - 1];
      if (!before) return cell;
      const rowStart = Math.floor((before.count - 1) / columns) * columns;
      return before.first + Math.min(rowStart + at % columns, before.count - 1);
    }
    case "Home":
      return 0;
    case "End":
      return last;
    default:
      return null;
  }
}

function groupOf(groups: readonly PlacedGroup[], cell: number): PlacedGroup {
  return groups.findLast(({ first, count }) => count > 0 && cell >= first) ?? groups[0];
}
