/** A Block Kit block or element, as loose as it comes over the wire. */
export interface Block {
  readonly type: string;
  readonly block_id?: string;
  readonly [field: string]: unknown;
}

type Json = Readonly<Record<string, unknown>>;

const MAX_BLOCKS = 50;
// Slack documents no limit on the whole; this is where its answers turn into msg_blocks_too_long.
const MAX_TOTAL_CHARACTERS = 13_200;
const BLOCK_TYPES = [
  'section',
  'header',
  'divider',
  'context',
  'actions',
  'image',
  'input',
  'rich_text',
  'table',
  'markdown',
];

/** What Slack would say about these blocks of a message: nothing, or its error code with the reasons. */
export function refuseBlocks(
  blocks: readonly unknown[],
):
  | { readonly error: 'invalid_blocks' | 'msg_blocks_too_long'; readonly reasons: readonly string[] }
  | undefined {
  const reasons: string[] = [];
  const say = (reason: string, pointer: string): void => {
    reasons.push(`${reason} [json-pointer:${pointer}]`);
  };
  if (blocks.length > MAX_BLOCKS) say(`no more than ${MAX_BLOCKS} items allowed`, '/blocks');
  const ids = new Set<unknown>();
  for (const [index, block] of blocks.entries()) {
    const pointer = `/blocks/${index}`;
    if (!isJson(block)) {
      say('must be an object', pointer);
      continue;
    }
    checkBlock(block, pointer, say);
    if (block['block_id'] !== undefined && ids.has(block['block_id']))
      say('block_id must be unique', `${pointer}/block_id`);
    ids.add(block['block_id']);
  }
  if (reasons.length > 0) return { error: 'invalid_blocks', reasons };
  if (countCharacters(blocks) > MAX_TOTAL_CHARACTERS) return { error: 'msg_blocks_too_long', reasons: [] };
  return undefined;
}

type Say = (reason: string, pointer: string) => void;

function checkBlock(block: Json, pointer: string, say: Say): void {
  checkLength(block['block_id'], 255, `${pointer}/block_id`, say);
  switch (block['type']) {
    case 'section':
      checkSection(block, pointer, say);
      break;
    case 'header':
      checkText(block['text'], 150, `${pointer}/text`, say, 'plain_text');
      break;
    case 'context':
      checkItems(block['elements'], 10, `${pointer}/elements`, say, (element, at) => {
        if (element['type'] === 'image') checkImage(element, at, say);
        else checkText(element, 3000, at, say);
      });
      break;
    case 'actions':
      checkActions(block['elements'], `${pointer}/elements`, say);
      break;
    case 'image':
      checkImage(block, pointer, say);
      break;
    default:
      if (!BLOCK_TYPES.includes(String(block['type'])))
        say(`unsupported type: ${String(block['type'])}`, `${pointer}/type`);
  }
}

function checkSection(block: Json, pointer: string, say: Say): void {
  if (block['text'] === undefined && block['fields'] === undefined)
    say('missing required field: text', pointer);
  if (block['text'] !== undefined) checkText(block['text'], 3000, `${pointer}/text`, say);
  if (block['fields'] !== undefined)
    checkItems(block['fields'], 10, `${pointer}/fields`, say, (field, at) => checkText(field, 2000, at, say));
  if (isJson(block['accessory'])) checkElement(block['accessory'], `${pointer}/accessory`, say);
}

function checkActions(elements: unknown, pointer: string, say: Say): void {
  const ids = new Set<unknown>();
  checkItems(elements, 25, pointer, say, (element, at) => {
    checkElement(element, at, say);
    if (element['action_id'] !== undefined && ids.has(element['action_id']))
      say('action_id must be unique', `${at}/action_id`);
    ids.add(element['action_id']);
  });
}

function checkElement(element: Json, pointer: string, say: Say): void {
  if (element['action_id'] !== undefined) checkLength(element['action_id'], 255, `${pointer}/action_id`, say);
  if (element['type'] === 'image') checkImage(element, pointer, say);
  if (isJson(element['confirm'])) checkConfirm(element['confirm'], `${pointer}/confirm`, say);
  if (element['type'] !== 'button') return;
  checkText(element['text'], 75, `${pointer}/text`, say, 'plain_text');
  checkLength(element['value'], 2000, `${pointer}/value`, say);
  checkLength(element['url'], 3000, `${pointer}/url`, say);
  const style = element['style'];
  if (style !== undefined && style !== 'primary' && style !== 'danger')
    say('must be a valid enum value', `${pointer}/style`);
}

function checkConfirm(confirm: Json, pointer: string, say: Say): void {
  checkText(confirm['title'], 100, `${pointer}/title`, say, 'plain_text');
  checkText(confirm['text'], 300, `${pointer}/text`, say);
  if (confirm['confirm'] !== undefined)
    checkText(confirm['confirm'], 30, `${pointer}/confirm`, say, 'plain_text');
  if (confirm['deny'] !== undefined) checkText(confirm['deny'], 30, `${pointer}/deny`, say, 'plain_text');
}

function checkImage(image: Json, pointer: string, say: Say): void {
  if (typeof image['image_url'] !== 'string' && image['slack_file'] === undefined)
    say('missing required field: image_url', pointer);
  if (typeof image['alt_text'] !== 'string') say('missing required field: alt_text', pointer);
  checkLength(image['alt_text'], 2000, `${pointer}/alt_text`, say);
}

function checkText(text: unknown, limit: number, pointer: string, say: Say, only?: 'plain_text'): void {
  if (!isJson(text) || typeof text['text'] !== 'string') {
    say('missing required field: text', pointer);
    return;
  }
  const type = text['type'];
  if (type !== 'plain_text' && (type !== 'mrkdwn' || only === 'plain_text'))
    say(`unsupported type: ${String(type)}`, `${pointer}/type`);
  if (text['text'].length === 0) say('must be more than 0 characters', `${pointer}/text`);
  checkLength(text['text'], limit, `${pointer}/text`, say);
}

function checkLength(value: unknown, limit: number, pointer: string, say: Say): void {
  if (value === undefined) return;
  if (typeof value !== 'string') say('must be a string', pointer);
  else if (value.length > limit) say(`must be less than ${limit + 1} characters`, pointer);
}

function checkItems(
  items: unknown,
  limit: number,
  pointer: string,
  say: Say,
  check: (item: Json, at: string) => void,
): void {
  if (!Array.isArray(items) || items.length === 0) {
    say('no less than 1 items allowed', pointer);
    return;
  }
  if (items.length > limit) say(`no more than ${limit} items allowed`, pointer);
  for (const [index, item] of (items as readonly unknown[]).entries()) {
    if (isJson(item)) check(item, `${pointer}/${index}`);
    else say('must be an object', `${pointer}/${index}`);
  }
}

function countCharacters(value: unknown): number {
  if (Array.isArray(value)) return value.reduce<number>((sum, item) => sum + countCharacters(item), 0);
  if (!isJson(value)) return 0;
  return Object.entries(value).reduce(
    (sum, [field, inner]) =>
      sum + (field === 'text' && typeof inner === 'string' ? inner.length : countCharacters(inner)),
    0,
  );
}

function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
