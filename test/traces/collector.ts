import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import { z } from 'zod';

const value = z.union([
  z.object({ stringValue: z.string() }).transform(({ stringValue }): unknown => stringValue),
  z.object({ intValue: z.coerce.number() }).transform(({ intValue }): unknown => intValue),
  z.object({ boolValue: z.boolean() }).transform(({ boolValue }): unknown => boolValue),
  z
    .object({ arrayValue: z.object({ values: z.array(z.object({ stringValue: z.string() })).optional() }) })
    .transform(({ arrayValue }): unknown => (arrayValue.values ?? []).map(({ stringValue }) => stringValue)),
]);
const attributes = z
  .array(z.object({ key: z.string(), value }))
  .transform((all) => Object.fromEntries(all.map((each) => [each.key, each.value])));
const body = z.object({
  resourceSpans: z.array(
    z.object({
      resource: z.object({ attributes }),
      scopeSpans: z.array(
        z.object({
          spans: z.array(
            z.object({
              traceId: z.string(),
              spanId: z.string(),
              parentSpanId: z.string().optional(),
              name: z.string(),
              kind: z.number(),
              attributes,
              links: z.array(z.object({ traceId: z.string(), spanId: z.string() })).default([]),
              status: z.object({ code: z.number().optional(), message: z.string().optional() }),
            }),
          ),
        }),
      ),
    }),
  ),
});

export type SeenSpan = z.infer<typeof body>['resourceSpans'][number]['scopeSpans'][number]['spans'][number];

/** An OpenTelemetry collector that takes traces by HTTP, as JSON. */
export interface Collector {
  readonly url: string;
  readonly spans: () => readonly SeenSpan[];
  readonly services: () => readonly unknown[];
  /** Word for word, with its headers. */
  readonly heard: () => string;
  readonly headers: () => readonly (string | undefined)[];
}

export async function startCollector(answer = 200): Promise<Collector> {
  const bodies: string[] = [];
  const headers: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    let text = '';
    request.on('data', (part: Buffer) => {
      text += part.toString();
    });
    request.on('end', () => {
      if (request.url === '/v1/traces') bodies.push(text);
      headers.push(request.headers.authorization);
      response.writeHead(answer, { 'content-type': 'application/json' }).end('{}');
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const read = () => bodies.flatMap((text) => body.parse(JSON.parse(text)).resourceSpans);
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans: () => read().flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans)),
    services: () => [...new Set(read().map(({ resource }) => resource.attributes['service.name']))],
    heard: () => bodies.join('\n'),
    headers: () => headers,
  };
}
