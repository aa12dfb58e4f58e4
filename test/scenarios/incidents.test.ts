import { playStories } from '../support/story.ts';
import { alertmanager } from './alertmanager.ts';
import { byHand } from './by-hand.ts';
import { byItself } from './by-itself.ts';
import { byName, notByName } from './by-name.ts';
import { ladder } from './ladder.ts';
import { leads } from './leads.ts';
import { markup } from './markup.ts';
import { outsiders } from './outsiders.ts';
import { pagerdutyAck } from './pagerduty-ack.ts';
import { pagersDead } from './pagers-dead.ts';
import { restart } from './restart.ts';
import { severity } from './severity.ts';
import { silence } from './silence.ts';
import { slackDead } from './slack-dead.ts';
import { takenOver } from './taken-over.ts';
import { wrongWords } from './wrong-words.ts';

playStories({
  alertmanager,
  'by-hand': byHand,
  'by-itself': byItself,
  'by-name': byName,
  'not-by-name': notByName,
  ladder,
  leads,
  markup,
  outsiders,
  'pagerduty-ack': pagerdutyAck,
  'pagers-dead': pagersDead,
  restart,
  severity,
  silence,
  'slack-dead': slackDead,
  'taken-over': takenOver,
  'wrong-words': wrongWords,
});
