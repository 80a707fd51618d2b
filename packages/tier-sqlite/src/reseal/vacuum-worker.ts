import { parentPort, workerData } from 'node:worker_threads';
import { openInWorker } from '../database/worker-connection.ts';
import { vacuumDatabase } from './vacuum-database.ts';

/** The worker's input. */
export interface VacuumTask {
  readonly path: string;
}

const { path } = workerData as VacuumTask;
// The copy may be as large as the database: no commit checkpoints it, the last step does.
const db = openInWorker(path, (connection) => {
  connection.pragma('secure_delete = ON');
  connection.pragma('synchronous = FULL');
});
try {
  vacuumDatabase(db);
} finally {
  db.close();
}
parentPort?.postMessage('done');
