import { keepRevoked, versionStatuses, type StatusByApp } from '../core/channel/version-status.ts';
import { openDrifts } from '../core/channel/drift-state.ts';
import { policyOf } from '../core/channel/place.ts';
import type { Channel } from '../core/channel/state.ts';
import { own } from '../core/own.ts';
import type { Policies } from '../core/policies/policies.ts';
import type { Instant, Milliseconds } from '../core/time.ts';
import type { SignedStatus, VersionStatusList, Withheld } from '../http/api/version-status.ts';
import { decided, isUndecided } from '../store/restored.ts';
import { StoreUnavailable, type Store } from '../store/store.ts';
import { canonicalJson } from '../trust/audit/canonical-json.ts';
import type { Signer } from '../trust/signing-key.ts';

/** So long a list is good for: whoever keeps newer ones from a client gains no more than this. */
const goodFor: Milliseconds = 24 * 3_600_000;
/** However many ask, the channels are looked at no more often. */
const lookEvery: Milliseconds = 1_000;

const listMark = 'version-status';
const numberMark = 'version-status-number';

const withheld =
  'The records were restored from a backup, and which versions were rolled back since is not decided: see the drift in /channels';

/** What is signed, but for how a moment is written. */
interface Statement {
  /** Whose it is; those of earlier versions do not say. */
  readonly store?: string;
  readonly number: number;
  readonly issuedAt: Instant;
  readonly expiresAt: Instant;
  readonly apps: StatusByApp;
}

/**
 * The list of what may be used and what was rolled back. It is signed when something in it has changed, and before half
 * its time is over; in between it is the same to the letter, at every replica.
 */
export function versionStatusList(parts: {
  readonly store: Pick<Store, 'listStreams' | 'readMark' | 'writeMark' | 'advanceMark'>;
  readonly storeId: string;
  readonly signer: Signer;
  readonly policies: () => Policies;
  readonly now: () => Instant;
}): () => Promise<VersionStatusList | Withheld> {
  const { store, storeId, signer, policies, now } = parts;
  const kept: {
    list: VersionStatusList | Withheld | undefined;
    statement: Statement | undefined;
    lookedAt: Instant;
  } = {
    list: undefined,
    statement: undefined,
    lookedAt: -Infinity,
  };
  let looking: Promise<VersionStatusList | Withheld> | undefined;

  async function look(at: Instant): Promise<VersionStatusList | Withheld> {
    const statement = (await isInDispute()) ? undefined : await newest(at);
    if (!kept.list || kept.statement?.number !== statement?.number)
      kept.list = statement ? signed(statement) : { withheld };
    kept.statement = statement;
    kept.lookedAt = at;
    return kept.list;
  }

  /**
   * After a restore, until somebody has decided what is live. Under a higher number, apps that have refused what was
   * rolled back since the backup would run it again. Nobody can decide about a channel that the policies name no more:
   * the list does not wait for it, unless they name it again.
   */
  async function isInDispute(): Promise<boolean> {
    if (!(await isUndecided(store))) return false;
    const streams = await store.listStreams('channel');
    const disputed = streams.filter(({ state }) => openDrifts(state as Channel).length > 0);
    if (disputed.length === 0) await decided(store);
    return disputed.some(({ id }) => policyOf({ id, policies: policies() }) !== undefined);
  }

  /** What was issued last where that still holds, or a new one with a number of its own. */
  async function newest(at: Instant): Promise<Statement> {
    const before = await issued();
    const streams = await store.listStreams('channel');
    const present = versionStatuses(streams.map(({ state }) => state as Channel));
    const apps = keepRevoked(present, before?.apps ?? {});
    // What came with a backup has a number below those that clients know from the time since.
    if (
      before &&
      before.store === storeId &&
      isFresh(before, at) &&
      canonicalJson(before.apps) === canonicalJson(apps)
    )
      return before;
    const last = Number((await store.readMark(numberMark)) ?? 0);
    // Seconds, so that not even a store that was lost or brought back from a backup begins below what clients know.
    const number = Math.max(last + 1, Math.floor(at / 1_000));
    const statement: Statement = { store: storeId, number, issuedAt: at, expiresAt: at + goodFor, apps };
    // Of several replicas one issues it, and a slow one does not undo what came after.
    if (await store.advanceMark(numberMark, inOrder(number)))
      await store.advanceMark(listMark, `${inOrder(number)} ${canonicalJson(statement)}`);
    const standing = await issued();
    if (!standing) throw new StoreUnavailable('another replica is about to issue the first status list');
    return standing;
  }

  async function issued(): Promise<Statement | undefined> {
    const text = await store.readMark(listMark);
    return text === undefined ? undefined : (JSON.parse(text.slice(text.indexOf(' '))) as Statement);
  }

  function signed(statement: Statement): VersionStatusList {
    const { number, issuedAt, expiresAt, apps } = statement;
    const about = {
      store: storeId,
      number,
      issued_at: isoTime(issuedAt),
      expires_at: isoTime(expiresAt),
    };
    const sign = (said: object): SignedStatus => {
      const text = canonicalJson({ ...about, ...said });
      return { signed: text, signature: signer.sign(text), key: signer.keyId };
    };
    const written = Object.fromEntries(
      Object.entries(apps).map(([app, versions]) => [
        app,
        Object.fromEntries(
          Object.entries(versions).map(([version, status]) => [
            version,
            { ...status, since: isoTime(status.since) },
          ]),
        ),
      ]),
    );
    const ones = new Map<string, SignedStatus>();
    return {
      tag: `${number}-${signer.keyId}`,
      all: sign({ type: 'lastgood.version-status-list', apps: written }),
      one: (app, version) => {
        const name = `${app}/${version}`;
        const versions = own(written, app);
        const status = versions && own(versions, version);
        if (!status) return undefined;
        const one = ones.get(name) ?? sign({ type: 'lastgood.version-status', app, version, ...status });
        ones.set(name, one);
        return one;
      },
    };
  }

  return async () => {
    const at = now();
    if (kept.list && Math.abs(at - kept.lookedAt) < lookEvery) return kept.list;
    looking ??= look(at).finally(() => {
      looking = undefined;
    });
    try {
      return await looking;
    } catch (error) {
      // What was signed says itself until when it is good.
      if (kept.list && kept.statement && at < kept.statement.expiresAt) return kept.list;
      throw error;
    }
  };
}

function isFresh({ issuedAt, expiresAt }: Statement, at: Instant): boolean {
  return at >= issuedAt && at < expiresAt - goodFor / 2;
}

/** As text, in the order of the numbers. */
function inOrder(number: number): string {
  return String(number).padStart(16, '0');
}

function isoTime(at: Instant): string {
  return new Date(at).toISOString();
}
