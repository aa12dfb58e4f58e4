/**
 * What could be typed next, and how the line goes that is being typed.
 *
 * @param commands the page's command lines
 * @param line what stands before the caret
 * @returns `choices`: `{ word, detail, line }` with the whole line after choosing (an argument has no detail); `usage`: the words of the line, the
 *   one being typed marked `now`, or undefined while no single line fits
 */
export function complete(commands, line) {
  if (!line.startsWith('/')) return { choices: [], usage: undefined };
  const typed = line.split(/\s+/);
  const last = typed.pop();
  const before = typed.length > 0 ? `${typed.join(' ')} ` : '';
  const choose = (word, detail) => ({ word, detail, line: `${before}${word} ` });
  const fits = (word) => word.startsWith(last) && word !== last;

  if (typed.length === 0) {
    const choices = [...Map.groupBy(commands, ({ command }) => command)]
      .filter(([command]) => command.startsWith(last))
      .map(([command, lines]) => choose(command, detailOf(lines)));
    return { choices, usage: undefined };
  }

  const lines = commands.filter(({ command }) => command === typed[0]);
  const words = lines.filter(({ word }) => word !== undefined);
  const line_ = lines.find(({ word }) => word === typed[1]) ?? lines.find(({ word }) => word === undefined);
  const wordChoices =
    typed.length === 1
      ? words.filter(({ word }) => word.startsWith(last)).map(({ word, summary }) => choose(word, summary))
      : [];
  if (line_ === undefined) return { choices: wordChoices, usage: undefined };

  const position = typed.length - (line_.word === undefined ? 1 : 2);
  const rest = line_.arguments.findIndex((argument) => argument.rest);
  const now = rest >= 0 && position > rest ? rest : position;
  const argument = line_.arguments[now];
  const argumentChoices = (argument?.choices ?? []).filter(fits).map((word) => choose(word));
  return { choices: [...wordChoices, ...argumentChoices], usage: usageOf(line_, now) };
}

function detailOf(lines) {
  if (lines.length === 1) return lines[0].summary;
  return lines.map(({ word }) => word ?? '…').join(', ');
}

function usageOf({ command, word, arguments: all, summary, example }, now) {
  const words = [
    { text: word === undefined ? command : `${command} ${word}`, now: false },
    ...all.map(({ name, required, rest }, index) => {
      const text = rest ? `${name}…` : name;
      return { text: required ? `<${text}>` : `[${text}]`, now: index === now };
    }),
  ];
  return { words, summary, example };
}
