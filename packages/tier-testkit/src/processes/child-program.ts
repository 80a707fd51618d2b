/** The program that child processes run: the source file if this module runs from source, else the built one. */
export const CHILD_PROGRAM = new URL(
  import.meta.url.endsWith('.ts') ? '../child/child-main.ts' : './child/child-main.js',
  import.meta.url,
);
