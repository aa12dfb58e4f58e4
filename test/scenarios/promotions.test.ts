import { playStories } from '../support/story.ts';
import { promoteFrozen } from './promote-frozen.ts';
import { promoteRolledBack } from './promote-rolled-back.ts';
import { promote } from './promote.ts';

playStories({
  promote,
  'promote-frozen': promoteFrozen,
  'promote-rolled-back': promoteRolledBack,
});
