/** The program that child processes run: a source file beside sources, a built one in the build. */
export const CHILD_PROGRAM = new URL(
  import.meta.url.endsWith('.ts') ? '../child/child-main.ts' : './child/child-main.js',
  import.meta.url,
);
