/**
 * Runs in the browser: every visible text whose colour has less contrast with what is behind it than WCAG's AA asks
 * for (4.5, or 3 where it is large), as `text (ratio)`.
 */
export function textsWithoutContrast(): string[] {
  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true })!;
  const found: string[] = [];
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const text = texts.currentNode.textContent?.trim() ?? '';
    const element = texts.currentNode.parentElement;
    if (text === '' || element === null || !isShown(element)) continue;
    const style = getComputedStyle(element);
    const size = Number.parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    const [front, back] = paint(element);
    const ratio = (Math.max(front, back) + 0.05) / (Math.min(front, back) + 0.05);
    if (ratio < (large ? 3 : 4.5)) found.push(`${text} (${ratio.toFixed(2)})`);
  }
  return found;

  function isShown(element: Element): boolean {
    if (!element.checkVisibility({ visibilityProperty: true, opacityProperty: true })) return false;
    const { width, height } = element.getBoundingClientRect();
    return width > 1 && height > 1 && !element.matches('svg *');
  }

  /** The luminance of the text, and of all backgrounds behind it painted over each other. */
  function paint(element: Element): [number, number] {
    const backgrounds: string[] = [];
    for (let behind: Element | null = element; behind !== null; behind = behind.parentElement)
      backgrounds.unshift(getComputedStyle(behind).backgroundColor);
    canvas.fillStyle = '#fff';
    canvas.fillRect(0, 0, 1, 1);
    for (const colour of backgrounds) fill(colour);
    const back = luminance();
    fill(getComputedStyle(element).color);
    return [luminance(), back];
  }

  function fill(colour: string): void {
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
  }

  function luminance(): number {
    const [red = 0, green = 0, blue = 0] = [...canvas.getImageData(0, 0, 1, 1).data].map((channel) => {
      const share = channel / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  }
}
