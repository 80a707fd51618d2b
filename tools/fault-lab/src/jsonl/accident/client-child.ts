import { writeFileSync } from 'node:fs';
import { StopAtCall } from '../../processes/stop-at-call.ts';
import type { StoreClient } from './client.ts';
import { type Command, callsFile, type Reply } from './client-process.ts';
import { ignoreTakeovers } from './ignore-takeovers.ts';

// Clients of stores that execute their parent's commands; the process stops or dies at a chosen call.
const calls = new StopAtCall();
if (process.argv[2] === 'no check') await ignoreTakeovers();
const { StoreClient: ClientClass } = await import('./client.ts');
const clients = new Map<string, StoreClient>();

function clientOf(history: string): StoreClient {
  const client = clients.get(history);
  if (client === undefined) throw new Error('no client has joined this store');
  return client;
}

async function execute(command: Command): Promise<unknown> {
  if (command.do === 'join') {
    calls.watch(command.options.directory);
    clients.set(command.options.history, new ClientClass(command.options));
    return undefined;
  }
  const client = clientOf(command.history);
  if (command.do === 'view') return { values: [...(await client.view())], damaged: client.damaged };
  if (command.do === 'run') return command.isWatched === true ? watched(client, command) : client.run(command.work);
  clients.delete(command.history);
  return client.close();
}

async function watched(client: StoreClient, command: Extract<Command, { do: 'run' }>): Promise<string[]> {
  const { work, stop, history } = command;
  calls.begin(stop, (made) => writeFileSync(callsFile(history), JSON.stringify(made)));
  try {
    await client.run(work);
  } finally {
    calls.end();
  }
  return calls.end();
}

process.on('message', ({ id, command }: { readonly id: number; readonly command: Command }) => {
  void execute(command)
    .then(
      (answer): Reply => ({ id, answer }),
      (error: unknown): Reply => ({
        id,
        error: error instanceof Error ? (error.stack ?? error.message) : String(error),
      }),
    )
    .then((reply) => process.send!(reply));
});
process.on('disconnect', () => process.exit());
