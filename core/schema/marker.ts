/** The variable that proctor adds to the environment of all that it starts. */
export const MARKER = "PROCTOR_GROUP";

/** The mark of one group; whoever carries it is taken for a member, and may be killed as one. */
export const MARK = new RegExp(`^${MARKER}=[\\w-]+$`);

/** The variable that tells a supervised process its id. */
export const ID_VARIABLE = "PROCTOR_ID";

/** Only the marks of a supervisor's groups have a label. */
const LABELLED = /^\d+-[0-9a-f]+-\w/;

/**
 * The id of a supervised process by the mark and the id in its environment; null for others: a group that was made
 * inside of a supervised one has inherited the id, and a mark of its own.
 */
export function supervisedId(mark: string | null, id: string | null): string | null {
  return mark !== null && LABELLED.test(mark) && id ? id : null;
}
