/** The colours of a plot: those of the page, see page/style.css. */
export interface Theme {
  readonly page: string;
  readonly text: string;
  readonly muted: string;
  readonly grid: string;
  readonly lines: readonly string[];
  /** By CPU; the last is for all others. */
  readonly executables: readonly string[];
}

/** The themes there are. */
export type ThemeName = "light" | "dark";

/** Every theme. */
export const THEMES: Readonly<Record<ThemeName, Theme>> = {
  light: {
    page: "#ffffff",
    text: "#1b2430",
    muted: "#5c6877",
    grid: "#e7eaee",
    lines: ["#2f6bd8", "#d9742b", "#1f8a70", "#b0479a", "#8a7200", "#6b6f78"],
    executables: [
      "#4f86e8",
      "#f0a04b",
      "#43b28a",
      "#d678bf",
      "#d6bd3a",
      "#9a7fe0",
      "#45b5cc",
      "#e57f78",
      "#96b84f",
      "#b69682",
      "#aab2bd",
    ],
  },
  dark: {
    page: "#181e26",
    text: "#e6eaf0",
    muted: "#98a4b3",
    grid: "#2b3440",
    lines: ["#6ea2ff", "#f2a35f", "#5ccbb0", "#e58ad0", "#dcc65a", "#aeb6c2"],
    executables: [
      "#6c9df2",
      "#f0aa5e",
      "#57c49c",
      "#e08fcb",
      "#dfca5c",
      "#ab94ea",
      "#5fc6da",
      "#ee918b",
      "#a9ca66",
      "#c5a996",
      "#77818e",
    ],
  },
};
