import type { z } from 'zod';
import type { Route } from '../wire.ts';

/** A route of the API, and what openapi.json says about it. */
export interface ApiRoute extends Route {
  readonly about: readonly About[];
}

/** One operation of openapi.json. */
export interface About {
  /** Where it stands there, if that is not the route's path: one route takes every verb. */
  readonly path?: string;
  readonly id: string;
  readonly summary: string;
  readonly description?: string;
  readonly parameters?: readonly Parameter[];
  readonly request?: Request;
  /** It needs no token. */
  readonly public?: true;
  /** By status. What every route answers (401, 403, 500, 503) is added to them. */
  readonly responses: Readonly<Record<number, Reply>>;
}

export interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly description: string;
  readonly pattern?: string;
  readonly example?: string | number;
}

export interface Request {
  readonly shapes: readonly z.ZodType[];
  readonly required: boolean;
  readonly examples: Readonly<Record<string, unknown>>;
}

export interface Reply {
  readonly description: string;
  /** JSON of one of these shapes; Markdown without any, or a file of this type. */
  readonly shapes: readonly z.ZodType[];
  readonly file?: string;
}
