import { alertsHaveTheirEffect } from './alerts-have-their-effect.ts';
import { approved } from './approved.ts';
import { askedAgain } from './asked-again.ts';
import { chainVerifies } from './chain-verifies.ts';
import { drains } from './drains.ts';
import { frozenHolds } from './frozen-holds.ts';
import { inHand } from './in-hand.ts';
import type { Invariant } from './invariant.ts';
import { noPageAfterAcknowledge } from './no-page-after-acknowledge.ts';
import { nothingLost } from './nothing-lost.ts';
import { once } from './once.ts';
import { pointer } from './pointer.ts';
import { rungsOnce } from './rungs-once.ts';
import { stateIsFold } from './state-is-fold.ts';

export const invariants: readonly Invariant[] = [
  nothingLost,
  alertsHaveTheirEffect,
  rungsOnce,
  noPageAfterAcknowledge,
  inHand,
  approved,
  once,
  pointer,
  frozenHolds,
  askedAgain,
  drains,
  stateIsFold,
  chainVerifies,
];
