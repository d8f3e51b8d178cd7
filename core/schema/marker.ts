/** The one variable that proctor adds to the environment of what it starts. */
export const MARKER = "PROCTOR_GROUP";

/** The mark of one group; whoever carries it is taken for a member, and may be killed as one. */
export const MARK = new RegExp(`^${MARKER}=[\\w-]+$`);
