import { playStories } from '../support/story.ts';
import { rollback } from './rollback.ts';
import { rejected } from './rejected.ts';
import { expired } from './expired.ts';
import { aborted } from './aborted.ts';
import { asked } from './asked.ts';
import { failed } from './failed.ts';
import { notVerified } from './not-verified.ts';
import { killSwitch } from './kill-switch.ts';
import { unknown } from './unknown.ts';
import { lostAnswer } from './lost-answer.ts';
import { slowWorkflow } from './slow-workflow.ts';
import { sentryDead } from './sentry-dead.ts';

playStories({
  rollback,
  rejected,
  expired,
  aborted,
  asked,
  failed,
  'not-verified': notVerified,
  unknown,
  'lost-answer': lostAnswer,
  'slow-workflow': slowWorkflow,
  'sentry-dead': sentryDead,
  'kill-switch': killSwitch,
});
