/** Prints each finding and the number of findings; any finding sets the exit status of the program to 1. */
export function reportFindings(findings: readonly string[], what: string): void {
  for (const finding of findings) console.log(finding);
  console.log(`${what}: ${findings.length}`);
  if (findings.length > 0) process.exitCode = 1;
}
