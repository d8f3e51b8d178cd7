import type { HeatGroup } from "./heat_layout.ts";

/** How a cell looks; each is told apart by its shape as well as by its colour. */
export type CellLook =
  /** From 0 to 1. */
  | { readonly kind: "value"; readonly share: number }
  | { readonly kind: "unknown" | "offline" | "lost" };

/** What a map is of. */
export interface HeatCells {
  readonly groups: readonly HeatGroup[];
  look(cell: number): CellLook;
  /** In words, for those who point at it or hear it. */
  words(cell: number): string;
  open(cell: number): void;
}
