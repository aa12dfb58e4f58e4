/** A change to `services.yml`: so many services more, called `part-1`, `part-2`, …, each with an incident of its own. */
export function manyServices(count: number): (text: string) => string {
  const parts = Array.from(
    { length: count },
    (_, index) =>
      `  part-${index + 1}: { title: Part ${index + 1}, app: shop, channel: stable, rotation: checkout, ` +
      `escalation: default, conversation: incidents, labels: [{ service: part-${index + 1} }] }`,
  );
  return (text) => text.replace('services:\n', ['services:', ...parts, ''].join('\n'));
}
