import { playStories } from '../support/story.ts';
import { canaryCritical } from './canary-critical.ts';
import { canaryFailed } from './canary-failed.ts';
import { drift } from './drift.ts';

playStories({ 'canary-failed': canaryFailed, 'canary-critical': canaryCritical, drift });
