import type http from 'node:http';
import https from 'node:https';
import net from 'node:net';

const maxAnswerBytes = 64 * 1024;

/** PagerDuty turned a request away for now (429): nothing happened. */
export class RateLimited extends Error {
  override readonly name = 'RateLimited';
}

/**
 * After a 429, and after nothing else, pdjs sends the request again by itself; no option turns that off. Here it gets
 * an agent once only: to ask for another is to tell of a 429, and the outbox does the waiting.
 */
export function askOnce(agent: http.Agent): object {
  let asked = false;
  return {
    agent() {
      if (asked) throw new RateLimited('429');
      asked = true;
      return agent;
    },
    retryTimeout: 0,
    // Its timeout aborts nothing, and only keeps the process alive.
    requestTimeout: 0,
    size: maxAnswerBytes,
    redirect: 'error',
  };
}

/** pdjs always says https of the Events API. To reach an emulator, this agent leaves the encryption out. */
export function plainHttpAgent(): https.Agent {
  return Object.assign(new https.Agent(), {
    createConnection: (options: net.NetConnectOpts) => net.connect(options),
  });
}

/** No connection came about, so nothing can have happened. */
export function isUnconnected(error: unknown): boolean {
  if (!(error instanceof Error) || !('code' in error)) return false;
  return ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN'].includes(String(error.code));
}
