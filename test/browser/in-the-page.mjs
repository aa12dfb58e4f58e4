// These run in the browser, one at a time: none of them may use anything of this file but itself.

/** What has the focus: its id, its name, and whether one can see that it has it. */
export function focused() {
  const element = document.activeElement;
  const shown = element.closest('.person, .box, .switch label') ?? element;
  const styles = [element, shown, ...shown.children].map((part) => getComputedStyle(part));
  return {
    id: element.id,
    onNothing: element === document.body,
    name: element.getAttribute('aria-label') ?? element.textContent.trim(),
    visible: styles.some(
      (style) => style.outlineStyle === 'solid' || style.boxShadow.includes('0px 0px 0px 1px'),
    ),
  };
}

/** The names of visible things to press that are lower than 44 pixels, or narrower than 40. */
export function smallTargets() {
  return [...document.querySelectorAll('button, select, .fields input, .person, .switch label')]
    .filter((target) => target.checkVisibility())
    .filter((target) => {
      const { width, height } = target.getBoundingClientRect();
      return width < 40 || height < 44;
    })
    .map((target) => target.textContent || target.id);
}

export function pageWidth() {
  return document.documentElement.scrollWidth;
}

export function paper() {
  return getComputedStyle(document.body).backgroundColor;
}

export function copied() {
  return navigator.clipboard.readText();
}

export function scrollToBeginning() {
  document.getElementById('scroll').scrollTo(0, 0);
}

/** How far below the beginning of the place for messages the last one begins, in pixels. */
export function lastBegins() {
  const last = document.querySelector('#messages .message:last-child').getBoundingClientRect();
  return Math.round(last.top - document.getElementById('scroll').getBoundingClientRect().top);
}

export function scrolledBy() {
  return document.getElementById('scroll').scrollTop;
}

/**
 * Every visible text whose colour has less contrast with what is behind it than WCAG's AA asks for (4.5, or 3 where it
 * is large), as `text (ratio)`.
 */
export function textsWithoutContrast() {
  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const found = [];
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const text = texts.currentNode.textContent.trim();
    const element = texts.currentNode.parentElement;
    if (text === '' || !isShown(element)) continue;
    const style = getComputedStyle(element);
    const size = Number.parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    const [front, back] = paint(element);
    const ratio = (Math.max(front, back) + 0.05) / (Math.min(front, back) + 0.05);
    if (ratio < (large ? 3 : 4.5)) found.push(`${text} (${ratio.toFixed(2)})`);
  }
  return found;

  function isShown(element) {
    if (!element.checkVisibility({ visibilityProperty: true, opacityProperty: true })) return false;
    const { width, height } = element.getBoundingClientRect();
    return width > 1 && height > 1;
  }

  /** The luminance of the text, and of all backgrounds behind it painted over each other. */
  function paint(element) {
    const backgrounds = [];
    for (let behind = element; behind !== null; behind = behind.parentElement)
      backgrounds.unshift(getComputedStyle(behind).backgroundColor);
    for (const colour of ['#fff', ...backgrounds]) fill(colour);
    const back = luminance();
    fill(getComputedStyle(element).color);
    return [luminance(), back];
  }

  function fill(colour) {
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
  }

  function luminance() {
    const [red, green, blue] = [...canvas.getImageData(0, 0, 1, 1).data].map((channel) => {
      const share = channel / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  }
}
