export type { FileOrBytes } from './file-or-bytes.ts';
export type { WarmProblem, WarmResult } from './import-tally.ts';
export type { FilePreview, PreviewOptions } from './preview-file.ts';
export { previewFile } from './preview-file.ts';
export type { ProxyFileFormat } from './proxy-file-format.ts';
export { PROXY_FILE_FORMATS } from './proxy-file-format.ts';
export { warmFromFile } from './warm-from-file.ts';
export type { KeyIdentity, WarmOptions, WarmProgress, WarmTarget } from './warm-options.ts';
export { KEY_IDENTITIES } from './warm-options.ts';
