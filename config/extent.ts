import { isAlias, isMap, isScalar, isSeq } from "yaml";
import type { Alias, Node } from "yaml";
import { DEEPEST } from "./located.ts";

/*
 * What a document would be with its aliases written out, found without writing them out: nine levels of ten aliases
 * each are a thousand million values in a file of a few lines.
 */

/** What may yet come, of all files of a configuration together. */
export interface YamlBudget {
  /** Values, aliases written out. */
  values: number;
  /** Words, signs and spaces: what reading costs, whatever they mean. */
  tokens: number;
}

const MOST_VALUES = 200_000;
const MOST_TOKENS = 300_000;

/** What all files of a configuration together may have. */
export function yamlBudget(): YamlBudget {
  return { values: MOST_VALUES, tokens: MOST_TOKENS };
}

/** What is wrong with a document as a whole, and where. */
export interface ExtentFault {
  readonly node: Node;
  readonly message: string;
}

interface Extent {
  readonly values: number;
  readonly depth: number;
}

const ONE: Extent = { values: 1, depth: 0 };

/** Finds what aliases stand for, and how much that is. */
export class ExtentMeter {
  readonly faults: ExtentFault[] = [];
  /** What each alias stands for. */
  readonly targets = new Map<Alias, Node>();
  readonly #anchors = new Map<string, Node>();
  /** Of what has an anchor; null while it is being measured. */
  readonly #extents = new Map<Node, Extent | null>();

  /**
   * Measure a document, and take what it needs from a budget. It is itself nested no more than a stack bears.
   * @returns whether it may be read
   */
  measure(root: Node, budget: YamlBudget): boolean {
    const { values } = this.#measure(root, budget.values);
    budget.values -= values;
    if (this.faults.length === 0 && budget.values < 0) this.#fault(root, tooMany(values));
    return this.faults.length === 0;
  }

  #measure(node: Node | null, most: number): Extent {
    if (isAlias(node)) return this.#measureAlias(node, most);
    const anchor = isScalar(node) || isMap(node) || isSeq(node) ? node.anchor : undefined;
    // Before its parts: these may name it, though in vain. A later anchor of the same name takes its place.
    if (node && anchor) this.#anchors.set(anchor, node);
    if (!isMap(node) && !isSeq(node)) return ONE;
    if (anchor) this.#extents.set(node, null);
    let [values, depth] = [1, 0];
    const parts = isMap(node)
      ? node.items.flatMap(({ key, value }) => [key as Node | null, value as Node | null])
      : node.items as Node[];
    for (const part of parts) {
      const extent = this.#measure(part, most);
      // Keys are counted as values are.
      values += extent.values;
      depth = Math.max(depth, extent.depth + 1);
    }
    const extent = { values, depth };
    if (anchor) this.#extents.set(node, extent);
    return extent;
  }

  #measureAlias(alias: Alias, most: number): Extent {
    const target = this.#anchors.get(alias.source);
    if (!target) {
      this.#fault(alias, `there is no anchor &${alias.source} before it`);
      return ONE;
    }
    const extent = this.#extents.get(target) ?? ONE;
    if (this.#extents.get(target) === null) {
      this.#fault(alias, `*${alias.source} is inside of what it stands for`);
    } else if (this.faults.length === 0) {
      // What is too large in one place makes all around it too large: once is enough.
      if (extent.values > most) this.#fault(alias, tooMany(extent.values));
      else if (extent.depth >= DEEPEST) this.#fault(alias, TOO_DEEP);
    }
    this.targets.set(alias, target);
    return extent;
  }

  #fault(node: Node, message: string): void {
    if (this.faults.length < MOST_FAULTS) this.faults.push({ node, message });
  }
}

/** What is nested too deeply. */
export const TOO_DEEP = `it is nested more than ${DEEPEST} deep`;
const MOST_FAULTS = 10;

function tooMany(values: number): string {
  const [count, most] = [values, MOST_VALUES].map((one) => one.toLocaleString("en-US"));
  return `that is ${count} values, aliases written out; the most is ${most} for all files together`;
}
