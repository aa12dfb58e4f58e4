import { expect, it } from 'vitest';
import { playStory } from '../support/story.ts';
import { restart } from './restart.ts';
import { rollback } from './rollback.ts';

it.each(Object.entries({ rollback, restart }))(
  'over a socket, people see the very same as over HTTP: %s',
  async (_name, story) => {
    expect(await playStory(story, 'socket')).toBe(await playStory(story, 'http'));
  },
);
