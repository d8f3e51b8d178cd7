import type { Forwarded } from "./forwarded.ts";

/**
 * The pieces of a request that was refused as a whole for a part of it. What was told before, and is told again since
 * nobody knew, is older than all else of its task: first the samples of each task are told apart by their order, then
 * the tasks in halves.
 * @returns the request alone where it has no pieces
 */
export function piecesOf(part: readonly Forwarded[]): Forwarded[][] {
  const layers: Forwarded[][] = [];
  const seen = new Map<number, number>();
  for (const sample of part) {
    const layer = seen.get(sample.task.id) ?? 0;
    seen.set(sample.task.id, layer + 1);
    (layers[layer] ??= []).push(sample);
  }
  const halves = (of: readonly Forwarded[]) => {
    const middle = of.length >> 1;
    return middle === 0 ? [[...of]] : [of.slice(0, middle), of.slice(middle)];
  };
  if (layers.length === 1) return halves(part);
  // Many layers would be as many requests.
  const middle = layers.length >> 1;
  return [layers.slice(0, middle).flat(), layers.slice(middle).flat()];
}
