import type { Instant } from './time.ts';
import type { Severity } from './severity.ts';

/** One alert, whatever system it came from. All of it is untrusted text. */
export interface Alert {
  /** The same alert has the same fingerprint each time it is sent. */
  readonly fingerprint: string;
  /**
   * Of a source where alerts in several places may have one fingerprint: a digest of what this one says of its place, in
   * the same words each time. Left out: it says nothing, or its fingerprint is that of no other alert.
   */
  readonly place?: string;
  readonly status: 'firing' | 'resolved';
  readonly title: string;
  readonly summary: string;
  readonly labels: Readonly<Record<string, string>>;
  /** When the sender says these itself; otherwise policy reads them from the labels. */
  readonly service?: string;
  readonly channel?: string;
  readonly severity?: Severity;
  readonly version?: string;
  readonly startsAt?: Instant;
  /** Where the alert itself can be looked at: a query, a panel, an issue. Like the next two http or https. */
  readonly url?: string;
  readonly dashboard?: string;
  /** What to do about it. */
  readonly runbook?: string;
  /** What it was told of together with, by a source that tells of groups. */
  readonly group?: AlertGroup;
}

/** Alerts of which a source tells at once: all that fire, and all that have just ended. */
export interface AlertGroup {
  /** The same each time the group is told of. */
  readonly key: string;
  /** How many of its alerts the source was told to leave out. */
  readonly leftOut: number;
}

/** A webhook as it came over the wire: header names in lower case, the very bytes of the body. */
export interface WireRequest {
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: Buffer;
}

/** The headers of a webhook that its door keeps, by their names in lower case. They were not signed. */
export type KeptHeaders = Readonly<Record<string, string>>;

/** Authentic, understood, and nothing to act on; why is for the log. */
export interface Ignored {
  readonly ignored: string;
}

/** A system that sends alerts to `POST /webhooks/<name>`. */
export interface AlertSource {
  readonly name: string;
  /** @throws MalformedBody with a reason when an authentic body is not what this source sends. */
  readonly parse: (body: Buffer, headers: KeptHeaders) => readonly Alert[] | Ignored;
}

/** An authentic body that cannot be read; it is kept in quarantine and shown to people. */
export class MalformedBody extends Error {
  override readonly name = 'MalformedBody';
}
