/** A node by number, or whichever leads when the command is carried out. */
export type NodeReference = {readonly type: 'number'; readonly node: number} | {readonly type: 'leader'};
