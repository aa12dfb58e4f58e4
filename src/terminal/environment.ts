import { readEnvironment, type Environment } from '../env-file.ts';
import { exitCode, Stop } from './exit.ts';

/** The environment with `.env` below it. @throws Stop 78 when that file has mistakes */
export function environmentHere(): Environment {
  const read = readEnvironment();
  if (read.ok) return read.env;
  throw new Stop(exitCode.configuration, read.problems.join('\n'));
}
