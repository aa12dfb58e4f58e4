import { existsSync, readFileSync } from 'node:fs';

interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly enum?: readonly unknown[];
  readonly nullable?: boolean;
  readonly allOf?: readonly Schema[];
}

interface Answer {
  readonly $ref?: string;
  readonly content?: Readonly<Record<string, { readonly schema: Schema }>>;
}

interface Operation {
  readonly requestBody?: Answer;
  readonly responses: Readonly<Record<string, Answer>>;
}

interface Description {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

/**
 * What is wrong with a response body, or with a `request`'s, as JSON pointers; of its top level only `fields` when they
 * are given.
 */
export type Complaints = (
  path: string,
  method: string,
  status: string,
  body: unknown,
  fields?: readonly string[],
) => string[];

/** Compares answers with an API's official description; undefined where that is not on this machine. */
export function official(file: string): Complaints | undefined {
  const url = new URL(`../../../shared/specs/${file}`, import.meta.url);
  if (!existsSync(url)) return undefined;
  const description = JSON.parse(readFileSync(url, 'utf8')) as Description;

  function resolve<Value extends { readonly $ref?: string }>(value: Value): Value {
    if (value.$ref === undefined) return value;
    const escaped = value.$ref.slice('#/'.length).split('/');
    const parts = escaped.map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
    return parts.reduce<unknown>((at, part) => (at as Record<string, unknown>)[part], description) as Value;
  }

  function check(given: Schema, value: unknown, at: string, fields?: readonly string[]): string[] {
    const schema = resolve(given);
    if (schema.allOf) return schema.allOf.flatMap((part) => check(part, value, at, fields));
    const types = [schema.type ?? []].flat();
    if (types.length === 0) return [];
    if (value === null && schema.nullable === true) return [];
    if (!types.some((type) => isOfType(value, type))) return [`${at} is not ${types.join(' or ')}`];
    if (schema.enum !== undefined && !schema.enum.includes(value))
      return [`${at} is none of the values it may have`];
    if (Array.isArray(value))
      return value.flatMap((item, index) => check(schema.items ?? {}, item, `${at}/${index}`));
    if (typeof value === 'object' && value !== null) return checkFields(schema, value, at, fields);
    return [];
  }

  function checkFields(schema: Schema, value: object, at: string, fields?: readonly string[]): string[] {
    const found = new Map<string, unknown>(Object.entries(value));
    const missing = (fields ?? schema.required ?? [])
      .filter((field) => !found.has(field))
      .map((field) => `${at}/${field} is missing`);
    const wrong = Object.entries(schema.properties ?? {})
      .filter(([field]) => found.has(field) && (fields?.includes(field) ?? true))
      .flatMap(([field, inner]) => check(inner, found.get(field), `${at}/${field}`));
    return [...missing, ...wrong];
  }

  return (path, method, status, body, fields) => {
    const operation = description.paths[path]?.[method];
    const answer = status === 'request' ? operation?.requestBody : operation?.responses[status];
    const schema = answer && resolve(answer).content?.['application/json']?.schema;
    if (schema === undefined) return [`no JSON answer ${status} to ${method} ${path} is described`];
    return check(schema, body, '', fields);
  };
}

function isOfType(value: unknown, type: string): boolean {
  switch (type) {
    case 'null':
      return value === null;
    case 'array':
      return Array.isArray(value);
    case 'object':
      return typeof value === 'object' && value !== null && !Array.isArray(value);
    case 'integer':
      return Number.isInteger(value);
    default:
      return typeof value === type;
  }
}
