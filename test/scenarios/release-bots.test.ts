import { playStories } from '../support/story.ts';
import { canaryFailed } from './canary-failed.ts';
import { drift } from './drift.ts';

playStories({ 'canary-failed': canaryFailed, drift });
