/** Public functions that are not tried, by the names of `Call`, each with the reason. */
export const OMISSIONS: Readonly<Record<string, string>> = {};
