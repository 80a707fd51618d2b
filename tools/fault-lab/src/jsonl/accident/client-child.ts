import { writeFileSync } from 'node:fs';
import { StopAtCall } from '../../processes/stop-at-call.ts';
import type { Player } from './client.ts';
import { type Command, callsFile, type Reply } from './client-process.ts';
import { ignoreTakeovers } from './ignore-takeovers.ts';

// A client of stores, or of one, that does what its parent tells it, and stops or dies where it is told to.
const calls = new StopAtCall();
if (process.argv[2] === 'no check') await ignoreTakeovers();
const { Player: PlayerClass } = await import('./client.ts');
const players = new Map<string, Player>();

function playerOf(history: string): Player {
  const player = players.get(history);
  if (player === undefined) throw new Error('no such store');
  return player;
}

async function obey(command: Command): Promise<unknown> {
  if (command.do === 'join') {
    calls.watch(command.options.directory);
    players.set(command.options.history, new PlayerClass(command.options));
    return undefined;
  }
  const player = playerOf(command.history);
  if (command.do === 'view') return { values: [...(await player.view())], damaged: player.damaged };
  if (command.do === 'play') return command.isWatched === true ? watched(player, command) : player.play(command.work);
  players.delete(command.history);
  return player.close();
}

async function watched(player: Player, command: Extract<Command, { do: 'play' }>): Promise<string[]> {
  const { work, stop, history } = command;
  calls.begin(stop, (made) => writeFileSync(callsFile(history), JSON.stringify(made)));
  try {
    await player.play(work);
  } finally {
    calls.end();
  }
  return calls.end();
}

process.on('message', ({ id, command }: { readonly id: number; readonly command: Command }) => {
  void obey(command)
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
