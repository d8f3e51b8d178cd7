import { sparkPath } from "./spark_path.ts";

const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 120;
const HEIGHT = 22;

/** A small line beside a figure, which tells its course; the figure itself is told in words. */
export class Spark {
  readonly element: SVGSVGElement = document.createElementNS(SVG, "svg");
  readonly #path = document.createElementNS(SVG, "path");
  #drawn = "";

  constructor() {
    this.element.setAttribute("class", "spark");
    this.element.setAttribute("viewBox", `0 -2 ${WIDTH} ${HEIGHT + 4}`);
    this.element.setAttribute("preserveAspectRatio", "none");
    this.element.setAttribute("aria-hidden", "true");
    this.element.append(this.#path);
  }

  draw(values: readonly (number | null)[]): void {
    const path = sparkPath(values, WIDTH, HEIGHT);
    if (path !== this.#drawn) this.#path.setAttribute("d", this.#drawn = path);
  }
}
