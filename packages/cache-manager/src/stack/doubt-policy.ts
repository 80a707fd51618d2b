/** The choices of `onDoubt`. */
export const ON_DOUBT = Object.freeze(['answer', 'miss'] as const);
export type OnDoubt = (typeof ON_DOUBT)[number];
