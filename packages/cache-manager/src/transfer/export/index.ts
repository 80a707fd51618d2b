export type {
  ExportCredentials,
  ExportDestination,
  ExportOptions,
  ExportProgress,
  ExportResult,
} from './export-options.ts';
export { EXPORT_CREDENTIALS } from './export-options.ts';
export { exportToFile } from './export-to-file.ts';
export { exportSource } from './stack-source.ts';
