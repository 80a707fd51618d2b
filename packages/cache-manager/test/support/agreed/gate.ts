/** What a store does at a step of a tier: nothing, wait, or fail. */
export type Gate = (step: string) => Promise<void> | void;

export const open: Gate = () => {};
