/**
 * What becomes of what was not delivered, at the end; undefined when there is nothing.
 * @param keptCount how many are on disk
 * @param directory where
 */
export function leftInWords(
  count: number,
  keptCount: number,
  directory: string | undefined,
): string | undefined {
  if (count === 0) return undefined;
  const messages = count === 1 ? "1 message was" : `${count} messages were`;
  if (directory === undefined) return `${messages} not delivered`;
  const which = keptCount === count ? "" : `${keptCount} of them `;
  return `${messages} not delivered; ${which}kept in ${directory} for the next time`;
}
