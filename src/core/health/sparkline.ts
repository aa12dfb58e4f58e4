const levels = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'] as const;

/**
 * A chart of one line of text, oldest first; `·` where there is no value.
 * @param steady differences smaller than this are drawn flat, so that noise does not look like a fall
 */
export function sparkline(values: readonly (number | undefined)[], steady: number): string {
  const known = values.filter((value) => value !== undefined);
  const highest = Math.max(...known);
  const lowest = Math.min(...known, highest - steady);
  return values
    .map((value) => {
      if (value === undefined) return '·';
      const height = highest === lowest ? 0.5 : (value - lowest) / (highest - lowest);
      return levels[Math.round(height * (levels.length - 1))] ?? '·';
    })
    .join('');
}
